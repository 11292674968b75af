import { Failure } from '../../release/failure.ts'
import type { Request } from '../../release/request.ts'
import { sidesOf } from '../../release/state/takeover.ts'
import { readPatience } from '../../rollout/lifecycle/read-confirmation.ts'
import { isEarlierAttempt } from '../../rollout/lifecycle/succession.ts'
import type { MetricsPort } from '../../rollout/ports.ts'
import type { Session } from '../../rollout/session.ts'
import type { Adapters } from './adapters.ts'
import { confirmReads } from './confirmed-reads.ts'
import type { CommandContext } from './context.ts'
import { sidedWorkloads } from './image/sided-workloads.ts'
import { metricsReads, patientAdapters } from './patient-adapters.ts'
import type { Recorder } from './recorder.ts'
import { createRecorder } from './recorder.ts'
import type { Reporting } from './reporting.ts'
import { createReporting } from './reporting.ts'

/** CommandSession is all that a command works with: the opened adapters, the record, the report, and a session. */
export interface CommandSession {
  request: Request
  context: CommandContext
  adapters: Adapters
  recorder: Recorder
  reporting: Reporting
  session: Session
}

/** openCommandSession opens the adapters of a request and starts its record. It throws Failure; nothing was written then. */
export async function openCommandSession(request: Request, context: CommandContext): Promise<CommandSession> {
  const opened = await context.openAdapters(request)
  const { clock } = opened
  const { recorder, reporting } = openRecord(request, context, opened)
  const adapters = patientAdapters(opened, {
    clock,
    record: recorder.record,
    holds: () => session.held !== null,
    patience: readPatience[putsBack(request) ? 'back' : 'usual'],
  })
  const reads = confirmReads(
    portsOf(opened, () => session),
    {
      clock,
      again: adapters.again,
      target: () => session.scope,
      stopping: () => context.signal.aborted,
    },
  )
  const session: Session = {
    ...reads,
    objects: adapters.cluster,
    watchdogs: adapters.cluster,
    metrics: adapters.metrics ?? missingMetrics,
    withoutMetrics: adapters.metrics === null,
    probe: adapters.probe,
    clock,
    scope: scopeOf(request),
    settings: request.settings,
    holder: request.holder,
    succeeds: (holder) => isGone(holder, request, adapters),
    record: recorder.record,
    lease: null,
    obeyedCommand: null,
    held: null,
  }
  return { request, context, adapters, recorder, reporting, session }
}

function isGone(holder: string, request: Request, { isDeadHolder }: Adapters): boolean {
  return holder === request.mainHolder || isEarlierAttempt(request.holder, holder) || isDeadHolder(holder)
}

/** What a release knows of its Deployments is looked up at each reading. */
function portsOf({ cluster, routing }: Adapters, session: () => Session) {
  const sides = () => sidesOf(session().held?.state ?? null) ?? session().sides ?? null
  return { routing, workloads: sidedWorkloads(cluster, sides), leases: cluster }
}

/** openRecord starts the record and what is made of it; every event is shown by `context`. */
function openRecord(
  request: Request,
  context: CommandContext,
  opened: Adapters,
): Pick<CommandSession, 'recorder' | 'reporting'> {
  const mask = maskOnce(opened, context)
  mask()
  let reporting: Reporting | null = null
  const recorder = createRecorder(request.reportDir, opened.clock, (event) => {
    // Renewed credentials bring new secrets: no line may be shown before those are known.
    mask()
    context.onEvent(event)
    reporting?.onEvent(event)
  })
  reporting = createReporting(request, recorder, opened.forge, opened.clock, opened.cluster.name)
  return { recorder, reporting }
}

/** A post step, and commands that are there to end a release. */
function putsBack({ command, mainHolder }: Request): boolean {
  return mainHolder !== undefined || ['abort', 'rollback', 'reconcile', 'pin'].includes(command)
}

/** maskOnce masks, at each call, those secrets of the adapters that were not masked yet. */
function maskOnce(adapters: Adapters, context: CommandContext): () => void {
  const masked = new Set<string>()
  return () => {
    for (const secret of adapters.secrets()) {
      if (!masked.has(secret)) context.mask(secret)
      masked.add(secret)
    }
  }
}

/** scopeOf gives the host that a request is about. */
export function scopeOf(request: Request): { namespace: string; service: string; clusterDomain: string } {
  return { namespace: request.namespace, service: request.service, clusterDomain: request.clusterDomain }
}

/** Commands that need no counts are given none. */
const missingMetrics = Object.fromEntries(
  metricsReads.map((read) => [read, throwMissing]),
) as unknown as MetricsPort

async function throwMissing(): Promise<never> {
  throw new Failure(
    'invalid-input',
    'prometheus-url is missing: a release is judged by what Prometheus counted.',
  )
}
