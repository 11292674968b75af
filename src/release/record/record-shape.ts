import type { RecordEvent } from './record.ts'

type Check = (value: unknown) => boolean

const text: Check = (value) => typeof value === 'string'
const number: Check = (value) => typeof value === 'number'
/** Seconds since a release started: ten years are more than any release takes. */
const elapsed: Check = (value) => typeof value === 'number' && value >= 0 && value <= 315_360_000
/** A step's place. */
const place: Check = (value) => Number.isSafeInteger(value) && Math.abs(value as number) <= 10_000
/** ms between two polls: at most a day. */
const pollStep: Check = (value) => typeof value === 'number' && value >= 1 && value <= 86_400_000
const flag: Check = (value) => typeof value === 'boolean'
const texts: Check = (value) => Array.isArray(value) && value.every(text)
const object: Check = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)
const time: Check = (value) => typeof value === 'string' && Number.isFinite(Date.parse(value))
const share: Check = (value) => typeof value === 'number' && value >= 0 && value <= 100
const count: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0

const orNull =
  (check: Check): Check =>
  (value) =>
    value === null || check(value)
const fields =
  (shape: Record<string, Check>): Check =>
  (value) =>
    object(value) &&
    Object.entries(shape).every(([key, check]) => check((value as Record<string, unknown>)[key]))

const counts = fields({ total: count, bad: count })
const answerCounts: Check = (value) => object(value) && Object.values(value as object).every(count)
const answers = fields({ canary: answerCounts, stable: answerCounts })

const failureKind = fields({
  code: text,
  grpcStatus: orNull(text),
  flags: orNull(text),
  route: orNull(text),
  caller: orNull(text),
  count,
})
const podRequests = fields({ pod: text, node: orNull(text), zone: orNull(text), total: count, bad: count })
const listOf =
  (check: Check): Check =>
  (value) =>
    Array.isArray(value) && value.every(check)
const everywhere = fields({ kind: (value) => value === 'everywhere', pods: count })
const onePlace = fields({
  kind: (value) => value === 'pod' || value === 'node' || value === 'zone',
  name: text,
  inside: counts,
  others: counts,
  stable: fields({ inside: counts, others: counts }),
})

const spread: Check = (value) => everywhere(value) || onePlace(value)
const quantile: Check = (value) => Array.isArray(value) && value.length === 3 && value.every(Number.isFinite)
const quantiles = fields({ canary: orNull(quantile), stable: orNull(quantile) })

/** What every line has. */
const common: Record<string, Check> = { at: time, type: text }

/** What a line of each known type has: what reports and replays read of it. Other keys are left as they are. */
const shapes: Record<RecordEvent['type'], Record<string, Check>> = {
  release: {
    schema: number,
    id: text,
    command: text,
    cluster: text,
    namespace: text,
    service: text,
    stable: orNull(text),
    canary: orNull(text),
    settings: fields({
      steps: (value) => Array.isArray(value) && value.every(share),
      interval: (value) => value === 'auto' || pollStep(value),
      gate: object,
    }),
    runUrl: orNull(text),
    resumed: flag,
    startedAt: time,
  },
  finding: { finding: fields({ id: text, level: text, text, remedy: orNull(text) }) },
  baseline: {
    source: fields({ reporter: text, label: text, canary: text, stable: text }),
    calibration: orNull(object),
    rate: orNull(number),
    interval: (value) => value === undefined || pollStep(value),
    scrapeInterval: (value) => value === undefined || pollStep(value),
  },
  step: {
    step: number,
    weight: share,
    margin: number,
    outOfReach: flag,
    requestsNeeded: orNull(number),
    secondsNeeded: orNull(number),
  },
  write: {
    object: text,
    action: (value) => value === 'create' || value === 'patch' || value === 'delete',
    summary: text,
    patch: orNull((value) => Array.isArray(value) && value.every(fields({ op: text, path: text }))),
    warnings: texts,
  },
  settled: {
    step: number,
    weight: share,
    seen: text,
    canary: orNull(count),
    total: orNull(count),
    clockStart: time,
  },
  poll: {
    t: elapsed,
    step: place,
    canary: orNull(counts),
    stable: orNull(counts),
    control: flag,
    answers: (value) => value === undefined || answers(value),
    quantiles: (value) => value === undefined || quantiles(value),
    rebuilt: flag,
  },
  'count-note': {
    note: fields({
      t: number,
      kind: text,
      instance: text,
      gate: (value) => value === undefined || text(value),
      text,
    }),
  },
  verdict: {
    step: number,
    verdict: fields({ t: number, verdict: text, reason: text, numbers: object, needed: orNull(object) }),
  },
  gate: {
    step: number,
    gate: text,
    route: orNull(text),
    kind: text,
    mode: text,
    bad: text,
    verdict: fields({ t: number, verdict: text, reason: text, numbers: object, needed: orNull(object) }),
  },
  reading: { gate: text, t: number, step: number, outcome: text, value: orNull(number), text },
  infrastructure: { t: number, canary: object, stable: object, text },
  'failed-requests': {
    kinds: fields({ canary: listOf(failureKind), stable: listOf(failureKind) }),
    pods: fields({ canary: listOf(podRequests), stable: listOf(podRequests) }),
    spread: orNull(spread),
  },
  'latency-spike': {
    bound: number,
    from: elapsed,
    until: orNull(elapsed),
    whose: (value) => value === 'canary' || value === 'stable' || value === 'both',
    unclear: (value) => typeof value === 'boolean',
    counts: fields({ canary: counts, stable: counts }),
    usual: number,
    spread: orNull(spread),
  },
  'slow-pods': { bound: number, spread },
  'step-end': { step: number, verdict: text, reason: text, text },
  command: { name: text, by: text },
  warning: { code: text, text },
  phase: { phase: text, text },
  outcome: {
    outcome: fields({
      command: text,
      result: text,
      reasonCode: text,
      exitCode: number,
      message: text,
      releaseId: orNull(text),
      namespace: text,
      service: text,
      weight: orNull(share),
    }),
  },
}

/** isKnownType tells whether this schema's reports read events of a type. */
function isKnownType(type: string): boolean {
  return Object.hasOwn(shapes, type)
}

/** mistakeIn names the first field of a line that isn't what its type asks for, or gives null. */
export function mistakeIn(event: Record<string, unknown>): string | null {
  for (const [key, check] of Object.entries(common)) if (!check(event[key])) return key
  const type = event.type as string
  if (!isKnownType(type)) return null
  for (const [key, check] of Object.entries(shapes[type as RecordEvent['type']] as Record<string, Check>)) {
    if (!check(event[key])) return key
  }
  return null
}
