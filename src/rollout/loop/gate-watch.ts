import { askGate, noBaseline, unavailable } from '../../gates/evidence.ts'
import { createGateSource } from '../../gates/measurement.ts'
import { activeGates, gateTypeOf } from '../../gates/selection.ts'
import type {
  GateAnswer,
  GateEvidence,
  InfrastructurePoint,
  Reading,
} from '../../release/evidence/gate-evidence.ts'
import { noEvidence } from '../../release/evidence/gate-evidence.ts'
import { isFailure } from '../../release/failure.ts'
import type { GateSpec, SideName } from '../../release/gates.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import type { Outage } from '../decision/decision-input.ts'
import { secondsSinceStart } from '../evidence/engine-input.ts'
import type { CountQuery, NodeNames } from '../ports.ts'
import type { Session } from '../session.ts'
import { heldState } from '../session.ts'

type Unavailable = Extract<GateAnswer, { kind: 'unavailable' }> & Pick<GateSpec, 'mode'>

/** GateWatch is what a process remembers about the gates. */
export interface GateWatch {
  evidence: GateEvidence
  /** Gates that can't be asked, and why, as far as the record says so. */
  unavailable: Map<string, Unavailable>
  /** Seconds since the release's start of what the record has. */
  recordedUntil: number
}

/** startGateWatch begins with nothing seen. */
export function startGateWatch(): GateWatch {
  return { evidence: noEvidence, unavailable: new Map(), recordedUntil: -1 }
}

/** KnownSurroundings is what the poll has found before gates are asked. */
interface KnownSurroundings {
  nodes: Record<SideName, NodeNames[]>
  /** Why Prometheus gives no usable answer; null: it does. */
  outage: Outage | null
}

/**
 * askGates asks for what the gates need beside the counts of failed requests, up to the query's last grid point. A
 * gate that can't be asked keeps what was known, and the record says so once. While Prometheus is known to be away
 * it is not asked: nobody waits for it twice. Only an abort throws.
 */
export async function askGates(
  session: Session,
  watch: GateWatch,
  query: CountQuery,
  known: KnownSurroundings,
  signal: AbortSignal,
): Promise<void> {
  const state = heldState(session)
  const t = secondsSinceStart(state, query.until)
  const [asked, infrastructure] = await Promise.all([
    answersOf(session, watch, query, known.outage, signal),
    known.outage !== null ? [] : infrastructureOf(session, state, query, known.nodes, signal),
  ])
  const before = watch.evidence.answers
  watch.evidence = {
    answers: asked.flatMap((answer) => keepKnown(before, answer, state.interval / 1000, t)),
    infrastructure,
  }
  // An outage is said by itself, and of no gate.
  if (known.outage === null) warnOfUnavailable(session, watch, asked)
}

/** gateOutage is why a gate that decides could not be asked the last time; empty: all were. */
export function gateOutage({ unavailable }: GateWatch): { gateOutage?: Outage } {
  const first = [...unavailable.values()].find(({ mode }) => mode === 'enforce')
  return first === undefined
    ? {}
    : { gateOutage: { reason: first.outcome, sentence: first.text, gate: first.gate } }
}

async function answersOf(
  session: Session,
  watch: GateWatch,
  query: CountQuery,
  outage: Outage | null,
  signal: AbortSignal,
): Promise<GateAnswer[]> {
  const state = heldState(session)
  const versions = { canary: state.canary, stable: state.stable ?? state.canary }
  const target = { ...query, service: session.scope.service, versions }
  const source = createGateSource(session.metrics, session.probe, target, signal)
  const asking = {
    source,
    baseline: state.gates ?? noBaseline,
    t: secondsSinceStart(state, query.until),
    shifted: state.stepStates.length > 0,
  }
  const answers = activeGates(session.settings).map(async (gate) => {
    if (outage !== null && gateTypeOf(gate).asksMetrics(gate)) {
      const outcome = outage.reason === 'metrics-partial' ? 'metrics-partial' : 'metrics-outage'
      return [unavailable(gate, outcome, outage.sentence ?? '')]
    }
    return askGate(gate, { ...asking, before: readingsOf(watch, gate.name) }, signal)
  })
  return (await Promise.all(answers)).flat()
}

function readingsOf({ evidence }: GateWatch, gate: string): readonly Reading[] {
  const known = evidence.answers.find((answer) => answer.gate === gate && answer.kind === 'readings')
  return known?.kind === 'readings' ? known.readings : []
}

/** What isn't known of nodes and sidecars excuses nothing: a failure is as if there were no such metrics. */
async function infrastructureOf(
  session: Session,
  state: ReleaseState,
  query: CountQuery,
  nodes: Record<SideName, NodeNames[]>,
  signal: AbortSignal,
): Promise<InfrastructurePoint[]> {
  const versions = {
    canary: { workload: state.canary.workload, nodes: nodes.canary },
    stable: { workload: (state.stable ?? state.canary).workload, nodes: nodes.stable },
  }
  try {
    return await session.metrics.infrastructure({ ...query, versions }, signal)
  } catch (error) {
    if (signal.aborted || isFailure(error, 'aborted')) throw error
    return []
  }
}

/** keepKnown puts what was known in the place of an answer that did not come; readings that are missing say why. */
function keepKnown(
  before: readonly GateAnswer[],
  answer: GateAnswer,
  interval: number,
  until: number,
): GateAnswer[] {
  if (answer.kind !== 'unavailable') return [answer]
  const own = before.filter(({ gate, kind }) => gate === answer.gate && kind !== 'unavailable')
  const [known] = own
  if (known?.kind === 'counts') return own
  const readings = known?.kind === 'readings' ? known.readings : []
  const missing: Reading[] = []
  for (let t = (readings.at(-1)?.t ?? -interval) + interval; t <= until + 1e-9; t += interval) {
    missing.push({ t, outcome: answer.outcome, value: null, text: answer.text })
  }
  return [{ gate: answer.gate, route: null, kind: 'readings', readings: [...readings, ...missing] }]
}

function warnOfUnavailable(session: Session, watch: GateWatch, answers: readonly GateAnswer[]): void {
  const modes = new Map(activeGates(session.settings).map(({ name, mode }) => [name, mode]))
  const now = new Map<string, Unavailable>()
  for (const answer of answers) {
    if (answer.kind !== 'unavailable') continue
    now.set(answer.gate, { ...answer, mode: modes.get(answer.gate) ?? 'enforce' })
  }
  for (const [gate, { text, mode }] of now) {
    if (watch.unavailable.has(gate)) continue
    session.record({ type: 'warning', code: 'gate', details: { gate, mode, error: text } })
  }
  watch.unavailable = now
}
