import type { CountSeries } from '../release/counts.ts'
import type { RoutingSnapshot, WorkloadsSnapshot } from '../release/kubernetes.ts'
import { canaryShare } from '../routing/istio/routing.ts'
import { blame } from './blame.ts'
import type { Readiness } from './capacity.ts'
import { podsNeeded, readinessOf } from './capacity.ts'
import { isDrift } from './drift.ts'
import type { Assessment } from './evidence.ts'
import type { GateWatch } from './gate-watch.ts'
import { startGateWatch } from './gate-watch.ts'
import { currentEntry } from './journal.ts'
import { readOrder } from './order.ts'
import type { NodeNames } from './ports.ts'
import { checkedHome, readRoutes } from './route-reading.ts'
import type { Session } from './session.ts'
import { pairOf, stateOf } from './session.ts'
import type { ObservedShare } from './settling.ts'
import { isExceeded, observedSince, settled } from './settling.ts'
import { keepsUsers } from './sticky.ts'
import type { Decision, View } from './view.ts'

/** Watch is what a process remembers between two looks; all of it can be read again. */
export interface Watch {
  /** Counts of the release so far; null before the first answer. */
  counts: CountSeries | null
  /** ms up to which counts were asked for. */
  countedUntil: number
  gates: GateWatch
  assessment: Assessment | null
  /** The last question to Prometheus failed. */
  outage: boolean
  lowSince: number | null
  blindSince: number | null
  /** Requests per second before the release; null where unknown. */
  rateBefore: number | null
  /** Routing as last read; null before the first look. Looks refresh only the objects that route to the host. */
  snapshot: RoutingSnapshot | null
  /** The last reading in which the canary's share was as asked: what later changes are compared with. */
  asAsked?: RoutingSnapshot
  /** true once this process has moved traffic. */
  shifted: boolean
  /** Seconds since the release's start of the last poll in the record. */
  recordedUntil: number
  /** Notes of the counting that are in the record. */
  noted: Set<string>
  /** Stable's ready pods when that they are fewer than at the start was last said; null while they are not. */
  stableSaid: number | null
  /** say puts a waiting reason into the record when it changes. */
  say(session: Session, decision: Decision): void
}

/** startWatch begins a watch with nothing seen. */
export function startWatch(session: Session): Watch {
  const state = stateOf(session)
  let said = ''
  return {
    counts: null,
    countedUntil: state.startedAt - 1,
    gates: startGateWatch(),
    assessment: null,
    outage: false,
    lowSince: null,
    blindSince: null,
    rateBefore: state.rate,
    snapshot: null,
    shifted: false,
    recordedUntil: -1,
    noted: new Set(),
    stableSaid: null,
    say(at, decision) {
      if (decision.do !== 'wait-for-pods' || decision.why === said) return
      said = decision.why
      at.record({ type: 'phase', phase: 'waiting-for-pods', text: decision.why })
    },
  }
}

/** Seen is what a look at the cluster showed. */
export interface Seen {
  snapshot: RoutingSnapshot
  readiness: Readiness
  /** Stable's ready pods; null where there is no stable version. */
  stableNow: number | null
  command: View['command']
  /** Birth of each pod behind the Service, ms since the epoch. */
  births: Record<string, number>
  /** Nodes beneath each version, each once. */
  nodes: Record<'canary' | 'stable', NodeNames[]>
}

/**
 * look reads what is true in the cluster: routes, orders, pods. It throws Failure('superseded' | 'state-lost')
 * where the release is no longer this process's.
 */
export async function look(session: Session, watch: Watch, signal: AbortSignal): Promise<Seen> {
  const snapshot = await readRoutes(session, watch, signal)
  const home = checkedHome(session, snapshot)
  const state = stateOf(session)
  const order = readOrder(home, session.scope, state)
  if (order && session.obeyed !== order.text)
    session.record({ type: 'command', name: order.order.word, by: order.order.by })
  session.obeyed = order?.text ?? null
  const workloads = await session.workloads.workloads(session.scope.namespace, session.scope.service, signal)
  const readiness = readinessOf(workloads, state.canary.version)
  return {
    snapshot,
    readiness,
    stableNow: watchStable(session, watch, workloads),
    command: order ? { word: order.order.word, by: order.order.by } : null,
    births: podBirths(workloads.pods),
    nodes: {
      canary: nodesOf(workloads, state.canary.version),
      stable: state.stable === null ? [] : nodesOf(workloads, state.stable.version),
    },
  }
}

/** viewOf joins what was seen with what was counted so far: all that a decision looks at. */
export function viewOf(session: Session, watch: Watch, seen: Seen): View {
  const state = stateOf(session)
  const { snapshot, readiness, command } = seen
  const now = session.clock.now()
  const needed = podsNeeded(Math.max(state.weight, 1), state.stableReady)
  watch.lowSince = readiness.ready * 2 < needed ? (watch.lowSince ?? now) : null
  const asked = state.stable === null ? null : canaryShare(snapshot, pairOf(session.scope, state))
  const drifted = asked !== null && isDrift(asked, state.weight)
  if (!drifted) watch.asAsked = snapshot
  const changedBy = drifted ? blame(watch.asAsked ?? null, snapshot, pairOf(session.scope, state)) : ''
  return {
    now,
    settings: session.settings,
    state,
    readiness,
    stableNow: seen.stableNow,
    lowSince: watch.lowSince,
    asked,
    ...(changedBy === '' ? {} : { changedBy }),
    command,
    assessment: watch.assessment,
    settled: state.phase === 'settling' ? settledNow(session, watch, now) : null,
    excess: state.phase === 'observing' ? excessNow(session, watch) : null,
  }
}

/**
 * watchStable counts stable's ready pods and warns when they shrink: capacity was reckoned with those of the start,
 * and a rollback returns to those that are left.
 */
function watchStable(session: Session, watch: Watch, workloads: WorkloadsSnapshot): number | null {
  const { stable, stableReady } = stateOf(session)
  if (stable === null) return null
  const { ready, reasons } = readinessOf(workloads, stable.version)
  const short = ready < stableReady
  if (short && (watch.stableSaid === null || ready < watch.stableSaid)) {
    const why = reasons.length > 0 ? ` (${reasons.join('; ')})` : ''
    const text = `Stable ${stable.version} has ${ready} ready pods, ${stableReady} when the release began${why}: a rollback returns to those that are left. Scale it up again: kubectl -n ${session.scope.namespace} scale deployment ${stable.workload} --replicas=${stableReady}`
    session.record({ type: 'warning', code: 'stable-shrank', text })
  }
  watch.stableSaid = short ? ready : null
  return ready
}

const podBirths = (pods: readonly { name: string; createdAt: number }[]) =>
  Object.fromEntries(pods.map((pod) => [pod.name, pod.createdAt]))

function nodesOf({ pods }: WorkloadsSnapshot, version: string): NodeNames[] {
  const nodes = pods.flatMap((pod) => (pod.version === version && pod.node ? [pod.node] : []))
  return [...new Map(nodes.map((node) => [node.name, node])).values()]
}

/** A few requests may not have shown an excess while settling: it is looked for as long as the step lasts. */
function excessNow(session: Session, watch: Watch): ObservedShare | null {
  const state = stateOf(session)
  const entry = currentEntry(state)
  if (!entry || entry.weight >= 100 || keepsUsers(session.settings, entry.weight)) return null
  const since = (entry.writtenAt - state.startedAt + session.settings.settleMin) / 1000
  const share = observedSince(watch.counts?.points ?? [], since)
  return share && isExceeded(entry.weight / 100, share) ? share : null
}

function settledNow(session: Session, watch: Watch, now: number) {
  const state = stateOf(session)
  const entry = currentEntry(state)
  if (!entry) return null
  const seconds = (ms: number) => ms / 1000
  return settled(
    {
      asked: entry.weight / 100,
      higher: keepsUsers(session.settings, entry.weight),
      writtenAt: seconds(entry.writtenAt - state.startedAt),
      minimum: seconds(session.settings.settleMin),
      deadline: seconds(Math.max(session.settings.settleMin, session.settings.settleTimeout)),
      now: seconds(now - state.startedAt),
    },
    watch.counts?.points ?? [],
  )
}
