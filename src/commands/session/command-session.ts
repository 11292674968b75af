import { unsuitableService } from '../../preflight/service.ts'
import { Failure } from '../../release/failure.ts'
import type { RoutingSnapshot, WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import type { Request } from '../../release/request.ts'
import type { VersionHosts } from '../../rollout/lifecycle/identity.ts'
import type { MetricsPort } from '../../rollout/ports.ts'
import type { FoundState, Session } from '../../rollout/session.ts'
import { findState } from '../../rollout/session.ts'
import { buildRouteModel } from '../../routing/istio/routing.ts'
import { refusedOutcome } from '../outcomes.ts'
import type { Adapters } from './adapters.ts'
import type { CommandContext } from './context.ts'
import type { Recorder } from './recorder.ts'
import { createRecorder } from './recorder.ts'
import { scopeFor } from './release-scope.ts'
import type { Reporting } from './reporting.ts'
import { createReporting } from './reporting.ts'

/** CommandSession is all that a command works with: the opened doors, the record, the report, and a session. */
export interface CommandSession {
  request: Request
  context: CommandContext
  adapters: Adapters
  recorder: Recorder
  reporting: Reporting
  session: Session
}

/** openCommandSession opens the doors of a request and starts its record. It throws Failure; nothing was written then. */
export async function openCommandSession(request: Request, context: CommandContext): Promise<CommandSession> {
  const doors = await context.openAdapters(request)
  const mask = maskOnce(doors, context)
  mask()
  let publication: Reporting | null = null
  const recorder = createRecorder(request.reportDir, doors.clock, (event) => {
    // Renewed credentials bring new secrets: no line may be shown before those are known.
    mask()
    context.onEvent(event)
    publication?.onEvent(event)
  })
  publication = createReporting(request, recorder, doors.forge, doors.clock, doors.cluster.name)
  const session: Session = {
    routes: doors.cluster,
    workloads: doors.cluster,
    leases: doors.cluster,
    metrics: doors.metrics ?? missingMetrics,
    probe: doors.probe,
    clock: doors.clock,
    scope: scopeOf(request),
    settings: request.settings,
    holder: request.holder,
    run: request.run,
    record: recorder.record,
    lease: null,
    obeyedCommand: null,
    held: null,
  }
  return { request, context, adapters: doors, recorder, reporting: publication, session }
}

/** maskOnce masks, at each call, those secrets of the doors that were not masked yet. */
function maskOnce(doors: Adapters, context: CommandContext): () => void {
  const masked = new Set<string>()
  return () => {
    for (const secret of doors.secrets()) {
      if (!masked.has(secret)) context.mask(secret)
      masked.add(secret)
    }
  }
}

/** scopeOf gives the host that a request is about. */
export function scopeOf(request: Request): { namespace: string; service: string; clusterDomain: string } {
  return { namespace: request.namespace, service: request.service, clusterDomain: request.clusterDomain }
}

const throwMissing = () => {
  throw new Failure(
    'invalid-input',
    'prometheus-url is missing: a release is judged by what Prometheus counted.',
  )
}

/** Commands that need no counts are given none. */
const missingMetrics: MetricsPort = {
  probe: async () => throwMissing(),
  counts: async () => throwMissing(),
  reporters: async () => throwMissing(),
  baseline: async () => throwMissing(),
  separation: async () => throwMissing(),
  gates: async () => throwMissing(),
  gateFacts: async () => throwMissing(),
}

/** refuseUnfitService is the refusal of a target whose Service can't have two versions behind it; null where it can. */
export function refuseUnfitService(
  { request, recorder }: CommandSession,
  scene: ClusterView,
): Outcome | null {
  const { namespace, service } = request
  const finding = unsuitableService({ namespace, service, workloads: scene.workloads })
  if (finding === null) return null
  recorder.record({ type: 'finding', finding: { id: 'service', ...finding } })
  const text = finding.remedy === null ? finding.text : `${finding.text} ${finding.remedy}`
  return refusedOutcome(request, scene.found?.state ?? null, 'preflight', `Nothing was changed. ${text}`)
}

/** ClusterView is what is true in the cluster when a command begins. */
export interface ClusterView {
  routing: RoutingSnapshot
  workloads: WorkloadsSnapshot
  routeModel: ReturnType<typeof buildRouteModel>
  found: FoundState | null
  /** Services of single versions, where routes tell versions apart by them; null: by subsets. */
  hosts: VersionHosts | null
}

/** readCluster reads routes, workloads and the release annotation. */
export async function readCluster(work: CommandSession, signal: AbortSignal): Promise<ClusterView> {
  const base = scopeOf(work.request)
  const [routing, workloads] = await Promise.all([
    work.session.routes.routing(base.namespace, signal),
    work.session.workloads.workloads(base.namespace, base.service, signal),
  ])
  const found = findState(routing, base)
  const seen = { routing, workloads, state: found?.state ?? null }
  const { scope, hosts } = await scopeFor(work, base, seen, signal)
  work.session.scope = scope
  return { routing, workloads, routeModel: buildRouteModel(routing, scope), found, hosts }
}
