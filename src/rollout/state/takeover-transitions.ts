import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import { promoted } from './transitions.ts'

/** Transitions of a release whose canary is there for a time, from its last step on. Times in ms. */

/** Takeover is how traffic is to return to what was stable. */
interface Takeover {
  /** Why the release is promoted. */
  reason: ReasonCode
  /** Shares in percent, the last one 100. */
  steps: number[]
  /** What puts the routes back on the temporary canary. */
  restore: ReleaseState['restore']
  capacityTimeout: number
}

/**
 * takingOver turns the sides: the temporary canary has all traffic and is what a rollback returns to; what was stable
 * gets the image and is judged beside it, from `now` on.
 */
export function takingOver(
  state: ReleaseState,
  { reason, steps, restore, capacityTimeout }: Takeover,
  now: number,
): ReleaseState {
  const { workload, canary, source } = state
  const inPlace = workload?.inPlace
  if (workload === undefined || inPlace === undefined) return state
  const temporary = temporaryName(canary.version)
  const { stable, track } = inPlace
  // Where both are behind one Service, their destinations are what the routes name.
  const named = (name: string) => (track === undefined ? { destination: name } : {})
  return {
    ...state,
    phase: 'preparing',
    reason: '',
    stable: { ...canary, version: temporary, ...named(temporary) },
    canary: { ...stable, version: canary.version, ...named(canary.version), image: canary.image },
    workload: { ...workload, inPlace: { ...inPlace, takeover: { reason } } },
    source: source === null ? null : { ...source, canary: source.stable, stable: source.canary },
    step: -1,
    weight: 0,
    steps,
    stepStates: [],
    restore,
    completedPreTraffic: ['preview', 'mirror'],
    deadline: now + capacityTimeout,
  }
}

/**
 * turnedBack lets the Deployment that was to take over get its image before instead, and everything with it, without
 * judging: the release is aborted, and its canary has the traffic until then.
 */
export function turnedBack(
  state: ReleaseState,
  { by, capacityTimeout }: { by: string; capacityTimeout: number },
  now: number,
): ReleaseState {
  const { workload, canary } = state
  const inPlace = takeoverOf(state)
  if (workload === undefined || inPlace === null) return state
  const { version, image, destination } = canary
  const turned = {
    ...inPlace,
    before: workload.image,
    stable: { ...inPlace.stable, version, image, destination },
  }
  return {
    ...state,
    phase: 'preparing',
    reason: '',
    canary: inPlace.stable,
    workload: { ...workload, image: inPlace.before, inPlace: turned },
    unjudged: { by },
    step: -1,
    stepStates: [],
    endedAt: null,
    deadline: now + capacityTimeout,
  }
}

/** temporaryName names the temporary canary beside the Deployment that takes its version over. */
export function temporaryName(version: string): string {
  return `${version}-canary`
}

/** promotedInPlace ends a release whose image stable's own Deployment serves. */
export function promotedInPlace(state: ReleaseState, now: number): ReleaseState {
  const inPlace = takeoverOf(state)
  if (inPlace === null) return state
  return promoted({ ...state, stable: inPlace.stable }, inPlace.takeover?.reason as ReasonCode, now)
}

/** returnedInPlace ends a return to the image before, which stable's own Deployment serves again; the other one is marked. */
export function returnedInPlace(state: ReleaseState, now: number): ReleaseState {
  const inPlace = takeoverOf(state)
  if (inPlace === null) return state
  const { unjudged: _, ...rest } = promoted(
    { ...state, stable: inPlace.stable },
    'rolled-back-by-command',
    now,
  )
  const left = inPlace.stable
  const history = rest.history.map((entry) =>
    entry.version === left.version ? { ...entry, rolledBack: true } : entry,
  )
  return { ...rest, phase: 'rolled-back', stable: state.canary, canary: left, weight: 0, history }
}
