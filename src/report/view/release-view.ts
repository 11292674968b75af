import type { AnswersBySide } from '../../release/evidence/answers.ts'
import { type CountNote, type CountSource, type Counts, countsSince } from '../../release/evidence/counts.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import type { Finding, RecordEvent } from '../../release/record/record.ts'
import type { Settings } from '../../release/settings.ts'
import type { Verdict } from '../../release/verdict.ts'
import { type GateView, gateViews } from './gate-view.ts'
import { type LatencySummary, latencyOf } from './latency.ts'

type EventOf<T extends RecordEvent['type']> = Extract<RecordEvent, { type: T }>

/** StepView is one step as a report shows it. Times in ms since the epoch. */
export interface StepView {
  step: number
  /** Share asked for, in percent. */
  weight: number
  /**
   * Share of the requests that reached the canary, 0–1, since the data plane had the weights (or since they were
   * written, where the step ended before); null: unknown.
   */
  actual: number | null
  startedAt: number
  /** When its own clock began; null while settling. */
  clockStart: number | null
  endedAt: number | null
  /** Requests of the step alone; null where none could be counted. */
  canary: Counts | null
  stable: Counts | null
  /** false where no stable traffic is left to compare with. */
  control: boolean
  seen: EventOf<'settled'>['seen'] | null
  margin: number
  outOfReach: boolean
  requestsNeeded: number | null
  secondsNeeded: number | null
  /** The engine's latest answer in this step. */
  latest: Verdict | null
  end: { verdict: string; reason: string; text: string } | null
  /** The last answer of every gate and route; empty where only failed requests are counted, in total. */
  gates: GateView[]
}

export type PollView = Pick<EventOf<'poll'>, 't' | 'step' | 'canary' | 'stable' | 'control' | 'rebuilt'>

/** ReleaseView is a record folded into what every report shows. */
export interface ReleaseView {
  /** What the record says of itself; null in a record that broke off before a release had a name. */
  head: EventOf<'release'> | null
  /** Origin of `PollView.t`, ms since the epoch. */
  startedAt: number
  /** Time of the last event. */
  lastAt: number
  settings: Settings | null
  source: CountSource | null
  /** Requests per second before the release. */
  rate: number | null
  steps: StepView[]
  /** Ordered by time, one for each grid point. */
  polls: PollView[]
  /** What both versions answered since the release began; null where answers were not told apart. */
  answers: AnswersBySide | null
  /** How long requests took; null where nothing is known of it. */
  latency: LatencySummary | null
  /** When latency rose far above the usual; null: never, or nobody asked. */
  spike: EventOf<'latency-spike'> | null
  /** Where the slow requests of a canary that was proved slower lie; null: it wasn't, or nobody can tell. */
  slowPods: EventOf<'slow-pods'> | null
  /** Which requests failed; null where nobody asked: the canary was not rolled back. */
  failures: EventOf<'failed-requests'> | null
  writes: EventOf<'write'>[]
  warnings: EventOf<'warning'>[]
  findings: Finding[]
  commands: EventOf<'command'>[]
  notes: CountNote[]
  phase: EventOf<'phase'> | null
  outcome: Outcome | null
}

/** releaseView folds a record. It takes any prefix of one, and passes over events of unknown types. */
export function releaseView(record: readonly RecordEvent[]): ReleaseView {
  const head = last(record, 'release')
  const steps = stepsOf(record)
  const polls = pollsOf(record)
  const times = record.map((event) => Date.parse(event.at))
  const startedAt = originOf(record) ?? times[0] ?? 0
  for (const step of steps) countStep(step, polls, startedAt)
  const baseline = last(record, 'baseline')
  return {
    head,
    startedAt,
    lastAt: times.reduce((latest, time) => Math.max(latest, time), startedAt),
    settings: head?.settings ?? null,
    source: baseline?.source ?? null,
    rate: baseline?.rate ?? null,
    steps,
    polls,
    answers: all(record, 'poll').findLast(({ answers }) => answers !== undefined)?.answers ?? null,
    latency: latencyOf(record),
    spike: last(record, 'latency-spike'),
    slowPods: last(record, 'slow-pods'),
    failures: last(record, 'failed-requests'),
    writes: all(record, 'write'),
    warnings: uniqueBy(all(record, 'warning'), (event) => `${event.code}\n${event.text}`),
    findings: uniqueBy(
      all(record, 'finding').map((event) => event.finding),
      (finding) => `${finding.id}\n${finding.text}`,
    ),
    commands: all(record, 'command'),
    notes: all(record, 'count-note').map((event) => event.note),
    phase: last(record, 'phase'),
    outcome: last(record, 'outcome')?.outcome ?? null,
  }
}

/**
 * originOf gives the moment that polls count from, in ms since the epoch: the release starts when its routes are pinned,
 * a little after the record does. Null where the record holds no release.
 */
export function originOf(record: readonly RecordEvent[]): number | null {
  const settled = last(record, 'settled')
  if (settled?.t !== undefined) return Date.parse(settled.clockStart) - settled.t * 1000
  const head = last(record, 'release')
  return head === null ? null : Date.parse(head.startedAt)
}

/** latestStep gives the step in force: the last that began; null before the first. */
export function latestStep(view: ReleaseView): StepView | null {
  return view.steps.at(-1) ?? null
}

function all<T extends RecordEvent['type']>(record: readonly RecordEvent[], type: T): EventOf<T>[] {
  return record.filter((event): event is EventOf<T> => event.type === type)
}

function last<T extends RecordEvent['type']>(record: readonly RecordEvent[], type: T): EventOf<T> | null {
  return all(record, type).at(-1) ?? null
}

// The last of those that say the same stays, at the place of the first.
function uniqueBy<T>(items: T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).values()]
}

function stepsOf(record: readonly RecordEvent[]): StepView[] {
  const steps = new Map<number, StepView>()
  for (const event of record) {
    if (event.type === 'step') steps.set(event.step, begun(event, steps.get(event.step)))
    if (event.type !== 'settled' && event.type !== 'verdict' && event.type !== 'step-end') continue
    const step = steps.get(event.step)
    if (step !== undefined) follow(step, event)
  }
  for (const gate of gateViews(record)) steps.get(gate.step)?.gates.push(gate)
  return [...steps.values()].sort((a, b) => a.step - b.step)
}

function follow(step: StepView, event: EventOf<'settled' | 'verdict' | 'step-end'>): void {
  switch (event.type) {
    case 'settled':
      step.seen = event.seen
      step.clockStart = Date.parse(event.clockStart)
      if (event.canary !== null && event.total) step.actual = event.canary / event.total
      break
    case 'verdict':
      step.latest = event.verdict
      break
    case 'step-end':
      step.end = { verdict: event.verdict, reason: event.reason, text: event.text }
      step.endedAt = Date.parse(event.at)
  }
}

// A successor says the step that it goes on with once more: its start stays where it was.
function begun(event: EventOf<'step'>, before: StepView | undefined): StepView {
  return {
    actual: null,
    startedAt: Date.parse(event.at),
    clockStart: null,
    endedAt: null,
    canary: null,
    stable: null,
    control: true,
    seen: null,
    latest: null,
    end: null,
    gates: [],
    ...before,
    step: event.step,
    weight: event.weight,
    margin: event.margin,
    outOfReach: event.outOfReach,
    requestsNeeded: event.requestsNeeded,
    secondsNeeded: event.secondsNeeded,
  }
}

function pollsOf(record: readonly RecordEvent[]): PollView[] {
  const byTime = new Map(
    all(record, 'poll')
      .filter((poll) => poll.gate === undefined)
      .map((poll) => [poll.t, poll]),
  )
  return [...byTime.values()].sort((a, b) => a.t - b.t)
}

function countStep(step: StepView, polls: PollView[], startedAt: number): void {
  const own = polls.filter((poll) => poll.step === step.step)
  const first = own[0]
  if (first === undefined) return
  const before = polls.filter((poll) => poll.t < first.t)
  step.control = own.at(-1)?.control ?? true
  step.canary = gained(before, own, 'canary')
  step.stable = gained(before, own, 'stable')
  // A step that ended while it settled has only what came since its weights were written.
  const since = step.clockStart ?? (step.endedAt === null ? null : step.startedAt)
  if (since === null) return
  const clock = (since - startedAt) / 1000
  const settled = own.filter((poll) => poll.t > clock)
  const earlier = polls.filter((poll) => poll.t <= clock)
  const canary = gained(earlier, settled, 'canary')
  const stable = gained(earlier, settled, 'stable')
  if (canary !== null && stable !== null && canary.total + stable.total > 0) {
    step.actual = canary.total / (canary.total + stable.total)
  }
}

// Counts are cumulative since the release started: a step's own are what was added since the last seen before it.
function gained(before: PollView[], own: PollView[], side: 'canary' | 'stable'): Counts | null {
  const until = own.findLast((poll) => poll[side] !== null)?.[side]
  if (until === undefined || until === null) return null
  const from = before.findLast((poll) => poll[side] !== null)?.[side] ?? { total: 0, bad: 0 }
  return countsSince(until, from)
}
