import { createHash } from 'node:crypto'
import { metricsGates } from '../../gates/selection.ts'
import type { Calibration, CountSource } from '../../release/counts.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import { pollInterval, type Settings } from '../../release/settings.ts'
import type { GateBaseline, Promotion, ReleaseState, VersionRef } from '../../release/state/state.ts'
import { stateSchema } from '../../release/state/state.ts'
import type { ReleaseRoutes } from '../../routing/release-plan.ts'
import type { RouteChange } from '../../routing/routing.ts'
import { createdDestinations } from '../actions/destination-cleanup.ts'
import { readinessOf } from '../decision/capacity.ts'
import type { Session } from '../session.ts'
import { countedHosts, pairOf } from '../session.ts'
import { applyRoutes, createState, refusedPlan, writeTime } from '../state/writer.ts'
import { stickyOptions } from '../sticky.ts'
import { dryRunRelease } from './dry-run.ts'
import { measureGateBaseline } from './gate-baseline.ts'
import { chooseReporter } from './reporter.ts'
import { separatingSource } from './version-labels.ts'

/** The last minutes' traffic, in seconds, that the guard against lost requests compares with. */
const lostWindow = 300

/** ReleaseStart is who is who when a release starts; stable is null for a service's first version. */
export interface ReleaseStart {
  stable: VersionRef | null
  canary: VersionRef
  /** Seeds the release id. */
  runId: string
  /** Fencing number of the release before; 0 where there was none. */
  fence: number
  /** What earlier releases left: their promoted versions, newest first. */
  history: Promotion[]
  /** Destinations that earlier releases of ours left at 0: they make room for the canary. */
  retired: string[]
  /** Destinations that earlier releases made; absent: none. */
  made?: string[]
}

/** TrafficBaseline is what is known about the traffic before a release. */
export interface TrafficBaseline {
  source: CountSource
  calibration: Calibration | null
  lost: Calibration | null
  rate: number | null
  gates: GateBaseline
  /** Poll interval in ms: what was asked for, or measured. */
  interval: number
}

/**
 * measureBaseline chooses how requests will be counted and looks at what stable did before the release. Nothing is
 * written. It throws what the metrics port throws: without Prometheus no release starts.
 */
export async function measureBaseline(
  session: Session,
  beginning: ReleaseStart,
  workloads: WorkloadsSnapshot,
  signal: AbortSignal,
): Promise<TrafficBaseline> {
  const { scope, settings, metrics, clock } = session
  const host = countedHosts(scope, beginning)
  const until = clock.now() - settings.metricsLag
  const from = until - settings.history
  const interval = pollInterval(settings)
  const stable = beginning.stable?.workload ?? beginning.canary.workload
  const names = [stable, beginning.canary.workload]
  const seen = await metrics.reporters(
    { host, namespace: scope.namespace, workloads: names, from, until },
    signal,
  )
  const reporter = chooseReporter(seen)
  const source = await separatingSource(session, beginning, reporter, { workloads, until }, signal)
  const query = { host, namespace: scope.namespace, source, from, until, interval }
  const baseline = await metrics.baseline(query, signal)
  const calibration = beginning.stable === null ? null : baseline.calibration
  const gates = await measureGateBaseline(
    session,
    beginning,
    { host, source, until, rate: baseline.rate, interval },
    signal,
  )
  const fixed = metricsGates(settings.gates).length === 0 ? {} : { gates }
  session.record({ type: 'baseline', source, calibration, rate: baseline.rate, interval, ...fixed })
  return { source, calibration, lost: lostBefore(baseline), rate: baseline.rate, gates, interval }
}

function lostBefore(baseline: { rate: number | null; unreachedRate: number }): Calibration | null {
  if (baseline.rate === null) return null
  const b = Math.round(baseline.unreachedRate * lostWindow)
  return { n: Math.round(baseline.rate * lostWindow) + b, b, S1: 0, S2: 0, S4: 0, df: 0 }
}

/**
 * startRelease makes the release: destinations first, then, after `settle-min`, the routes pinned to stable with the state in
 * the same patch. Every write is asked of the server first. It throws Failure('refused') with the reasons when a
 * route can't be edited; nothing is written then.
 */
export async function startRelease(
  session: Session,
  beginning: ReleaseStart,
  before: TrafficBaseline,
  workloads: WorkloadsSnapshot,
  signal: AbortSignal,
): Promise<void> {
  const bare = draftState(session, beginning, before, workloads)
  const pair = pairOf(session.scope, bare)
  const deadline = session.clock.now() + writeTime.forward
  const { routing, scope, settings } = session
  const present = await routing.read(scope.namespace, signal)
  const prepared = routing.plan(present, pair, { kind: 'prepare' })
  if (!prepared.ok) throw refusedPlan(prepared.problems)
  const made = createdDestinations(beginning.made ?? [], routing.view(present, pair), prepared.creates)
  const draft = made.length === 0 ? bare : { ...bare, createdDestinations: made }
  const routes = releaseRoutes(settings, beginning, workloads)
  const pin = { kind: 'pin' as const, retired: routes.retired, service: routes.service }
  const possible = routing.plan(prepared.after, pair, pin)
  if (!possible.ok) throw refusedPlan(possible.problems)
  await dryRunRelease(session, draft, routes, deadline, signal)
  for (const warning of possible.warnings) {
    session.record({ type: 'warning', code: warning.code, text: warning.text })
  }
  const written = await applyRoutes(session, pair, { kind: 'prepare' }, { dryRun: true, deadline }, signal)
  if (written > 0) await session.clock.sleep(settings.settleMin, signal)
  await pinToStable(session, draft, pin, signal)
}

/** releaseRoutes says all that a release will ask of the routes. */
export function releaseRoutes(
  settings: Settings,
  beginning: ReleaseStart,
  workloads: WorkloadsSnapshot,
): ReleaseRoutes {
  const service = workloads.service?.name ?? ''
  const id = releaseId(service, beginning.canary.version, beginning.runId)
  return {
    steps: stepsOf(settings, beginning.stable),
    preview: beginning.stable === null ? null : (settings.preview ?? null),
    mirror: beginning.stable === null ? null : (settings.mirror ?? null),
    sticky: beginning.stable === null ? null : stickyOptions(settings, service, id),
    retired: beginning.retired,
    service: workloads.service,
  }
}

/** A first version has nobody to share with. */
function stepsOf(settings: Settings, stable: VersionRef | null): number[] {
  return stable === null ? [100] : settings.steps
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
    startedAt: now,
    deadline: now + session.settings.capacityTimeout,
  })
  await createState(session, create, { routes, dryRun: true }, signal)
}

function draftState(
  session: Session,
  beginning: ReleaseStart,
  before: TrafficBaseline,
  workloads: WorkloadsSnapshot,
): ReleaseState {
  const { settings, scope } = session
  const now = session.clock.now()
  const { stable, canary } = beginning
  return {
    schema: stateSchema,
    id: releaseId(scope.service, canary.version, beginning.runId),
    phase: 'pinned',
    reason: '',
    stable,
    canary,
    holder: session.holder,
    run: session.run,
    fencingToken: beginning.fence + 1,
    startedAt: now,
    interval: before.interval,
    step: -1,
    weight: 0,
    steps: stepsOf(settings, stable),
    stepStates: [],
    restore: null,
    source: before.source,
    calibration: before.calibration,
    unreachedBaseline: before.lost,
    rate: before.rate,
    gateDigest: gateDigest(settings),
    ...(metricsGates(settings.gates).length === 0 ? {} : { gates: before.gates }),
    stableReady: stable === null ? 1 : readinessOf(workloads, stable.version).ready,
    deadline: now + settings.capacityTimeout,
    endedAt: null,
    history: beginning.history,
    ...(scope.routes === undefined ? {} : { routes: [...scope.routes] }),
  }
}

/** releaseId names a release: it belongs to the release, whichever run goes on with it. */
export function releaseId(service: string, version: string, runId: string): string {
  return `${service}-${version}-${runId}`
}

/** gateDigest tells two configurations of a release's steps and gates apart. */
export function gateDigest(settings: Settings): string {
  const { steps, interval, minStepDuration, stepTimeout, finalDuration, gate, gates } = settings
  const { preview, mirror, trialDuration, sticky } = settings
  const trials = preview === undefined && mirror === undefined ? {} : { preview, mirror, trialDuration }
  const text = JSON.stringify({
    steps,
    interval,
    minStepDuration,
    stepTimeout,
    finalDuration,
    gate,
    gates,
    ...trials,
    ...(sticky === undefined ? {} : { sticky }),
  })
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
