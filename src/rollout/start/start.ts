import { createHash } from 'node:crypto'
import { activeGates, metricsGates } from '../../gates/selection.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Settings } from '../../release/settings.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { stateSchema } from '../../release/state/state.ts'
import type { ReleaseRoutes } from '../../routing/release-plan.ts'
import type { RouteChange } from '../../routing/routing.ts'
import { createdDestinations } from '../actions/destination-cleanup.ts'
import { readinessOf } from '../decision/capacity.ts'
import { startWatchdog, stopWatchdog } from '../lifecycle/watchdog.ts'
import type { Session } from '../session.ts'
import { pairOf } from '../session.ts'
import { applyRoutes, createState, refusedPlan, writeTime } from '../state/writer.ts'
import { stickyOptions } from '../sticky.ts'
import type { TrafficBaseline } from './baseline.ts'
import { dryRunRelease } from './dry-run.ts'
import { type ReleaseStart, releaseId } from './release-start.ts'

/**
 * startRelease makes the release: destinations first, then, after `settle-min`, the routes pinned to stable with the state in
 * the same patch. Every write is asked of the server first. It throws Failure('refused') with the reasons when a
 * route can't be edited; nothing is written then.
 */
export async function startRelease(
  session: Session,
  start: ReleaseStart,
  before: TrafficBaseline,
  workloads: WorkloadsSnapshot,
  signal: AbortSignal,
): Promise<void> {
  if (start.stable !== null) await startWatchdog(session, signal)
  try {
    await writeRelease(session, start, before, workloads, signal)
  } catch (error) {
    if (session.held === null && session.settings.watchdog !== undefined) await stopWatchdog(session)
    throw error
  }
}

async function writeRelease(
  session: Session,
  start: ReleaseStart,
  before: TrafficBaseline,
  workloads: WorkloadsSnapshot,
  signal: AbortSignal,
): Promise<void> {
  const bare = draftState(session, start, before, workloads)
  const pair = pairOf(session.scope, bare)
  const deadline = session.clock.now() + writeTime.forward
  const { routing, scope, settings } = session
  const present = await routing.read(scope.namespace, signal)
  const prepared = routing.plan(present, pair, { kind: 'prepare' })
  if (!prepared.ok) throw refusedPlan(prepared.problems)
  const made = createdDestinations(
    start.createdDestinations ?? [],
    routing.view(present, pair),
    prepared.creates,
  )
  const draft = made.length === 0 ? bare : { ...bare, createdDestinations: made }
  const routes = releaseRoutes(settings, start, workloads)
  const pin = { kind: 'pin' as const, retired: routes.retired, service: routes.service }
  const possible = routing.plan(prepared.after, pair, pin)
  if (!possible.ok) throw refusedPlan(possible.problems)
  await dryRunRelease(session, draft, routes, deadline, signal)
  for (const { code: problem, text } of possible.warnings) {
    session.record({ type: 'warning', code: 'routing', details: { problem, text } })
  }
  const written = await applyRoutes(session, pair, { kind: 'prepare' }, { dryRun: true, deadline }, signal)
  if (written > 0) await session.clock.sleep(settings.settleMin, signal)
  await pinToStable(session, draft, pin, signal)
}

/** releaseRoutes says all that a release will ask of the routes. */
export function releaseRoutes(
  settings: Settings,
  start: ReleaseStart,
  workloads: WorkloadsSnapshot,
): ReleaseRoutes {
  const service = workloads.service?.name ?? ''
  const id = releaseId(service, start.canary.version, start.runId)
  return {
    steps: stepsOf(settings, start),
    preview: start.stable === null ? null : (settings.preview ?? null),
    mirror: start.stable === null ? null : (settings.mirror ?? null),
    sticky: start.stable === null ? null : stickyOptions(settings, service, id),
    retired: start.retired,
    service: workloads.service,
  }
}

/** A first version has nobody to share with, and what is not judged stands nowhere in between. */
function stepsOf(
  settings: Settings,
  { stable, unjudged }: Pick<ReleaseStart, 'stable' | 'unjudged'>,
): number[] {
  return stable === null || unjudged !== undefined ? [100] : settings.steps
}

/** How many pods carry the traffic: of a version that is left because it fails, as many as there should be. */
function carryingPods({ stable, unjudged }: ReleaseStart, workloads: WorkloadsSnapshot): number {
  if (stable === null) return 1
  const { ready, desired } = readinessOf(workloads, stable.version)
  return unjudged === undefined ? ready : Math.max(ready, desired ?? 0)
}

/** pinToStable puts all of the pair's traffic on stable, with the state beside it; the release starts at that moment. */
async function pinToStable(
  session: Session,
  draft: ReleaseState,
  routes: Extract<RouteChange, { kind: 'pin' }>,
  signal: AbortSignal,
): Promise<void> {
  const { routing, scope } = session
  const present = await routing.read(scope.namespace, signal)
  const restore = routing.restorePoint(present, pairOf(scope, draft))
  const create = (now: number): ReleaseState => ({
    ...draft,
    restore,
    // a multiple of the interval: query front ends move every other grid
    startedAt: now - (now % draft.interval),
    deadline: now + session.settings.capacityTimeout,
  })
  await createState(session, create, { routes, dryRun: true }, signal)
}

function draftState(
  session: Session,
  start: ReleaseStart,
  before: TrafficBaseline,
  workloads: WorkloadsSnapshot,
): ReleaseState {
  const { settings, scope } = session
  const now = session.clock.now()
  const { stable, canary } = start
  return {
    schema: stateSchema,
    id: releaseId(scope.service, canary.version, start.runId),
    phase: start.workload === undefined ? 'pinned' : 'preparing',
    reason: '',
    stable,
    canary,
    holder: session.holder,
    fencingToken: start.fencingToken + 1,
    startedAt: now,
    interval: before.interval,
    step: -1,
    weight: 0,
    steps: stepsOf(settings, start),
    stepStates: [],
    restore: null,
    source: before.source,
    calibration: before.calibration,
    unreachedBaseline: before.lost,
    rate: before.rate,
    gateDigest: gateDigest(settings),
    ...(metricsGates(activeGates(settings)).length === 0 ? {} : { gates: before.gates }),
    stableReady: carryingPods(start, workloads),
    deadline: now + settings.capacityTimeout,
    endedAt: null,
    history: start.history,
    ...(start.superseded === undefined ? {} : { superseded: start.superseded }),
    ...(start.workload === undefined ? {} : { workload: start.workload }),
    ...(start.unjudged === undefined ? {} : { unjudged: start.unjudged }),
    ...(scope.routes === undefined ? {} : { routes: [...scope.routes] }),
  }
}

/** gateDigest tells two configurations of a release's steps and gates apart; what only observes is none of it. */
export function gateDigest(settings: Settings): string {
  const { steps, interval, minStepDuration, stepTimeout, finalDuration, gate, gates } = settings
  const { preview, mirror, preTrafficDuration, sticky } = settings
  const preTraffic =
    preview === undefined && mirror === undefined ? {} : { preview, mirror, preTrafficDuration }
  const compared = settings.profile === 'enforce' ? { profile: settings.profile } : {}
  const rules = { steps, interval, minStepDuration, stepTimeout, finalDuration, gate, gates }
  const text = JSON.stringify(
    { ...rules, ...compared, ...preTraffic, ...(sticky === undefined ? {} : { sticky }) },
    inOrderOfKeys,
  )
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

/** The order in which options are read makes no other configuration. */
function inOrderOfKeys(_key: string, value: unknown): unknown {
  const isMap = typeof value === 'object' && value !== null && !Array.isArray(value)
  return isMap ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))) : value
}
