import type { ServiceView } from '../release/kubernetes.ts'
import type { PreviewChoice } from '../release/settings.ts'
import type {
  RouteChange,
  RoutePlan,
  RouteSnapshot,
  RoutingPlanner,
  StateNote,
  StickyCookie,
  VersionPair,
} from './routing.ts'

/** ReleaseRoutes is all that a release will ask of the routes. */
export interface ReleaseRoutes {
  /** Shares in percent, the last one 100. */
  steps: readonly number[]
  preview: PreviewChoice | null
  /** Percent of requests to mirror before any weight; null: none. */
  mirror: number | null
  /** Who is kept on the canary, from which share on (percent); null: nobody. */
  sticky: (StickyCookie & { from: number }) | null
  /** Destinations of earlier releases that make room. */
  retired: readonly string[]
  service: ServiceView | null
}

/** PlannedStage is one change of a release, planned on what the changes before it leave behind. */
interface PlannedStage {
  change: RouteChange
  words: string
  plan: RoutePlan
  /** Routing as it was before this stage. */
  before: RouteSnapshot
}

/**
 * planRelease plans a whole release before its first write: destinations, pin, preview, mirror, every step, and the
 * roll-back from each of them. It ends at the first stage that can't be planned, whose plan says why. `note` is what
 * comes with the pin.
 */
export function planRelease(
  planner: RoutingPlanner,
  snapshot: RouteSnapshot,
  pair: VersionPair,
  routes: ReleaseRoutes,
  note: StateNote | null = null,
): PlannedStage[] {
  const stages: PlannedStage[] = []
  let now = snapshot
  for (const { change, words } of changesOf(planner, snapshot, pair, routes)) {
    const plan = planner.plan(now, pair, change, change.kind === 'pin' ? note : null)
    stages.push({ change, words, plan, before: now })
    if (!plan.ok) break
    if (change.kind !== 'put-back') now = plan.after
  }
  return stages
}

function changesOf(
  planner: RoutingPlanner,
  snapshot: RouteSnapshot,
  pair: VersionPair,
  { steps, preview, mirror, sticky, retired, service }: ReleaseRoutes,
): { change: RouteChange; words: string }[] {
  const restore = planner.restorePoint(snapshot, pair)
  const initial = pair.stable.version === pair.canary.version
  const back = (from: string) =>
    initial ? [] : [{ change: { kind: 'put-back' as const, restore }, words: `rollback from ${from}` }]
  const stages: { change: RouteChange; words: string }[] = [
    { change: { kind: 'prepare' }, words: 'destinations' },
    { change: { kind: 'pin', retired, service }, words: `all to ${pair.stable.destination}` },
  ]
  if (preview !== null) {
    stages.push({ change: { kind: 'preview', testers: preview }, words: 'preview' }, ...back('the preview'))
    stages.push({ change: { kind: 'preview', testers: null }, words: 'end of the preview' })
  }
  if (mirror !== null) {
    const change = (percent: number) => ({ kind: 'mirror' as const, percent, restore })
    stages.push({ change: change(mirror), words: `mirror ${mirror}%` }, ...back('the mirror'))
    stages.push({ change: change(0), words: 'end of the mirror' })
  }
  for (const percent of steps) {
    const change = { kind: 'share' as const, percent, sticky: stickyAt(sticky, percent) }
    stages.push({ change, words: `${percent}%` }, ...back(`${percent}%`))
  }
  return stages
}

/** stickyAt gives who is kept at a share in percent: nobody below `from`, nor at 100, where all are with the canary. */
export function stickyAt(sticky: ReleaseRoutes['sticky'], percent: number): StickyCookie | null {
  if (sticky === null || percent < sticky.from || percent >= 100) return null
  const { cookie, maxAge, release } = sticky
  return { cookie, maxAge, release }
}
