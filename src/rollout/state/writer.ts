import { Failure, isFailure } from '../../release/failure.ts'
import type { KubeObject, ObjectRef, RoutingSnapshot, Write } from '../../release/kubernetes.ts'
import { refText } from '../../release/kubernetes.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { encodeState } from '../../release/state/state-codec.ts'
import { commandKey, partKey, stateKey } from '../../release/target.ts'
import type { Pair } from '../../routing/istio/model/pair.ts'
import type { AnnotationChanges, Plan } from '../../routing/istio/plan/plan.ts'
import { applyWrites, buildRouteModel, planAnnotations } from '../../routing/istio/routing.ts'
import type { Problem } from '../../routing/problem.ts'
import type { Session } from '../session.ts'
import { confirmOwnWrite, findState, heldState, pairOf } from '../session.ts'

/** Transition gives the state that follows `state` at `now` (ms since the epoch); it changes nothing itself. */
export type Transition = (state: ReleaseState, now: number) => ReleaseState

/** RoutePlanner plans one change of the routes on what is true now, with the annotations that go with it. */
export type RoutePlanner = (snapshot: RoutingSnapshot, pair: Pair, annotations: AnnotationChanges) => Plan

/** StateChange says what goes with a transition of the state, and how it is written. */
export interface StateChange {
  /** What becomes of the routes in the same patch; absent: the state alone is written. */
  routes?: RoutePlanner
  /** `forward` (default): the object that holds the state comes last. `back`: every write is tried, whatever fails. */
  direction?: 'forward' | 'back'
  /** Ask the server first whether it would take every write. */
  dryRun?: boolean
  /** When trying ends, in ms of the session's clock; absent: after the direction's `writeTime`. */
  deadline?: number
}

/** How long a write may be tried, in ms: forward, back to stable, and where nothing waits for it. */
export const writeTime = { forward: 60_000, back: 120_000, optional: 20_000 } as const

/** Time between two attempts after a lost race or a failed call (ms). */
const retryPause = 1000

/** Attempt is one change as it is tried, again and again, until it has landed. */
interface Attempt {
  next: (now: number) => ReleaseState
  routes: RoutePlanner
  direction: 'forward' | 'back'
  dryRun: boolean
}

/**
 * applyState moves the release that this session holds on by one transition: state and routes in one patch an object,
 * planned on what is true now. A lost race or a lost answer leads to a new reading and a new plan, until the
 * deadline; then the last error is thrown. It throws Failure('refused') with the reasons where nothing can be
 * planned, Failure('superseded') or Failure('state-lost') where the annotation isn't what this process last saw.
 */
export async function applyState(
  session: Session,
  transition: Transition,
  change: StateChange,
  signal: AbortSignal,
): Promise<void> {
  await write(session, (now) => transition(heldState(session), now), change, signal)
}

/** createState writes the first state of a release, as applyState writes the later ones. */
export async function createState(
  session: Session,
  create: (now: number) => ReleaseState,
  change: StateChange,
  signal: AbortSignal,
): Promise<void> {
  await write(session, create, change, signal)
}

async function write(
  session: Session,
  next: (now: number) => ReleaseState,
  change: StateChange,
  signal: AbortSignal,
): Promise<void> {
  const { routes = planStateOnly, direction = 'forward', dryRun = false } = change
  const attempt: Attempt = { next, routes, direction, dryRun }
  const deadline = change.deadline ?? session.clock.now() + writeTime[direction]
  await retryTransient(session, deadline, () => attemptOnce(session, attempt, signal), signal)
}

const planStateOnly: RoutePlanner = (snapshot, _pair, annotations) => planAnnotations(snapshot, annotations)

/**
 * applyRoutes writes a plan that carries no state, with the same retries; it gives how many objects were written,
 * those among them whose answer was lost.
 */
export async function applyRoutes(
  session: Session,
  plan: (snapshot: RoutingSnapshot) => Plan,
  change: Pick<StateChange, 'dryRun' | 'deadline'>,
  signal: AbortSignal,
): Promise<number> {
  let begun = 0
  return retryTransient(
    session,
    change.deadline ?? session.clock.now() + writeTime.forward,
    async () => {
      const writes = acceptedWrites(plan(await session.routes.routing(session.scope.namespace, signal)))
      if (change.dryRun) await dryRunAll(session, writes, signal)
      begun = Math.max(begun, writes.length)
      for (const write of writes) await writeOne(session, write, signal)
      return begun
    },
    signal,
  )
}

/** retryTransient tries again after a lost race or a failed call, until `deadline` (ms); then the last error is thrown. */
export async function retryTransient<T>(
  session: Session,
  deadline: number,
  tryOnce: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await tryOnce()
    } catch (error) {
      if (!isFailure(error, 'conflict', 'timeout', 'unreachable', 'server-error', 'already-exists'))
        throw error
      if (session.clock.now() + retryPause > deadline) throw error
      session.record({ type: 'warning', code: error.code, text: `${error.message} Trying again.` })
      await session.clock.sleep(retryPause, signal)
    }
  }
}

async function attemptOnce(session: Session, attempt: Attempt, signal: AbortSignal): Promise<void> {
  const snapshot = await session.routes.routing(session.scope.namespace, signal)
  const landed = hasLanded(session, snapshot, attempt)
  const state = landed ? heldState(session) : attempt.next(session.clock.now())
  const text = landed && session.held ? session.held.text : encodeState(state)
  const { writes, home } = planWrites(session, snapshot, attempt, { state, text })
  if (landed && writes.length === 0) return
  if (attempt.dryRun) await dryRunAll(session, writes, signal)
  session.unconfirmedWrites = new Map(session.unconfirmedWrites).set(text, attempt)
  if (attempt.direction === 'forward') for (const write of writes) await writeOne(session, write, signal)
  else await writeAll(session, writes, signal)
  session.held = { state, text, home }
  delete session.unconfirmedWrites
}

/** planWrites gives the writes of one attempt in their order, and the object that will hold the state. */
function planWrites(
  session: Session,
  snapshot: RoutingSnapshot,
  { routes, direction }: Attempt,
  { state, text }: { state: ReleaseState; text: string },
): { writes: Write[]; home: ObjectRef } {
  const pair = pairOf(session.scope, state)
  const bare = acceptedWrites(routes(snapshot, pair, {}))
  const home = homeOf(session, applyWrites(snapshot, bare))
  const annotations = annotationsFor(session, snapshot, bare, home, text, state)
  const writes = inOrder(acceptedWrites(routes(snapshot, pair, annotations)), home, direction)
  const named = writes.map((write) =>
    movesTraffic(write) ? write : { ...write, summary: stateSummary(state) },
  )
  return { writes: named, home }
}

async function dryRunAll(session: Session, writes: readonly Write[], signal: AbortSignal): Promise<void> {
  for (const write of writes) await session.routes.write(write, { dryRun: true }, signal)
}

/** movesTraffic tells a change of routes from one of annotations only. */
function movesTraffic(write: Write): boolean {
  if (write.action === 'create') return true
  return write.patch.some(({ op, path }) => op !== 'test' && path.startsWith('/spec'))
}

/** stateSummary says in a few words what a change of the state alone means. */
function stateSummary({ phase, weight, reason, holder }: ReleaseState): string {
  switch (phase) {
    case 'observing':
      return `state: step timer started at ${weight}%`
    case 'shifting':
      return 'state: a shift begins'
    case 'paused':
      return `state: paused at ${weight}% (${reason})`
    case 'promoted':
      return 'state: promoted'
    case 'rolled-back':
      return `state: rolled back (${reason})`
    default:
      return `state: held by ${holder}`
  }
}

/** hasLanded compares the annotation with what this session last saw; true where this very attempt has landed already. */
function hasLanded(session: Session, snapshot: RoutingSnapshot, attempt: Attempt): boolean {
  const found = findState(snapshot, session.scope)
  const purpose = confirmOwnWrite(session, found)
  if (purpose !== undefined) return purpose === attempt
  if (!session.held) return false
  if (!found) throw stateLost(session)
  if (found.text !== session.held.text) throw superseded(found.state)
  return false
}

export function superseded(found: ReleaseState): Failure {
  return new Failure(
    'superseded',
    `${found.holder} took release ${found.id} over (fencing number ${found.fencingToken}). This process stops and changes nothing more.`,
    { details: { holder: found.holder, fence: found.fencingToken } },
  )
}

export function stateLost(session: Session): Failure {
  return new Failure(
    'state-lost',
    `The annotation ${stateKey(session.scope)} is gone: somebody replaced the VirtualService while a release was in flight. Look at its routes.`,
  )
}

function acceptedWrites(plan: Plan): Write[] {
  if (plan.ok) return plan.writes
  throw refusedPlan(plan.problems)
}

/** refusedPlan turns the reasons why nothing can be planned into one Failure. */
export function refusedPlan(problems: readonly Problem[]): Failure {
  const lines = problems.map(
    (problem) =>
      `${problem.code}${problem.object ? ` ${problem.object}` : ''}: ${problem.text}${problem.remedy ? ` ${problem.remedy}` : ''}`,
  )
  return new Failure('refused', lines.join('\n'), { details: { problems: problems.length } })
}

function refOf(object: KubeObject): ObjectRef {
  return {
    kind: object.kind as ObjectRef['kind'],
    namespace: object.metadata.namespace ?? '',
    name: object.metadata.name,
  }
}

/** homeOf names the object that holds the state: where it is already, else the primary of what will be. */
function homeOf(session: Session, next: RoutingSnapshot): ObjectRef {
  // An earlier release's annotation stays the place: two of them would contradict each other.
  const known = session.held?.home ?? findState(next, session.scope)?.home
  if (known) return known
  const primary = buildRouteModel(next, session.scope).primary
  if (primary) return primary
  throw new Failure('refused', 'No VirtualService routes to this host, so nothing can hold the release.')
}

function annotationsFor(
  session: Session,
  snapshot: RoutingSnapshot,
  writes: Write[],
  home: ObjectRef,
  text: string,
  state: ReleaseState,
): AnnotationChanges {
  const ended = state.phase === 'promoted' || state.phase === 'rolled-back'
  const part = ended ? null : JSON.stringify({ release: state.id, weight: state.weight, home: refText(home) })
  const changes: Record<string, Record<string, string | null>> = {}
  const homeObject = snapshot.virtualServices.find((object) => refText(refOf(object)) === refText(home))
  for (const write of writes) {
    if (write.ref.kind === 'VirtualService') changes[refText(write.ref)] = { [partKey(session.scope)]: part }
  }
  for (const object of snapshot.virtualServices) {
    if (object.metadata.annotations?.[partKey(session.scope)] === undefined) continue
    changes[refText(refOf(object))] = { [partKey(session.scope)]: part }
  }
  const command = homeObject?.metadata.annotations?.[commandKey(session.scope)]
  changes[refText(home)] = {
    [stateKey(session.scope)]: text,
    // Only a command that was obeyed is taken away: one that came meanwhile must still be read.
    ...(command === undefined || command !== session.obeyedCommand
      ? {}
      : { [commandKey(session.scope)]: null }),
  }
  return changes
}

function inOrder(writes: Write[], home: ObjectRef, direction: Attempt['direction']): Write[] {
  const isHome = (write: Write) => refText(write.ref) === refText(home)
  const others = writes.filter((write) => !isHome(write))
  const own = writes.filter(isHome)
  return direction === 'forward' ? [...others, ...own] : [...own, ...others]
}

async function writeOne(session: Session, write: Write, signal: AbortSignal): Promise<void> {
  const { warnings } = await session.routes.write(write, { dryRun: false }, signal)
  session.record({
    type: 'write',
    object: refText(write.ref),
    action: write.action,
    summary: write.summary,
    patch: write.action === 'patch' ? write.patch : null,
    warnings,
  })
}

async function writeAll(session: Session, writes: Write[], signal: AbortSignal): Promise<void> {
  let firstError: unknown = null
  for (const write of writes) {
    try {
      await writeOne(session, write, signal)
    } catch (error) {
      firstError ??= error
    }
  }
  if (firstError !== null) throw firstError
}
