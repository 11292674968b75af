import { Failure, isFailure } from '../../release/failure.ts'
import type { QueryResult, QuerySource } from '../../release/query-source.ts'
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
}

/** Prometheus refuses a range of more points. */
const maxPoints = 11_000
const firstWait = 250
const longestWait = 4_000

function worthRetry(failure: Failure): boolean {
  return isFailure(failure, 'unreachable', 'timeout', 'server-error')
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
  const call: CallApi = (apiCall, signal) => callWithRetries(transport, policy, hide, apiCall, signal)
  return {
    instant: (query, at, signal) => instant(call, query, at, signal),
    range: (query, from, until, step, signal) => range(call, query, { from, until, step }, signal),
    version: (signal) => version(call, policy.now, signal),
  }
}

type CallApi = (call: PrometheusCall, signal: AbortSignal) => Promise<HttpReply>

const aborted = () => new Failure('aborted', 'the query to Prometheus was aborted')

/** callWithRetries repeats a call that may succeed later, until the deadline or an abort. */
async function callWithRetries(
  transport: Transport,
  policy: RetryPolicy,
  hide: (text: string) => string,
  call: PrometheusCall,
  signal: AbortSignal,
): Promise<HttpReply> {
  const [begun, begunReally] = [policy.now(), performance.now()]
  // calls take real time, waits the release's: neither may go beyond the deadline
  const left = () => policy.deadline - Math.max(policy.now() - begun, performance.now() - begunReally)
  for (let attempt = 0; ; attempt += 1) {
    if (signal.aborted) throw aborted()
    const timeoutMs = Math.max(1, Math.ceil(Math.min(policy.callTimeout, left())))
    const reply = await callOnce(transport, call, timeoutMs, hide, signal)
    const failure = reply instanceof Failure ? reply : replyFailure(reply)
    if (failure === null) return reply as HttpReply
    const wanted = reply instanceof Failure ? null : retryAfterMs(reply.retryAfter, policy.now())
    const wait = wanted ?? Math.min(longestWait, firstWait * 2 ** attempt) * (0.5 + policy.random())
    if (!worthRetry(failure) || wait >= left()) throw withoutSecrets(failure, hide, attempt)
    await policy.sleep(wait, signal).catch((error) => {
      throw signal.aborted ? aborted() : error
    })
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
  return parseQueryResult(await call({ path: '/api/v1/query', query: { query, time: seconds(at) } }, signal))
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
    results.push(
      parseQueryResult(await call({ path: '/api/v1/query_range', query: { query, ...window } }, signal)),
    )
  }
  return joinResults(results)
}

async function version(call: CallApi, now: () => number, signal: AbortSignal): Promise<string> {
  try {
    const reply = await call({ path: '/api/v1/status/buildinfo', query: {} }, signal)
    const body = JSON.parse(reply.text) as { data?: { version?: unknown } }
    return typeof body.data?.version === 'string' ? flattenText(body.data.version, 40) : 'unknown'
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
