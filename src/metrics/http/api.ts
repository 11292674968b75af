import { skewOf } from '../../release/clock.ts'
import type { QueryResult, QuerySource } from '../../release/evidence/query-source.ts'
import { Failure, type FailureCode, isFailure } from '../../release/failure.ts'
import { flattenText, type HttpReply, joinResults, parseQueryResult, replyFailure } from './query-result.ts'
import type { PrometheusCall, Transport } from './transport.ts'

interface RetryPolicy {
  /** Timeout of one call, ms. */
  callTimeout: number
  /** Time of one query with all its retries, ms. */
  deadline: number
  random: () => number
  /** ms since the epoch, in the time that `sleep` takes. */
  now: () => number
  /** Rejects when the signal aborts. */
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

/** PrometheusApi queries Prometheus. All methods throw Failure; `range` takes as many calls as its points need. */
export interface PrometheusApi extends QuerySource {
  version(signal: AbortSignal): Promise<string>
  /** clockSkew tells by how many ms the store's clock is ahead of ours, to a second; null where it doesn't show it. */
  clockSkew(signal: AbortSignal): Promise<number | null>
}

/** Prometheus refuses a range of more points. */
const maxPoints = 11_000
const firstWait = 250
const longestWait = 4_000

/** Answers that are odd rather than late: they are believed once several say the same. */
const oddCodes: readonly FailureCode[] = ['bad-answer', 'unauthorized', 'forbidden', 'not-found']
/** Waits (ms) before each further try after an odd answer. */
const oddWaits = [500, 1_000, 2_000]

/** nextWait gives the wait (ms) before the next try after a failure; null: there is none. `odd`: odd answers before. */
function nextWait(
  failure: Failure,
  attempt: number,
  odd: number,
  patient: readonly FailureCode[],
): number | null {
  if (patient.includes(failure.code)) return oddWaits[odd] ?? null
  const isLate = isFailure(failure, 'unreachable', 'timeout', 'server-error')
  return isLate ? Math.min(longestWait, firstWait * 2 ** attempt) : null
}

/** retryAfterMs reads a Retry-After: seconds or a date; null where there is none that makes sense. */
function retryAfterMs(retryAfter: string | null, now: number): number | null {
  if (retryAfter === null) return null
  const seconds = Number(retryAfter)
  const ms = Number.isFinite(seconds) ? seconds * 1000 : Date.parse(retryAfter) - now
  return Number.isFinite(ms) && ms >= 0 ? ms : null
}

function seconds(ms: number): string {
  return (ms / 1000).toFixed(3)
}

/** createApi joins a transport with a retry policy: jittered retries inside one deadline, nothing after an abort. */
export function createApi(
  transport: Transport,
  policy: RetryPolicy,
  hide: (text: string) => string,
): PrometheusApi {
  const call: CallApi = (question, signal) => callWithRetries(transport, policy, hide, question, signal)
  return {
    instant: (query, at, signal) => instant(call, query, at, signal),
    range: (query, from, until, step, signal) => range(call, query, { from, until, step }, signal),
    version: (signal) => version(call, policy.now, signal),
    clockSkew: (signal) => clockSkew(call, policy.now, signal),
  }
}

/** Question is a call, and what reads its answer: it throws Failure for one that makes no sense. */
interface Question<Value> extends PrometheusCall {
  read(reply: HttpReply): Value
  /** Odd answers after which it is asked again; absent: all. */
  patient?: readonly FailureCode[]
}

type CallApi = <Value>(question: Question<Value>, signal: AbortSignal) => Promise<Value>

const aborted = () => new Failure('aborted', 'the query to Prometheus was aborted')

/** A call with less time (ms) than this can only fail: it would hide what the one before it said. */
const shortestCall = 100

/**
 * callWithRetries repeats a call that may succeed later until the deadline or an abort, and one with an odd answer a few
 * times: a proxy before Prometheus gives answers of every kind.
 */
async function callWithRetries<Value>(
  transport: Transport,
  policy: RetryPolicy,
  hide: (text: string) => string,
  { read, patient = oddCodes, ...call }: Question<Value>,
  signal: AbortSignal,
): Promise<Value> {
  const [begun, begunReally] = [policy.now(), performance.now()]
  // calls take real time, waits the release's: neither may go beyond the deadline
  const left = () => policy.deadline - Math.max(policy.now() - begun, performance.now() - begunReally)
  let odd = 0
  for (let attempt = 0; ; attempt += 1) {
    if (signal.aborted) throw aborted()
    const timeoutMs = Math.max(1, Math.ceil(Math.min(policy.callTimeout, left())))
    const reply = await callOnce(transport, call, timeoutMs, hide, signal)
    const answer = answerOf(reply, read)
    if ('value' in answer) return answer.value
    const { failure } = answer
    const wait = waitBefore(policy, reply, nextWait(failure, attempt, odd, patientFor(reply, patient)))
    if (wait === null || wait + shortestCall >= left()) throw withoutSecrets(failure, hide, attempt)
    if (oddCodes.includes(failure.code)) odd += 1
    await policy.sleep(wait, signal).catch((error) => {
      throw signal.aborted ? aborted() : error
    })
  }
}

/** What the way to Prometheus says itself was asked for patiently there. */
function patientFor(reply: HttpReply | Failure, patient: readonly FailureCode[]): readonly FailureCode[] {
  return reply instanceof Failure ? [] : patient
}

/** waitBefore gives the wait (ms) before the next try: what the server asks for, else our own, jittered; null: there is none. */
function waitBefore(policy: RetryPolicy, reply: HttpReply | Failure, own: number | null): number | null {
  if (own === null) return null
  const wanted = reply instanceof Failure ? null : retryAfterMs(reply.retryAfter, policy.now())
  return wanted ?? own * (0.5 + policy.random())
}

function answerOf<Value>(
  reply: HttpReply | Failure,
  read: (reply: HttpReply) => Value,
): { value: Value } | { failure: Failure } {
  const failure = reply instanceof Failure ? reply : replyFailure(reply)
  if (failure !== null) return { failure }
  try {
    return { value: read(reply as HttpReply) }
  } catch (error) {
    if (error instanceof Failure) return { failure: error }
    throw error
  }
}

async function callOnce(
  transport: Transport,
  call: PrometheusCall,
  timeoutMs: number,
  hide: (text: string) => string,
  signal: AbortSignal,
): Promise<HttpReply | Failure> {
  try {
    return await transport(call, { signal, timeoutMs })
  } catch (error) {
    if (signal.aborted) throw aborted()
    if (error instanceof Failure) return error
    throw new Failure('internal', 'querying Prometheus failed in an unexpected way', {
      cause: new Error(hide(flattenText(String(error)))),
    })
  }
}

async function instant(call: CallApi, query: string, at: number, signal: AbortSignal): Promise<QueryResult> {
  const parameters = { query, time: seconds(at), ...wholeAnswers }
  return call({ path: '/api/v1/query', query: parameters, read: parseQueryResult }, signal)
}

/**
 * wholeAnswers asks stores behind Prometheus' API for everything or an error: Thanos and Cortex, VictoriaMetrics, and
 * for no rounding of times (VictoriaMetrics). Prometheus ignores what it doesn't know.
 */
const wholeAnswers = { partial_response: 'false', deny_partial_response: '1', nocache: '1' }

/** refuseOtherTimes throws Failure `bad-answer` where a front end moved the grid: counts would be those of other times. */
function refuseOtherTimes(result: QueryResult, from: number, until: number, step: number): void {
  for (const { samples } of result.series) {
    for (const [time] of samples) {
      const off = time - from - Math.round((time - from) / step) * step
      if (Math.abs(off) <= 1 && time >= from - 1 && time <= until + 1) continue
      const iso = (ms: number) => new Date(ms).toISOString()
      throw new Failure(
        'bad-answer',
        `Prometheus answered for other times than asked: ${iso(time)} where ${iso(from)} and every ${step / 1000} s up to ${iso(until)} was asked. A query front end moves the times (Thanos: --query-range.align-range-with-step=false) or a clock is wrong: give the address behind it as prometheus-url`,
        { details: { time, from, until, step } },
      )
    }
  }
}

async function range(
  call: CallApi,
  query: string,
  { from, until, step }: { from: number; until: number; step: number },
  signal: AbortSignal,
): Promise<QueryResult> {
  if (!(step > 0)) throw new Failure('internal', 'a range needs a step above 0')
  const results: QueryResult[] = []
  for (let start = from; start <= until; start += step * maxPoints) {
    const end = Math.min(until, start + step * (maxPoints - 1))
    const window = { start: seconds(start), end: seconds(end), step: seconds(step) }
    const parameters = { query, ...window, ...wholeAnswers }
    const read = (reply: HttpReply) => {
      const result = parseQueryResult(reply)
      refuseOtherTimes(result, start, end, step)
      return result
    }
    results.push(await call({ path: '/api/v1/query_range', query: parameters, read }, signal))
  }
  return joinResults(results)
}

async function clockSkew(call: CallApi, now: () => number, signal: AbortSignal): Promise<number | null> {
  const query = { query: 'vector(1)', time: seconds(now()) }
  // read as the answer comes: what was waited for earlier tries is no part of it
  const read = ({ date }: HttpReply) => skewOf(date === null ? null : Date.parse(date), now(), now())
  return call({ path: '/api/v1/query', query, read }, signal)
}

async function version(call: CallApi, now: () => number, signal: AbortSignal): Promise<string> {
  try {
    const read = ({ text }: HttpReply) => {
      const body = JSON.parse(text) as { data?: { version?: unknown } }
      return typeof body.data?.version === 'string' ? flattenText(body.data.version, 40) : 'unknown'
    }
    // Any other odd answer leads to another question at once.
    const patient: FailureCode[] = ['unauthorized']
    return await call({ path: '/api/v1/status/buildinfo', query: {}, read, patient }, signal)
  } catch (error) {
    // stores that speak the query language only (Thanos, Mimir, managed services) have no build information
    if (!isFailure(error, 'not-found', 'bad-answer', 'forbidden', 'bad-query')) throw error
    const { series } = await instant(call, 'vector(1)', now(), signal)
    if (series[0]?.samples[0]?.[1] === 1) return 'unknown'
    throw new Failure('bad-answer', 'this is not a Prometheus API: it does not know what vector(1) is')
  }
}

function withoutSecrets(failure: Failure, hide: (text: string) => string, retries: number): Failure {
  const tail = retries === 0 ? '' : ` (tried ${retries + 1} times)`
  return new Failure(failure.code, `${hide(failure.message)}${tail}`, {
    ...(failure.cause === undefined ? {} : { cause: failure.cause }),
    details: { ...failure.details },
  })
}

/**
 * refusingWarnings is an API for queries of our own: where Prometheus warns about one (`PromQL warning:`) its result
 * can't be counted on. It throws Failure `incomplete` then.
 */
export function refusingWarnings(api: PrometheusApi): PrometheusApi {
  const checked = async (result: Promise<QueryResult>) => {
    const answer = await result
    const warning = answer.warnings.find((text) => text.startsWith('PromQL warning:'))
    if (warning === undefined) return answer
    throw new Failure('incomplete', `Prometheus warns about its answer: ${warning}`, {
      details: { reason: warning },
    })
  }
  return {
    ...api,
    instant: (query, at, signal) => checked(api.instant(query, at, signal)),
    range: (query, from, until, step, signal) => checked(api.range(query, from, until, step, signal)),
  }
}
