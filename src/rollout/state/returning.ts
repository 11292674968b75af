import type { Promotion, ReleaseState } from '../../release/state/state.ts'

/** EarlierVersion is where traffic goes back to after a promotion. */
interface EarlierVersion {
  to: Promotion
  image: string
  /** Ready pods that it needs to carry everything. */
  needed: number
}

/** returning begins a roll-back to an earlier version after a promotion; the one that is left is marked. */
export function returning(
  state: ReleaseState,
  { to, image, needed }: EarlierVersion,
  now: number,
): ReleaseState {
  const serving = state.phase === 'promoted' ? state.canary : (state.stable ?? state.canary)
  const other = state.phase === 'promoted' ? (state.stable ?? state.canary) : state.canary
  // Where the version serves already, somebody else sent requests to the other one since.
  const left = serving.version === to.version ? other : serving
  const history = state.history.map((entry) =>
    entry.version === serving.version && serving === left ? { ...entry, rolledBack: true } : entry,
  )
  const target: Promotion = { ...to, at: now }
  delete target.rolledBack
  return {
    ...state,
    phase: 'rolling-back',
    reason: 'rolled-back-by-command',
    stable: {
      version: to.version,
      destination: to.destination,
      workload: to.workload,
      image,
      ...(to.host === undefined ? {} : { host: to.host }),
    },
    canary: left,
    weight: 100,
    stableReady: needed,
    endedAt: null,
    deadline: null,
    restore: null,
    everywhere: true,
    history: [target, ...history.filter((entry) => entry.version !== to.version)],
    ...takenOverAlready(state),
  }
}

/** What took over once every step had passed is no way station any more: the release was promoted. */
function takenOverAlready({ workload }: ReleaseState): Pick<ReleaseState, 'workload'> {
  if (workload?.inPlace?.takeover === undefined) return {}
  const { takeover: _, ...inPlace } = workload.inPlace
  return { workload: { ...workload, inPlace } }
}
