import { isFailure, sentenceOf } from '../release/failure.ts'
import type { GateAnswer, GateEvidence, Reading } from '../release/gate-evidence.ts'
import { noEvidence } from '../release/gate-evidence.ts'
import type { HttpGate } from '../release/gates.ts'
import { askedGates } from '../release/gates.ts'
import type { ReleaseState } from '../release/state/state.ts'
import type { Assessment } from './evidence/assessment.ts'
import { secondsSinceStart } from './evidence/engine-input.ts'
import { infrastructureProblem } from './evidence/infrastructure-health.ts'
import type { CountQuery, NodeNames } from './ports.ts'
import type { Session } from './session.ts'
import { heldState } from './session.ts'

/** GateWatch is what a process remembers about the gates. Probes can't be asked again; all else can. */
export interface GateWatch {
  evidence: GateEvidence
  /** How the addresses of http gates answered, by gate. */
  probes: Map<string, Reading[]>
  /** Troubles that the record has heard of, by gate. */
  said: Map<string, string>
  /** Seconds since the release's start of what the record has. */
  recordedUntil: number
}

/** startGateWatch begins with nothing seen. */
export function startGateWatch(): GateWatch {
  return { evidence: noEvidence, probes: new Map(), said: new Map(), recordedUntil: -1 }
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
  seen: { nodes: Record<'canary' | 'stable', NodeNames[]>; outage: boolean },
  signal: AbortSignal,
): Promise<void> {
  const state = heldState(session)
  const { gates } = session.settings
  const t = secondsSinceStart(state, query.until)
  const probing = state.stepStates.length > 0 ? gates.filter((gate) => gate.type === 'http') : []
  const [asked] = await Promise.all([
    seen.outage
      ? silence(session)
      : ask(session, { ...query, ...questionOf(session, state, seen.nodes) }, signal),
    ...probing.map((gate) => probeOnce(session, watch, gate, t, signal)),
  ])
  watch.evidence = {
    answers: [
      ...asked.answers.flatMap((answer) => kept(watch.evidence.answers, answer, state.interval / 1000, t)),
      ...[...watch.probes].map(
        ([gate, readings]): GateAnswer => ({ gate, route: null, kind: 'readings', readings }),
      ),
    ],
    infrastructure: asked.infrastructure,
  }
  sayTroubles(session, watch, asked)
}

function questionOf(session: Session, state: ReleaseState, nodes: Record<'canary' | 'stable', NodeNames[]>) {
  const of = (side: { version: string; workload: string }, own: NodeNames[]) => ({
    version: side.version,
    workload: side.workload,
    nodes: own,
  })
  return {
    service: session.scope.service,
    gates: session.settings.gates,
    facts: state.gates ?? { bounds: {}, calibrations: {}, routes: [] },
    versions: {
      canary: of(state.canary, nodes.canary),
      stable: of(state.stable ?? state.canary, nodes.stable),
    },
  }
}

type Question = CountQuery & ReturnType<typeof questionOf>

async function ask(session: Session, question: Question, signal: AbortSignal): Promise<GateEvidence> {
  try {
    return await session.metrics.gates(question, signal)
  } catch (error) {
    if (signal.aborted || isFailure(error, 'aborted')) throw error
    return silence(session, sentenceOf(error))
  }
}

/** silence is the evidence of a Prometheus that does not answer. */
function silence(session: Session, text = 'Prometheus does not answer'): GateEvidence {
  const answers = askedGates(session.settings.gates).map(
    ({ name }): GateAnswer => ({
      gate: name,
      route: null,
      kind: 'trouble',
      outcome: 'metrics-outage',
      text,
    }),
  )
  return { answers, infrastructure: [] }
}

async function probeOnce(
  session: Session,
  watch: GateWatch,
  gate: HttpGate,
  t: number,
  signal: AbortSignal,
): Promise<void> {
  const { status, text } = await session.probe(gate.url, gate.timeout, signal)
  const reading: Reading = { t, outcome: 'value', value: status ?? 0, text }
  watch.probes.set(gate.name, [...(watch.probes.get(gate.name) ?? []), reading])
}

/** kept puts what was known in the place of an answer that did not come; readings that are missing say why. */
function kept(
  before: readonly GateAnswer[],
  answer: GateAnswer,
  interval: number,
  until: number,
): GateAnswer[] {
  if (answer.kind !== 'trouble') return [answer]
  const own = before.filter(({ gate, kind }) => gate === answer.gate && kind !== 'trouble')
  const [known] = own
  if (known?.kind === 'counts') return own
  const readings = known?.kind === 'readings' ? known.readings : []
  const missing: Reading[] = []
  for (let t = (readings.at(-1)?.t ?? -interval) + interval; t <= until + 1e-9; t += interval) {
    missing.push({ t, outcome: answer.outcome, value: null, text: answer.text })
  }
  return [{ gate: answer.gate, route: null, kind: 'readings', readings: [...readings, ...missing] }]
}

function sayTroubles(session: Session, watch: GateWatch, { answers }: GateEvidence): void {
  const troubled = new Map<string, string>()
  for (const answer of answers) if (answer.kind === 'trouble') troubled.set(answer.gate, answer.text)
  for (const [gate, text] of troubled) {
    if (watch.said.has(gate)) continue
    const warning = `Gate ${gate} can't be asked: ${text.replace(/\.?$/, '.')} Until it can, it lets nothing pass.`
    session.record({ type: 'warning', code: 'gate', text: warning })
  }
  watch.said = troubled
}

/**
 * recordGates writes down what the gates showed and answered since the last time: counts, readings, each gate's own
 * answer where there is more than the total of failed requests, and trouble beneath.
 */
export function recordGates(session: Session, watch: GateWatch, { gates, polls }: Assessment): void {
  const last = polls.at(-1)
  if (last === undefined) return
  const from = watch.recordedUntil
  const isNew = ({ t }: { t: number }) => t > from
  const stepOf = (t: number) => Math.floor((polls.findLast((poll) => poll.t <= t)?.step ?? 0) / 2)
  for (const { gate, route, kind, polls: own, readings } of gates) {
    const total = kind === 'errors' && route === null
    for (const poll of total ? [] : own.filter(isNew)) {
      session.record({
        type: 'poll',
        gate,
        ...(route === null ? {} : { route }),
        t: poll.t,
        step: Math.floor(poll.step / 2),
        canary: poll.canary,
        stable: poll.stable,
        control: poll.control ?? true,
        rebuilt: from < 0 && poll.t < last.t,
      })
    }
    for (const { t, outcome, value, text } of readings.filter(isNew)) {
      session.record({ type: 'reading', gate, t, step: stepOf(t), outcome, value, text })
    }
  }
  if (gates.length > 1) recordAnswers(session, gates, stepOf(last.t))
  recordTrouble(session, watch, from)
  watch.recordedUntil = last.t
}

function recordAnswers(session: Session, gates: Assessment['gates'], step: number): void {
  for (const { gate, route, kind, mode, bad, verdicts, quantiles } of gates) {
    const verdict = verdicts.at(-1)
    if (verdict === undefined) continue
    const told = quantiles === null ? {} : { quantiles }
    session.record({ type: 'gate', step, gate, route, kind, mode, bad, verdict, ...told })
  }
}

function recordTrouble(session: Session, watch: GateWatch, from: number): void {
  for (const point of watch.evidence.infrastructure) {
    if (point.t <= from) continue
    const text = infrastructureProblem(point)
    if (text !== null) session.record({ type: 'infrastructure', ...point, text })
  }
}
