import type { Scope } from '../mesh/pair.ts'
import { canaryShare, understand } from '../mesh/routing.ts'
import type { CountSeries } from '../release/counts.ts'
import { Failure, isFailure, sentenceOf } from '../release/failure.ts'
import type { KubeObject, ObjectRef, RoutingSnapshot, WorkloadsSnapshot } from '../release/kubernetes.ts'
import { refText } from '../release/kubernetes.ts'
import { stateKey } from '../release/target.ts'
import { blame } from './blame.ts'
import type { Readiness } from './capacity.ts'
import { podsNeeded, readinessOf } from './capacity.ts'
import type { Decision, View } from './decide.ts'
import { isDrift } from './decide.ts'
import type { Assessment } from './evidence.ts'
import { assess } from './evidence.ts'
import type { GateWatch } from './gate-watch.ts'
import { askGates, recordGates, startGateWatch } from './gate-watch.ts'
import { currentEntry } from './journal.ts'
import { readOrder } from './order.ts'
import type { CountQuery, NodeNames } from './ports.ts'
import type { Session } from './session.ts'
import { adoptOwn, countedHost, findState, pairOf, stateOf } from './session.ts'
import type { ObservedShare } from './settling.ts'
import { isExceeded, observedSince, settled } from './settling.ts'
import { countedAs } from './trial.ts'
import { stateLost, superseded } from './writer.ts'

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

async function readRoutes(session: Session, watch: Watch, signal: AbortSignal): Promise<RoutingSnapshot> {
  const known = watch.snapshot
  if (known === null) {
    watch.snapshot = await session.routes.routing(session.scope.namespace, signal)
    return watch.snapshot
  }
  const fresh = new Map<string, KubeObject | null>()
  for (const ref of routeObjects(known, session.scope)) {
    fresh.set(refText(ref), await session.routes.object(ref, signal))
  }
  const virtualServices = known.virtualServices.flatMap((object) => {
    const now = fresh.get(refText({ kind: 'VirtualService', ...placeOf(object) }))
    return now === undefined ? [object] : now === null ? [] : [now]
  })
  watch.snapshot = { ...known, virtualServices }
  return watch.snapshot
}

const placeOf = (object: KubeObject) => ({
  namespace: object.metadata.namespace ?? '',
  name: object.metadata.name,
})

/** routeObjects names the VirtualServices that route to the host, each once. */
export function routeObjects(snapshot: RoutingSnapshot, scope: Scope): ObjectRef[] {
  const refs = understand(snapshot, scope).routes.map(
    (route) => [refText(route.object), route.object] as const,
  )
  return [...new Map(refs).values()]
}

function checkedHome(session: Session, snapshot: RoutingSnapshot): KubeObject {
  const found = findState(snapshot, session.scope)
  adoptOwn(session, found)
  const held = session.held
  if (!held || !found) throw stateLost(session)
  if (found.text !== held.text) throw superseded(found.state)
  const home = snapshot.virtualServices.find(
    (object) => object.metadata.annotations?.[stateKey(session.scope)] === found.text,
  )
  if (!home) throw new Failure('internal', 'The release annotation was found and lost. Please report this.')
  return home
}

const podBirths = (pods: readonly { name: string; createdAt: number }[]) =>
  Object.fromEntries(pods.map((pod) => [pod.name, pod.createdAt]))

function nodesOf({ pods }: WorkloadsSnapshot, version: string): NodeNames[] {
  const nodes = pods.flatMap((pod) => (pod.version === version && pod.node ? [pod.node] : []))
  return [...new Map(nodes.map((node) => [node.name, node])).values()]
}

/**
 * count asks for the counts when a point of the grid is due, and judges them; an outage is remembered, not thrown.
 */
export async function count(
  session: Session,
  watch: Watch,
  seen: Pick<Seen, 'births' | 'nodes'>,
  signal: AbortSignal,
): Promise<void> {
  const state = countedAs(stateOf(session), session.settings)
  if (state.source === null) return
  const lag = session.settings.metricsLag
  const steps = Math.floor((session.clock.now() - lag - state.startedAt) / state.interval + 1e-9)
  const until = state.startedAt + steps * state.interval
  if (steps < 0 || until <= watch.countedUntil) return
  const query: CountQuery = {
    host: countedHost(session.scope, state),
    namespace: session.scope.namespace,
    source: state.source,
    start: state.startedAt,
    until,
    interval: state.interval,
    podBirths: seen.births,
  }
  try {
    watch.counts = await session.metrics.counts(query, signal)
    if (watch.outage)
      session.record({ type: 'warning', code: 'metrics-back', text: 'Prometheus answers again.' })
    watch.outage = false
  } catch (error) {
    if (signal.aborted || isFailure(error, 'aborted')) throw error
    if (!watch.outage) {
      const text = `${sentenceOf(error).replace(/\.?$/, '.')} Traffic stays where it is; without counts nothing passes.`
      session.record({ type: 'warning', code: 'metrics-outage', text })
    }
    watch.outage = true
  }
  const { nodes } = seen
  await askGates(session, watch.gates, query, { nodes, outage: watch.outage }, signal)
  watch.countedUntil = until
  judgeCounts(session, watch, until)
}

function judgeCounts(session: Session, watch: Watch, until: number): void {
  const held = stateOf(session)
  const state = countedAs(held, session.settings)
  const series = watch.counts ?? { points: [], notes: [] }
  watch.assessment = assess(state, session.settings, series, until, watch.gates.evidence)
  // Copies of requests belong to no step: a record of steps has no place for them.
  if (held.trial) return
  const { polls, verdicts } = watch.assessment
  const resumed = watch.recordedUntil < 0
  polls.forEach((poll, index) => {
    if (poll.t <= watch.recordedUntil) return
    session.record({
      type: 'poll',
      t: poll.t,
      step: Math.floor(poll.step / 2),
      canary: poll.canary,
      stable: poll.stable,
      control: poll.control ?? true,
      rebuilt: resumed && index < polls.length - 1,
    })
    const verdict = verdicts[index]
    if (verdict) session.record({ type: 'verdict', step: Math.floor(poll.step / 2), verdict })
    watch.recordedUntil = poll.t
  })
  recordNotes(session, watch, series)
  recordGates(session, watch.gates, watch.assessment)
}

/** What was noticed while counting is said once, however often the same series is asked for. */
function recordNotes(session: Session, watch: Watch, { notes }: CountSeries): void {
  for (const note of notes) {
    const key = `${note.t} ${note.kind} ${note.instance}`
    if (watch.noted.has(key)) continue
    watch.noted.add(key)
    session.record({ type: 'count-note', note })
  }
}

/** A few requests may not have shown an excess while settling: it is looked for as long as the step lasts. */
function excessNow(session: Session, watch: Watch): ObservedShare | null {
  const state = stateOf(session)
  const entry = currentEntry(state)
  if (!entry || entry.weight >= 100) return null
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
      writtenAt: seconds(entry.writtenAt - state.startedAt),
      minimum: seconds(session.settings.settleMin),
      deadline: seconds(Math.max(session.settings.settleMin, session.settings.settleTimeout)),
      now: seconds(now - state.startedAt),
    },
    watch.counts?.points ?? [],
  )
}
