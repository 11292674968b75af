import { bucketOf, bucketShares, latencyBounds, shareWithin } from '../../simulation/latency.ts'
import type { Random } from '../../simulation/random.ts'
import { binomial, split } from '../../simulation/sampling.ts'
import { errorShare } from '../../simulation/traffic.ts'
import type { CodeShare, TrafficModel, VersionModel } from '../../simulation/traffic-model.ts'
import type { MeshResponse } from './proxies/telemetry.ts'

/** AnswerClass is a number of requests that ended alike; null `pod`: the pod's proxy reports it as the caller. */
export interface AnswerClass {
  n: number
  caller: MeshResponse
  pod: MeshResponse
  kind: 'good' | 'bad' | 'abandoned'
  /** What the pod's proxy takes it for. */
  podKind: 'good' | 'bad' | 'abandoned'
  /** Requests by latency bucket, as the caller and as the pod's proxy saw them. */
  callerSpread: ArrayLike<number>
  podSpread: ArrayLike<number>
}

const bucketCount = latencyBounds.length

/** spreadIn puts all n into the bucket of one time in ms. */
export function spreadIn(n: number, ms: number): number[] {
  const spread = new Array<number>(bucketCount).fill(0)
  spread[bucketOf(ms)] = n
  return spread
}

interface LatencyTables {
  late: number
  within: Float64Array
  beyond: Float64Array
}

/** Answers draws how requests to a version end. */
export type Answers = (
  version: VersionModel,
  n: number,
  t: number,
  routeTimeoutMs: number | null,
) => AnswerClass[]

/** createAnswers prepares the draws for a model; `t` in seconds since the model's origin. */
export function createAnswers(model: TrafficModel, random: Random): Answers {
  const grpc = model.protocol === 'grpc'
  const tables = new Map<VersionModel, Map<number, LatencyTables>>()
  const tableOf = (version: VersionModel, limit: number): LatencyTables => {
    const byLimit = tables.get(version) ?? new Map<number, LatencyTables>()
    tables.set(version, byLimit)
    const table = byLimit.get(limit) ?? latencyTables(version, limit)
    byLimit.set(limit, table)
    return table
  }
  return (version, n, t, routeTimeoutMs) => {
    const limit = Math.min(
      model.timeoutMs ?? Number.POSITIVE_INFINITY,
      routeTimeoutMs ?? Number.POSITIVE_INFINITY,
    )
    const table = tableOf(version, limit)
    const classes: AnswerClass[] = []
    const abandoned = binomial(random, n, model.abandonedShare ?? 0)
    const late = binomial(random, n - abandoned, table.late)
    const rest = n - abandoned - late
    const bad = binomial(random, rest, errorShare(model, version, t))
    const add = (count: number, kind: 'good' | 'bad', code: string): void => {
      if (count === 0) return
      const spread = split(random, count, table.within, new Float64Array(bucketCount))
      classes.push(answeredClass(count, answerOf(code, grpc), kind, spread))
    }
    mix(random, bad, version.badCodes ?? [{ code: grpc ? '13' : '500', weight: 1 }], (k, code) =>
      add(k, 'bad', code),
    )
    mix(random, rest - bad, version.goodCodes ?? [{ code: grpc ? '0' : '200', weight: 1 }], (k, code) =>
      add(k, 'good', code),
    )
    if (abandoned > 0) classes.push(abandonedClass(abandoned, version.latency.medianMs, grpc))
    if (late > 0) classes.push(...lateClasses(random, model, version, { late, limit, t }, table))
    return classes
  }
}

/** answeredClass are requests of which caller and pod see the same. */
function answeredClass(
  n: number,
  answer: AnswerClass['caller'],
  kind: 'good' | 'bad',
  spread: Float64Array,
): AnswerClass {
  return { n, caller: answer, pod: answer, kind, podKind: kind, callerSpread: spread, podSpread: spread }
}

function latencyTables(version: VersionModel, limit: number): LatencyTables {
  const within = bucketShares(version.latency, limit)
  const all = bucketShares(version.latency, Number.POSITIVE_INFINITY)
  return {
    late: limit === Number.POSITIVE_INFINITY ? 0 : 1 - shareWithin(version.latency, limit),
    within,
    beyond: all.map((share, index) => Math.max(0, share - (within[index] as number))),
  }
}

function mix(
  random: Random,
  n: number,
  codes: readonly CodeShare[],
  add: (n: number, code: string) => void,
): void {
  if (n === 0) return
  const parts = split(
    random,
    n,
    codes.map((entry) => entry.weight),
    new Array<number>(codes.length).fill(0),
  )
  for (const [index, entry] of codes.entries()) add(parts[index] ?? 0, entry.code)
}

/** answerOf labels an answer that the app gave: a gRPC status travels in a 200. */
function answerOf(code: string, grpc: boolean): MeshResponse {
  return grpc ? { code: '200', flag: '-', grpcStatus: code } : { code, flag: '-', grpcStatus: '' }
}

/** proxyAnswer labels an answer that a proxy gave itself: to a gRPC caller a 200 with status 14. */
export function proxyAnswer(code: string, flag: string, grpc: boolean): MeshResponse {
  return grpc ? { code: '200', flag, grpcStatus: '14' } : { code, flag, grpcStatus: '' }
}

function abandonedClass(n: number, ms: number, grpc: boolean): AnswerClass {
  const answer = { code: '0', flag: 'DC', grpcStatus: grpc ? '1' : '' }
  const spread = spreadIn(n, ms)
  return {
    n,
    caller: answer,
    pod: answer,
    kind: 'abandoned',
    podKind: 'abandoned',
    callerSpread: spread,
    podSpread: spread,
  }
}

function lateClasses(
  random: Random,
  model: TrafficModel,
  version: VersionModel,
  at: { late: number; limit: number; t: number },
  table: LatencyTables,
): AnswerClass[] {
  const grpc = model.protocol === 'grpc'
  const caller = proxyAnswer('504', 'UT', grpc)
  const late = (
    n: number,
    pod: MeshResponse,
    podKind: AnswerClass['podKind'],
    podSpread: ArrayLike<number>,
  ): AnswerClass => ({
    n,
    caller,
    pod,
    kind: 'bad',
    podKind,
    callerSpread: spreadIn(n, at.limit),
    podSpread,
  })
  if ((model.afterTimeout ?? 'reset') === 'reset') {
    const reset = { code: '0', flag: 'DC', grpcStatus: grpc ? '1' : '' }
    return [late(at.late, reset, 'abandoned', spreadIn(at.late, at.limit))]
  }
  const bad = binomial(random, at.late, errorShare(model, version, at.t))
  const later = (n: number): Float64Array => split(random, n, table.beyond, new Float64Array(bucketCount))
  return [
    late(bad, answerOf(version.badCodes?.[0]?.code ?? (grpc ? '13' : '500'), grpc), 'bad', later(bad)),
    late(
      at.late - bad,
      answerOf(version.goodCodes?.[0]?.code ?? (grpc ? '0' : '200'), grpc),
      'good',
      later(at.late - bad),
    ),
  ].filter((entry) => entry.n > 0)
}
