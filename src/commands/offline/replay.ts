import { asksTheSame, countsFailedRequests } from '../../gates/selection.ts'
import type { CountPoint } from '../../release/evidence/counts.ts'
import type { GateAnswer, GateEvidence } from '../../release/evidence/gate-evidence.ts'
import { Failure } from '../../release/failure.ts'
import type { GateSpec } from '../../release/gates.ts'
import type { RecordEvent } from '../../release/record/record.ts'
import { pollInterval, type Settings } from '../../release/settings.ts'
import type { ReleaseState, StepState } from '../../release/state/state.ts'
import { stateSchema } from '../../release/state/state.ts'
import type { Verdict } from '../../release/verdict.ts'
import { originOf } from '../../report/view/release-view.ts'
import { type ReplayNote, replayNoteText } from '../../report/words/offline.ts'
import { assess } from '../../rollout/evidence/assessment.ts'

type EventOf<Type extends RecordEvent['type']> = Extract<RecordEvent, { type: Type }>
type Poll = EventOf<'poll'>

/** StepEnd is the verdict that a step came to, and when, in seconds since the release started. */
export interface StepEnd {
  t: number
  verdict: Verdict['verdict']
  reason: string
  gate: string | null
  route: string | null
}

/** ReplayedStep is one step as it was judged, and as it would be. */
interface ReplayedStep {
  weight: number
  recorded: StepEnd
  replayed: StepEnd
  /** Both came to the same. */
  same: boolean
}

/** Replay is a record judged again. */
export interface Replay {
  releaseId: string
  polls: number
  /** Polls at which the answer is the recorded one. */
  agreeing: number
  steps: ReplayedStep[]
  /** The first step that would have ended otherwise; what follows it in the record never happened then. */
  differs: number | null
  /** What the record can't tell. */
  notes: string[]
}

/**
 * replayRecord judges a record again, with the settings that it was made with, or with other gates. It is a function of
 * the record: nobody is asked. Throws Failure `invalid-input` where the record holds no release, no baseline or no poll.
 */
export function replayRecord(record: readonly RecordEvent[], other: Settings | null = null): Replay {
  const head = last(record, 'release')
  const baseline = last(record, 'baseline')
  const totals = all(record, 'poll').filter(({ gate }) => gate === undefined)
  if (head === null || totals.length === 0) {
    throw new Failure(
      'invalid-input',
      'The record holds no release that was judged: nothing can be replayed.',
    )
  }
  const judged = judgedBy(head.settings, other, record)
  const state = stateOf(record, head, baseline, totals, other)
  refuseAbsurdLength(totals, state.interval)
  const until = state.startedAt + (totals.at(-1)?.t ?? 0) * 1000
  const series = { points: totals.map(pointOf), notes: [] }
  const { verdicts } = assess(state, judged.settings, series, until, evidenceOf(record))
  const recorded = all(record, 'verdict').map(({ verdict }) => verdict)
  const steps = state.stepStates.map((entry, index) => {
    const own = totals.filter(({ step }) => step === index).map(({ t }) => t)
    const end = all(record, 'step-end').find(({ step }) => step === index)
    return compared(entry.weight, own, recorded, verdicts, end ?? null)
  })
  const differs = steps.findIndex(({ same }) => !same)
  const missing: ReplayNote[] = baseline === null ? [{ code: 'no-baseline' }] : []
  return {
    releaseId: head.id,
    polls: totals.length,
    agreeing: totals.filter(({ t }) => agrees(at(recorded, t), at(verdicts, t))).length,
    steps: differs < 0 ? steps : steps.slice(0, differs + 1),
    differs: differs < 0 ? null : differs,
    notes: [...missing, ...judged.notes].map(replayNoteText),
  }
}

/** Most polls that a replay judges: eleven days of one every 5 s. */
const maxPolls = 200_000

/** refuseAbsurdLength throws Failure `invalid-input` where a poll's time means more polls (every `interval` ms) than fit. */
function refuseAbsurdLength(totals: readonly Poll[], interval: number): void {
  const beyond = totals.find(({ t }) => (t * 1000) / interval > maxPolls)
  if (beyond === undefined) return
  throw new Failure(
    'invalid-input',
    `The record's poll at t = ${beyond.t} s can't be replayed: with a poll every ${interval} ms it would be more than ${maxPolls} polls after the start. Its "t" or the interval is wrong.`,
    { details: { t: beyond.t, interval, at: beyond.at } },
  )
}

/** Only what was recorded can be judged: of other gates those whose evidence is there. */
function judgedBy(
  recorded: Settings,
  other: Settings | null,
  record: readonly RecordEvent[],
): { settings: Settings; notes: ReplayNote[] } {
  const before = recorded.gates ?? []
  if (other === null) return { settings: { ...recorded, gates: before }, notes: [] }
  const seen = new Set(
    record.map((event) => (event.type === 'reading' || event.type === 'poll' ? event.gate : undefined)),
  )
  const known = (gate: GateSpec) => seen.has(gate.name) && before.some((each) => asksTheSame(gate, each))
  const gates = other.gates.filter((gate) => countsFailedRequests(gate) || known(gate))
  const left = other.gates.filter((gate) => !gates.includes(gate))
  const { gate, minStepDuration, stepTimeout, finalDuration, profile = 'off' } = other
  return {
    settings: { ...recorded, gate, gates, profile, minStepDuration, stepTimeout, finalDuration },
    notes: [
      ...left.map(({ name }) => ({ code: 'gate-left-out' as const, gate: name })),
      ...(String(other.steps) === String(recorded.steps)
        ? []
        : [{ code: 'other-steps' as const, steps: recorded.steps }]),
    ],
  }
}

/** stateOf puts together what the engine needs of a release; sides, holder and routes are none of its business. */
function stateOf(
  record: readonly RecordEvent[],
  head: EventOf<'release'>,
  baseline: EventOf<'baseline'> | null,
  totals: readonly Poll[],
  other: Settings | null,
): ReleaseState {
  const startedAt = originOf(record) ?? 0
  const side = (version: string) => ({ version, destination: version, workload: '', image: '' })
  const gates = baseline?.gates
  return {
    schema: stateSchema,
    id: head.id,
    phase: 'observing',
    reason: '',
    stable: head.stable === null ? null : side(head.stable),
    canary: side(head.canary ?? ''),
    holder: '',
    fencingToken: 0,
    startedAt,
    interval: pollInterval(head.settings, baseline?.interval),
    step: 0,
    weight: 0,
    steps: head.settings.steps,
    stepStates: stepStatesOf(record, totals, startedAt).map((entry) => underOtherMargins(entry, other)),
    restore: null,
    source: baseline?.source ?? null,
    calibration: baseline?.calibration ?? null,
    unreachedBaseline: null,
    rate: baseline?.rate ?? null,
    gateDigest: '',
    ...(gates === undefined ? {} : { gates }),
    stableReady: 1,
    deadline: null,
    endedAt: null,
    history: [],
  }
}

/**
 * What a step was to prove was chosen before it, from traffic that a record doesn't hold: another fixed margin takes
 * its place, a finer cap cuts it.
 */
function underOtherMargins(entry: StepState, other: Settings | null): StepState {
  if (other === null) return entry
  const { passMargin, maxPassMargin } = other.gate
  return { ...entry, margin: passMargin === 'auto' ? Math.min(entry.margin, maxPassMargin) : passMargin }
}

/** stepStatesOf reads from the polls which step each belongs to, and from the steps what a pass was to prove. */
function stepStatesOf(
  record: readonly RecordEvent[],
  totals: readonly Poll[],
  startedAt: number,
): StepState[] {
  const stepStates: StepState[] = []
  const lastStep = totals.reduce((most, { step }) => Math.max(most, step), 0)
  for (let index = 0; index <= lastStep; index += 1) {
    const step = all(record, 'step').findLast((event) => event.step === index)
    const settled = all(record, 'settled').findLast((event) => event.step === index)
    const first = totals.find((poll) => poll.step === index)
    const before = stepStates.at(-1)
    const margins = step?.gates?.map(({ gate, margin }) => [gate, margin] as const)
    stepStates.push({
      weight: step?.weight ?? before?.weight ?? 0,
      writtenAt: startedAt + (first?.t ?? Number.MAX_SAFE_INTEGER / 1e6) * 1000,
      timerStart: settled === undefined ? null : Date.parse(settled.clockStart),
      margin: step?.margin ?? before?.margin ?? 0.1,
      ...(margins === undefined ? {} : { margins: Object.fromEntries(margins) }),
      outOfReach: step?.outOfReach ?? false,
      actualShare: null,
      end: null,
    })
  }
  return stepStates
}

function pointOf({ t, canary, stable, answers }: Poll): CountPoint {
  const own = answers === undefined ? {} : { answers }
  return { t, canary, stable, unreached: null, abandoned: 0, ...own }
}

function evidenceOf(record: readonly RecordEvent[]): GateEvidence {
  const polls = Map.groupBy(
    all(record, 'poll').filter(({ gate }) => gate !== undefined),
    ({ gate, route }) => JSON.stringify([gate, route ?? null]),
  )
  const readings = Map.groupBy(all(record, 'reading'), ({ gate }) => gate)
  const answers: GateAnswer[] = [
    ...[...polls].map(([key, own]): GateAnswer => {
      const [gate, route] = JSON.parse(key) as [string, string | null]
      return { gate, route, kind: 'counts', series: { points: own.map(pointOf), notes: [] } }
    }),
    ...[...readings].map(
      ([gate, own]): GateAnswer => ({ gate, route: null, kind: 'readings', readings: own }),
    ),
  ]
  return { answers, infrastructure: all(record, 'infrastructure') }
}

function compared(
  weight: number,
  times: readonly number[],
  recorded: readonly Verdict[],
  replayed: readonly Verdict[],
  end: EventOf<'step-end'> | null,
): ReplayedStep {
  const [from = 0, until = 0] = [times[0], times.at(-1)]
  const own = (verdicts: readonly Verdict[]) => verdicts.filter(({ t }) => t >= from && t <= until)
  const before = endOf(own(recorded), until)
  const after = endOf(own(replayed), until)
  // Lost pods, orders and drift end steps too: what the gates said until then is all that can be compared.
  const byGates = end === null || end.verdict === before.verdict
  return { weight, recorded: before, replayed: after, same: before.verdict === after.verdict || !byGates }
}

/** endOf is the first answer that ends a step, or the last one that there is. */
function endOf(verdicts: readonly Verdict[], until: number): StepEnd {
  const ending = verdicts.find(({ verdict }) => ['pass', 'fail', 'inconclusive'].includes(verdict))
  const end = ending ?? verdicts.at(-1)
  return {
    t: end?.t ?? until,
    verdict: end?.verdict ?? 'continue',
    reason: end?.reason ?? 'collecting',
    gate: end?.gate ?? null,
    route: end?.route ?? null,
  }
}

function at(verdicts: readonly Verdict[], t: number): Verdict | undefined {
  return verdicts.findLast((verdict) => verdict.t <= t)
}

// Reasons may differ where a clock was started between two looks: what was due then is what counts.
function agrees(one: Verdict | undefined, other: Verdict | undefined): boolean {
  return one?.verdict === other?.verdict && one?.gate === other?.gate
}

function all<Type extends RecordEvent['type']>(record: readonly RecordEvent[], type: Type): EventOf<Type>[] {
  return record.filter((event): event is EventOf<Type> => event.type === type)
}

function last<Type extends RecordEvent['type']>(
  record: readonly RecordEvent[],
  type: Type,
): EventOf<Type> | null {
  return all(record, type).at(-1) ?? null
}
