import type { Counts } from '../../release/evidence/counts.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { Promotion, ReleaseState, StepState } from '../../release/state/state.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import type { Verdict } from '../../release/verdict.ts'

/** Transitions of a release's state. Each gives a new state and changes nothing else. Times in ms. */

/** StepChoice is what is decided about a step before it starts. */
export interface StepChoice {
  weight: number
  margin: number
  outOfReach: boolean
  gates?: { gate: string; margin: number }[]
}

/** currentStep gives the state of the step in force; null before the first. */
export function currentStep(state: ReleaseState): StepState | null {
  return state.stepStates.at(-1) ?? null
}

/** shifting opens a step: its intent is written before any weight. */
export function shifting(state: ReleaseState, step: number, choice: StepChoice, now: number): ReleaseState {
  const entry: StepState = {
    weight: choice.weight,
    writtenAt: now,
    timerStart: null,
    margin: choice.margin,
    ...(choice.gates === undefined
      ? {}
      : { margins: Object.fromEntries(choice.gates.map(({ gate, margin }) => [gate, margin])) }),
    outOfReach: choice.outOfReach,
    actualShare: null,
    end: null,
  }
  return {
    ...state,
    phase: 'shifting',
    reason: '',
    step,
    stepStates: [...state.stepStates, entry],
    deadline: null,
  }
}

/** settling says that every route has the step's weight since `now`. */
export function settling(state: ReleaseState, now: number): ReleaseState {
  const entry = currentStep(state)
  if (!entry) return state
  return {
    ...state,
    phase: 'settling',
    reason: '',
    weight: entry.weight,
    stepStates: withLast(state, { ...entry, writtenAt: now }),
  }
}

/** observing starts the step timer at `clockStart`, on the poll grid. */
export function observing(
  state: ReleaseState,
  clockStart: number,
  seen: NonNullable<StepState['actualShare']>,
): ReleaseState {
  const entry = currentStep(state)
  if (!entry) return state
  return {
    ...state,
    phase: 'observing',
    stepStates: withLast(state, { ...entry, timerStart: clockStart, actualShare: seen }),
  }
}

/** stepEnded writes down how the step in force ended. Counts are the step's own. */
export function stepEnded(
  state: ReleaseState,
  now: number,
  verdict: Pick<Verdict, 'verdict' | 'reason'> | { verdict: string; reason: string },
  counts: { canary: Counts; stable: Counts },
): ReleaseState {
  const entry = currentStep(state)
  if (!entry || entry.end) return state
  const end = {
    at: now,
    verdict: verdict.verdict,
    reason: verdict.reason,
    canary: [counts.canary.total, counts.canary.bad] as [number, number],
    stable: [counts.stable.total, counts.stable.bad] as [number, number],
  }
  return { ...state, stepStates: withLast(state, { ...entry, end }) }
}

/** paused holds the release where it is. */
export function paused(state: ReleaseState, reason: ReasonCode, now: number): ReleaseState {
  return { ...state, phase: 'paused', reason, endedAt: now }
}

/** resumed goes on with a paused release: its step starts anew: nothing was judged meanwhile. */
export function resumed(state: ReleaseState, capacityTimeout: number, now: number): ReleaseState {
  const entry = currentStep(state)
  // A pre-traffic phase begins its time anew as well.
  const preTraffic = state.preTraffic === undefined ? {} : { preTraffic: { ...state.preTraffic, since: now } }
  const open = { ...state, ...preTraffic, reason: '', endedAt: null }
  // Whether everything of the canary was made before the pause is asked anew.
  const first = state.workload === undefined ? 'pinned' : 'preparing'
  // New pods are judged by what they do from now on.
  const takeover = takeoverOf(state) !== null && state.weight <= 0 ? { step: -1, stepStates: [] } : {}
  if (!entry || state.weight <= 0)
    return { ...open, ...takeover, phase: first, deadline: now + capacityTimeout }
  const again: StepState = {
    ...entry,
    weight: state.weight,
    writtenAt: now,
    timerStart: null,
    actualShare: null,
    end: null,
  }
  return { ...open, phase: 'settling', stepStates: [...state.stepStates, again] }
}

/** reopened lets the step in force begin anew as `choice` says, `step` being the last one that it has reached. */
export function reopened(
  state: ReleaseState,
  { weight, margin, outOfReach }: StepChoice,
  step: number,
  now: number,
): ReleaseState {
  const again: StepState = {
    weight,
    margin,
    outOfReach,
    writtenAt: now,
    timerStart: null,
    actualShare: null,
    end: null,
  }
  return { ...state, phase: 'settling', weight, step, stepStates: [...state.stepStates, again] }
}

/** rolledBack ends the release with everything on stable. */
export function rolledBack(state: ReleaseState, reason: ReasonCode, now: number): ReleaseState {
  const { preTraffic: _, everywhere: __, ...rest } = trackReturned(state)
  return { ...rest, phase: 'rolled-back', reason, weight: 0, endedAt: now, deadline: null }
}

/** trackReturned says that a standing Deployment which was borrowed has back what it had. */
export function trackReturned(state: ReleaseState): ReleaseState {
  const { workload } = state
  const track = workload?.inPlace?.track
  if (workload?.inPlace === undefined || track?.owed === undefined) return state
  const { owed: _, ...returned } = track
  return { ...state, workload: { ...workload, inPlace: { ...workload.inPlace, track: returned } } }
}

/** rollingBack says that routes are being put back; not all of them may be. */
export function rollingBack(state: ReleaseState, reason: ReasonCode): ReleaseState {
  return { ...state, phase: 'rolling-back', reason, deadline: null }
}

/**
 * prepared says that the canary was made of `image`: from now on it has `capacityTimeout` (ms) to get its first pods
 * ready.
 */
export function prepared(
  state: ReleaseState,
  { image, capacityTimeout }: { image: string; capacityTimeout: number },
  now: number,
): ReleaseState {
  return { ...state, phase: 'pinned', canary: { ...state.canary, image }, deadline: now + capacityTimeout }
}

/**
 * movedBack says that everything is back on stable: the release has ended, but for what it made, which is still to be
 * removed.
 */
export function movedBack(state: ReleaseState, reason: ReasonCode, now: number): ReleaseState {
  // What is left after a promotion stays deployed, as its versions always do.
  if (state.workload === undefined || state.everywhere) return rolledBack(state, reason, now)
  // What every step has passed is the safe side: the release goes on from there.
  if (takeoverOf(state) !== null) return { ...paused(state, reason, now), weight: 0, deadline: null }
  const { preTraffic: _, ...rest } = state
  return { ...rest, phase: 'cleaning', reason, weight: 0, deadline: null }
}

/** promoted ends the release with everything on the canary, and remembers it before those that served earlier. */
export function promoted(state: ReleaseState, reason: ReasonCode, now: number): ReleaseState {
  const canary: Promotion = { ...promotionOf(state.canary, state.id), at: now }
  const known = state.history.filter((entry) => entry.version !== state.canary.version)
  const stable = state.stable
  const history =
    stable && !known.some((entry) => entry.version === stable.version)
      ? [{ ...promotionOf(stable, ''), at: state.startedAt }, ...known]
      : known
  return {
    ...state,
    phase: 'promoted',
    reason,
    weight: 100,
    endedAt: now,
    deadline: null,
    history: [canary, ...history],
  }
}

function promotionOf(side: ReleaseState['canary'], releaseId: string): Omit<Promotion, 'at'> {
  const { version, destination, workload, host } = side
  return { version, destination, workload, releaseId, ...(host === undefined ? {} : { host }) }
}

/** takenOver gives the release to another holder with a higher fencing number. */
export function takenOver(state: ReleaseState, holder: string): ReleaseState {
  return { ...state, holder, fencingToken: state.fencingToken + 1 }
}

/** nextGridPoint gives the first point of the release's poll grid at or after `at` (ms). */
export function nextGridPoint(state: Pick<ReleaseState, 'startedAt' | 'interval'>, at: number): number {
  const steps = Math.ceil((at - state.startedAt) / state.interval - 1e-9)
  return state.startedAt + steps * state.interval
}

function withLast(state: ReleaseState, entry: StepState): StepState[] {
  return [...state.stepStates.slice(0, -1), entry]
}
