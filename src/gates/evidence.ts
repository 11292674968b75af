import type { GateAnswer, UnavailableReason } from '../release/evidence/gate-evidence.ts'
import { Failure, isFailure, sentenceOf } from '../release/failure.ts'
import type { GateSpec } from '../release/gates.ts'
import type { GateBaseline } from '../release/state/state.ts'
import type { GateHistory } from './gate-source.ts'
import type { Asking } from './gate-type.ts'
import { gateTypeOf } from './selection.ts'

/** Failures that the question itself causes: an answer that makes no sense. Any other is silence. */
const senseless = ['bad-query', 'bad-answer', 'too-large', 'not-found', 'invalid-input'] as const

/**
 * askGate gives one gate's evidence up to now. What can't be asked is an answer of kind `unavailable`, so that one gate
 * spoils no other. Only an abort throws.
 */
export async function askGate(gate: GateSpec, asking: Asking, signal: AbortSignal): Promise<GateAnswer[]> {
  try {
    return await gateTypeOf(gate).ask(gate, asking)
  } catch (error) {
    if (signal.aborted || isFailure(error, 'aborted')) throw error
    return [unavailable(gate, unavailableReasonOf(error), sentenceOf(error))]
  }
}

function unavailableReasonOf(error: unknown): UnavailableReason {
  if (isFailure(error, 'incomplete')) return 'metrics-partial'
  return isFailure(error, ...senseless) ? 'bad-data' : 'metrics-outage'
}

/** unavailable is the answer of a gate that could not be asked. */
export function unavailable({ name }: GateSpec, outcome: UnavailableReason, text: string): GateAnswer {
  return { gate: name, route: null, kind: 'unavailable', outcome, text }
}

/** GateNote is what a reader should know of a gate before a release; `wrong`: it can't be judged at all. */
export interface GateNote {
  gate: string
  wrong: boolean
  text: string
}

/** noBaseline is what is fixed where no gate needs it. */
export const noBaseline: GateBaseline = { bounds: {}, calibrations: {}, routes: [] }

/**
 * prepareGates looks once, before a release, at every gate that asks metrics. It throws what the source throws, and
 * Failure `invalid-config` for a query that is refused.
 */
export async function prepareGates(
  gates: readonly GateSpec[],
  history: GateHistory,
): Promise<{ baseline: GateBaseline; notes: GateNote[] }> {
  const baseline: GateBaseline = { bounds: {}, calibrations: {}, routes: [] }
  const notes: GateNote[] = []
  for (const gate of gates.filter((each) => gateTypeOf(each).asksMetrics(each))) {
    const { bound, bounds = [], calibration, routes, note } = await preparationOf(gate, history)
    if (bound !== undefined) baseline.bounds[gate.name] = bound
    bounds.forEach((each, place) => {
      baseline.bounds[`${gate.name} ${place + 1}`] = each
    })
    if (calibration !== undefined) baseline.calibrations[gate.name] = calibration
    if (routes !== undefined) baseline.routes = routes
    if (note !== undefined) notes.push({ gate: gate.name, ...note })
  }
  return { baseline, notes }
}

async function preparationOf(gate: GateSpec, history: GateHistory) {
  try {
    return await gateTypeOf(gate).prepare(gate, history)
  } catch (error) {
    if (!isFailure(error, 'bad-query', 'bad-answer')) throw error
    throw new Failure('invalid-config', `Gate ${gate.name}: ${sentenceOf(error)}`, {
      cause: error,
      details: { field: 'gates', value: gate.name },
    })
  }
}
