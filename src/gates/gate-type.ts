import type { Calibration, CountPoint } from '../release/evidence/counts.ts'
import type { GateAnswer, Reading } from '../release/evidence/gate-evidence.ts'
import type { GateSpec } from '../release/gates.ts'
import type { Settings } from '../release/settings.ts'
import type { GateBaseline, RouteBaseline } from '../release/state/state.ts'
import type { EngineConfig } from '../verdict/config.ts'
import type { FieldTable, ValuesOf } from './field.ts'
import type { GateHistory, GateSource } from './gate-source.ts'

/** SpecOf is a configured gate whose type has these fields. */
type SpecOf<Fields extends FieldTable> = GateSpec & ValuesOf<Fields>

/** Asking is where a gate asks at one poll, and what is known already. */
export interface Asking {
  source: GateSource
  baseline: GateBaseline
  /** Seconds since the release started. */
  t: number
  /** true once the canary was given traffic. */
  shifted: boolean
  /** What this gate's readings were so far; empty for gates that count. */
  before: readonly Reading[]
}

/** GatePreparation is what is fixed about a gate before a release, and what a reader should know. */
interface GatePreparation {
  bound?: number
  /** Several bounds, rising, for a gate of several comparisons. */
  bounds?: number[]
  calibration?: Calibration
  routes?: RouteBaseline[]
  /** `wrong`: it can't be judged at all. */
  note?: { wrong: boolean; text: string }
}

interface GateTypeBase<Spec extends GateSpec> {
  type: string
  /** One sentence for the documents: what it asks. */
  summary: string
  fields: FieldTable
  /** Its entry always has this name, and there is one at most. */
  name?: string
  /** JSON Schema of what the fields can't say one by one. */
  schema?: object
  /** mistake finds what the fields can't say one by one; `key` null: the whole entry. */
  mistake?(spec: Spec): { key: string | null; wrong: string } | null
  /** question says in one phrase what the gate asks; `bound` (ms) is the one judged at, where it has one. */
  question(spec: Spec, bound: number | null): string
  /** asksMetrics tells whether the metrics source is asked beside the counts of failed requests. */
  asksMetrics(spec: Spec): boolean
  /** ask gives the evidence up to now. It throws what its source throws. */
  ask(spec: Spec, asking: Asking): Promise<GateAnswer[]>
  /** prepare looks once before a release, where `asksMetrics`. It throws what `history` throws. */
  prepare(spec: Spec, history: GateHistory): Promise<GatePreparation>
}

/** CountedGateType counts events on both sides; the verdict engine compares canary with stable. */
export interface CountedGateType<Spec extends GateSpec = GateSpec> extends GateTypeBase<Spec> {
  judgedBy: 'engine'
  /** Its total is the release's own count of failed requests, which needs no asking. */
  countsFailedRequests?: true
  /** engine gives what the type changes of the engine's defaults. */
  engine(settings: Settings): Partial<EngineConfig>
  /** fixedMargin is the margin of a pass that the user chose, 0–1; null: chosen before each step. */
  fixedMargin(settings: Settings): number | null
  /** routes are parts of its events that are judged by themselves too, as fixed before the release. */
  routes(spec: Spec, baseline: GateBaseline): RouteBaseline[]
  /** badEvents says what makes an event bad: `canary: 5 of 100 requests …`. */
  badEvents(spec: Spec, bound: number | null): string
}

/** LimitGateType holds one number a poll against limits. */
export interface LimitGateType<Spec extends GateSpec = GateSpec> extends GateTypeBase<Spec> {
  judgedBy: 'limits'
  /** agree is how many polls in a row must say the same. */
  agree(spec: Spec): number
  isRight(spec: Spec, value: number): boolean
  /** readingText says a reading beside what is allowed. May hold outside text. */
  readingText(spec: Spec, reading: Reading): string
}

/** GatePart is one of several comparisons that a gate makes, each by itself. */
export interface GatePart {
  /** Names it beside its gate, as a route does. */
  name: string
  /** Cumulative counts on the release's grid; `bad` is what the part is about. */
  points: CountPoint[]
  /** Its part of the gate's alpha; those of all parts sum to at most 1. */
  weight: number
  /** true: it asks whether *stable* has more of it. */
  exchanged: boolean
  /** true: its counts were asked for; they don't follow from those of all requests. */
  asked: boolean
}

/** PartInput is what the parts of a gate of several comparisons are made of. */
interface PartInput {
  /** Counts of all requests, from the last point before the canary was first given traffic. */
  points: readonly CountPoint[]
  baseline: GateBaseline
  /** What the gate's own question was answered, on the whole grid. */
  answers: readonly Extract<GateAnswer, { kind: 'counts' }>[]
}

/**
 * ComparisonGateType compares several things at once, canary against stable. Like a route of a gate each can fail, and
 * withhold a pass by suspicion; none need pass.
 */
export interface ComparisonGateType<Spec extends GateSpec = GateSpec> extends GateTypeBase<Spec> {
  judgedBy: 'comparisons'
  engine(settings: Settings): Partial<EngineConfig>
  parts(spec: Spec, input: PartInput): GatePart[]
  /** Code of the warning that a proved difference is. */
  warning: 'profile' | 'latency'
  /** badEvents says what makes an event of a part bad: `5% of the canary's requests …`. */
  badEvents(spec: Spec, part: string): string
}

/** GateType is everything that the program knows of one type of gate. */
export type GateType = CountedGateType | LimitGateType | ComparisonGateType

/** countedGate defines a type whose events the engine compares; its spec follows from its fields. */
export function countedGate<const Fields extends FieldTable>(
  type: Omit<CountedGateType<SpecOf<Fields>>, 'judgedBy' | 'fields'> & { fields: Fields },
): CountedGateType {
  // Methods are called with specs of their own type alone: the registry pairs them by `type`.
  return { ...type, judgedBy: 'engine' } as unknown as CountedGateType
}

/** limitGate defines a type that is held against limits; its spec follows from its fields. */
export function limitGate<const Fields extends FieldTable>(
  type: Omit<LimitGateType<SpecOf<Fields>>, 'judgedBy' | 'fields'> & { fields: Fields },
): LimitGateType {
  return { ...type, judgedBy: 'limits' } as unknown as LimitGateType
}

/** comparisonGate defines a type that makes several comparisons; its spec follows from its fields. */
export function comparisonGate<const Fields extends FieldTable>(
  type: Omit<ComparisonGateType<SpecOf<Fields>>, 'judgedBy' | 'fields'> & { fields: Fields },
): ComparisonGateType {
  return { ...type, judgedBy: 'comparisons' } as unknown as ComparisonGateType
}
