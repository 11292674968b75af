import type { CountSeries } from '../../release/counts.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { ReasonCode } from '../../release/outcome/reasons.ts'
import type { RouteSnapshot } from '../../routing/routing.ts'
import type { Readiness } from '../decision/capacity.ts'
import { podsNeeded, readinessOf } from '../decision/capacity.ts'
import type { Decision, DecisionInput } from '../decision/decision-input.ts'
import { isDrift } from '../decision/drift.ts'
import type { ObservedShare } from '../decision/settling.ts'
import { isExceeded, observedSince, settlingState } from '../decision/settling.ts'
import type { Assessment } from '../evidence/assessment.ts'
import type { NodeNames } from '../ports.ts'
import type { Session } from '../session.ts'
import { heldState, pairOf } from '../session.ts'
import { readCommand } from '../state/remote-command.ts'
import { currentStep } from '../state/transitions.ts'
import { keepsUsers } from '../sticky.ts'
import type { GateWatch } from './gate-watch.ts'
import { startGateWatch } from './gate-watch.ts'
import { checkHeldState, refreshRouting } from './route-reading.ts'

/** LoopMemory is what a process remembers between two looks; all of it can be read again. */
export interface LoopMemory {
  /** Counts of the release so far; null before the first answer. */
  counts: CountSeries | null
  /** ms up to which counts were asked for. */
  countedUntil: number
  gates: GateWatch
  assessment: Assessment | null
  /** Why the last question to Prometheus has no usable answer; null: it has one. */
  outage: ReasonCode | null
  lowSince: number | null
  unreachableSince: number | null
  /** Requests per second before the release; null where unknown. */
  rateBefore: number | null
  /** Routing as last read; null before the first look. Looks refresh only the objects that route to the host. */
  snapshot: RouteSnapshot | null
  /** The last reading in which the canary's share was as asked: what later changes are compared with. */
  lastUndrifted?: RouteSnapshot
  /** true once this process has moved traffic. */
  shifted: boolean
  /** Seconds since the release's start of the last poll in the record. */
  recordedUntil: number
  /** Notes of the counting that are in the record. */
  recordedNotes: Set<string>
  /** Stable's ready pods when that they are fewer than at the start was last said; null while they are not. */
  stableReported: number | null
  /** recordWait puts a waiting reason into the record when it changes. */
  recordWait(session: Session, decision: Decision): void
}

/** createLoopMemory begins a watch with nothing seen. */
export function createLoopMemory(session: Session): LoopMemory {
  const state = heldState(session)
  let said = ''
  return {
    counts: null,
    countedUntil: state.startedAt - 1,
    gates: startGateWatch(),
    assessment: null,
    outage: null,
    lowSince: null,
    unreachableSince: null,
    rateBefore: state.rate,
    snapshot: null,
    shifted: false,
    recordedUntil: -1,
    recordedNotes: new Set(),
    stableReported: null,
    recordWait(at, decision) {
      if (decision.do !== 'wait-for-pods' || decision.why === said) return
      said = decision.why
      at.record({ type: 'phase', phase: 'waiting-for-pods', text: decision.why })
    },
  }
}

/** ClusterObservation is what a look at the cluster showed. */
export interface ClusterObservation {
  snapshot: RouteSnapshot
  readiness: Readiness
  /** Stable's ready pods; null where there is no stable version. */
  stableReady: number | null
  command: DecisionInput['command']
  /** Birth of each pod behind the Service, ms since the epoch. */
  births: Record<string, number>
  /** Nodes beneath each version, each once. */
  nodes: Record<'canary' | 'stable', NodeNames[]>
}

/**
 * observe reads what is true in the cluster: routes, commands, pods. It throws Failure('superseded' | 'state-lost')
 * where the release is no longer this process's.
 */
export async function observe(
  session: Session,
  memory: LoopMemory,
  signal: AbortSignal,
): Promise<ClusterObservation> {
  const snapshot = await refreshRouting(session, memory, signal)
  const { command } = checkHeldState(session, snapshot)
  const state = heldState(session)
  const received = readCommand(command, state)
  if (received && session.obeyedCommand !== received.text)
    session.record({ type: 'command', name: received.command.name, by: received.command.by })
  session.obeyedCommand = received?.text ?? null
  const workloads = await session.workloads.workloads(session.scope.namespace, session.scope.service, signal)
  const readiness = readinessOf(workloads, state.canary.version)
  return {
    snapshot,
    readiness,
    stableReady: countStablePods(session, memory, workloads),
    command: received ? { name: received.command.name, by: received.command.by } : null,
    births: podBirths(workloads.pods),
    nodes: {
      canary: nodesOf(workloads, state.canary.version),
      stable: state.stable === null ? [] : nodesOf(workloads, state.stable.version),
    },
  }
}

/** toDecisionInput joins what was seen with what was counted so far: all that a decision looks at. */
export function toDecisionInput(
  session: Session,
  memory: LoopMemory,
  seen: ClusterObservation,
): DecisionInput {
  const state = heldState(session)
  const { snapshot, readiness, command } = seen
  const now = session.clock.now()
  const needed = podsNeeded(Math.max(state.weight, 1), state.stableReady)
  memory.lowSince = readiness.ready * 2 < needed ? (memory.lowSince ?? now) : null
  const asked =
    state.stable === null ? null : session.routing.canaryShare(snapshot, pairOf(session.scope, state))
  const drifted = asked !== null && isDrift(asked, state.weight)
  if (!drifted) memory.lastUndrifted = snapshot
  const changedBy = drifted
    ? session.routing.changedBy(memory.lastUndrifted ?? null, snapshot, pairOf(session.scope, state))
    : ''
  return {
    now,
    settings: session.settings,
    state,
    readiness,
    stableReady: seen.stableReady,
    lowSince: memory.lowSince,
    routedShare: asked,
    ...(changedBy === '' ? {} : { changedBy }),
    command,
    assessment: memory.assessment,
    outage: memory.outage,
    settled: state.phase === 'settling' ? settledNow(session, memory, now) : null,
    excessShare: state.phase === 'observing' ? excessNow(session, memory) : null,
  }
}

/**
 * countStablePods counts stable's ready pods and warns when they shrink: capacity was reckoned with those of the start,
 * and a rollback returns to those that are left.
 */
function countStablePods(session: Session, memory: LoopMemory, workloads: WorkloadsSnapshot): number | null {
  const { stable, stableReady } = heldState(session)
  if (stable === null) return null
  const { ready, reasons } = readinessOf(workloads, stable.version)
  const short = ready < stableReady
  if (short && (memory.stableReported === null || ready < memory.stableReported)) {
    const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
    const text = `Stable ${stable.version} has ${ready} ready pods, ${stableReady} when the release began${why}: a rollback returns to those that are left. Scale it up again: kubectl -n ${session.scope.namespace} scale deployment ${stable.workload} --replicas=${stableReady}`
    session.record({ type: 'warning', code: 'stable-shrank', text })
  }
  memory.stableReported = short ? ready : null
  return ready
}

const podBirths = (pods: readonly { name: string; createdAt: number }[]) =>
  Object.fromEntries(pods.map((pod) => [pod.name, pod.createdAt]))

function nodesOf({ pods }: WorkloadsSnapshot, version: string): NodeNames[] {
  const nodes = pods.flatMap((pod) => (pod.version === version && pod.node ? [pod.node] : []))
  return [...new Map(nodes.map((node) => [node.name, node])).values()]
}

/** A few requests may not have shown an excess while settling: it is looked for as long as the step lasts. */
function excessNow(session: Session, memory: LoopMemory): ObservedShare | null {
  const state = heldState(session)
  const entry = currentStep(state)
  if (!entry || entry.weight >= 100 || keepsUsers(session.settings, entry.weight)) return null
  const since = (entry.writtenAt - state.startedAt + session.settings.settleMin) / 1000
  const share = observedSince(memory.counts?.points ?? [], since)
  return share && isExceeded(entry.weight / 100, share) ? share : null
}

function settledNow(session: Session, memory: LoopMemory, now: number) {
  const state = heldState(session)
  const entry = currentStep(state)
  if (!entry) return null
  const seconds = (ms: number) => ms / 1000
  return settlingState(
    {
      asked: entry.weight / 100,
      higher: keepsUsers(session.settings, entry.weight),
      writtenAt: seconds(entry.writtenAt - state.startedAt),
      minimum: seconds(session.settings.settleMin),
      deadline: seconds(Math.max(session.settings.settleMin, session.settings.settleTimeout)),
      now: seconds(now - state.startedAt),
    },
    memory.counts?.points ?? [],
  )
}
