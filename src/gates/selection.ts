import type { GateSpec } from '../release/gates.ts'
import type { Settings } from '../release/settings.ts'
import type { GateBaseline } from '../release/state/state.ts'
import type { ComparisonGateType, CountedGateType, GateType, LimitGateType } from './gate-type.ts'
import { latencyProfile } from './latency-profile/latency-profile.ts'
import { profile } from './profile/profile.ts'
import { findGateType, gateTypes } from './registry.ts'

/** gateTypeOf gives a gate's type. A spec was checked when it was read: an unknown type is a fault of the program. */
export function gateTypeOf(gate: GateSpec): GateType {
  const type = findGateType(gate.type)
  if (type === null) throw new Error(`no gate type ${gate.type}`)
  return type
}

/**
 * activeGates lists the gates that a release asks: those of the config, and the comparisons of answers and of latency as
 * the option `profile` has them, where no entry of the config says more.
 */
export function activeGates(settings: Pick<Settings, 'gates' | 'profile'>): readonly GateSpec[] {
  const mode = settings.profile ?? 'off'
  if (mode === 'off') return settings.gates
  const configured = new Set(settings.gates.map((gate) => gate.type))
  const added = [profile.type, latencyProfile.type].filter((type) => !configured.has(type))
  return [...settings.gates, ...added.map((type) => ({ name: type, type, mode }))]
}

/** ChosenGate is a configured gate with its type. */
export interface ChosenGate<Type extends GateType> {
  gate: GateSpec
  type: Type
}

/**
 * countedGates lists the gates that the engine judges: failed requests first, which every release has, then the
 * others as configured.
 */
export function countedGates(gates: readonly GateSpec[]): ChosenGate<CountedGateType>[] {
  const all = withTypes(gates).filter((each) => each.type.judgedBy === 'engine')
  const chosen = all as ChosenGate<CountedGateType>[]
  const first = chosen.find(({ type }) => type.countsFailedRequests) ?? defaultGate()
  return [first, ...chosen.filter(({ type }) => !type.countsFailedRequests)]
}

/** limitGates lists the gates that are held against limits, as configured. */
export function limitGates(gates: readonly GateSpec[]): ChosenGate<LimitGateType>[] {
  return withTypes(gates).filter((each) => each.type.judgedBy === 'limits') as ChosenGate<LimitGateType>[]
}

/** comparisonGates lists the gates that make several comparisons. */
export function comparisonGates(gates: readonly GateSpec[]): ChosenGate<ComparisonGateType>[] {
  return withTypes(gates).filter(
    (each) => each.type.judgedBy === 'comparisons',
  ) as ChosenGate<ComparisonGateType>[]
}

/** metricsGates lists the gates for which metrics are asked beside the counts of failed requests. */
export function metricsGates(gates: readonly GateSpec[]): GateSpec[] {
  return gates.filter((gate) => gateTypeOf(gate).asksMetrics(gate))
}

/** gateQuestion says in one phrase what a gate asks. */
export function gateQuestion(gate: GateSpec, baseline: GateBaseline): string {
  return gateTypeOf(gate).question(gate, baseline.bounds[gate.name] ?? null)
}

/**
 * badEvents says what makes an event of a gate, or of a part of it, bad: `canary: 5 of 100 requests …`; empty where
 * none are counted.
 */
export function badEvents(gate: GateSpec, baseline: GateBaseline, part: string | null = null): string {
  const type = gateTypeOf(gate)
  switch (type.judgedBy) {
    case 'engine':
      return type.badEvents(gate, baseline.bounds[gate.name] ?? null)
    case 'comparisons':
      return type.badEvents(gate, part ?? '')
    case 'limits':
      return ''
  }
}

/** countsFailedRequests tells the gate that every release has from all others. */
export function countsFailedRequests(gate: GateSpec): boolean {
  const type = gateTypeOf(gate)
  return type.judgedBy === 'engine' && type.countsFailedRequests === true
}

/** routeLabelOf gives the label that the config names routes by; null where it names none. */
export function routeLabelOf(gates: readonly GateSpec[]): string | null {
  const named = gates.find((gate) => countsFailedRequests(gate))?.routes
  const { label = null } = (named ?? {}) as { label?: string | null }
  return label
}

/** routesOf gives the routes of a gate that are judged by themselves too. */
export function routesOf(gate: GateSpec, baseline: GateBaseline): GateBaseline['routes'] {
  const type = gateTypeOf(gate)
  return type.judgedBy === 'engine' ? type.routes(gate, baseline) : []
}

/**
 * asksTheSame tells whether evidence that was recorded for `before` answers the question of `gate`: limits may
 * differ, what was asked may not.
 */
export function asksTheSame(gate: GateSpec, before: GateSpec): boolean {
  if (gate.name !== before.name || gate.type !== before.type) return false
  return Object.entries(gateTypeOf(gate).fields)
    .filter(([, field]) => field.asks)
    .every(([key]) => JSON.stringify(gate[key]) === JSON.stringify(before[key]))
}

function withTypes(gates: readonly GateSpec[]): ChosenGate<GateType>[] {
  return gates.map((gate) => ({ gate, type: gateTypeOf(gate) }))
}

/** The gate of failed requests where the config doesn't mention it. */
function defaultGate(): ChosenGate<CountedGateType> {
  const type = gateTypes.find(
    (each): each is CountedGateType => each.judgedBy === 'engine' && each.countsFailedRequests === true,
  ) as CountedGateType
  const fields = Object.fromEntries(Object.keys(type.fields).map((key) => [key, null]))
  return { gate: { ...fields, name: type.type, type: type.type, mode: 'enforce' }, type }
}
