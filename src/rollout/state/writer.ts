import { Failure, isFailure } from '../../release/failure.ts'
import type { KubeObject, ObjectRef, RoutingSnapshot, Write } from '../../release/kubernetes.ts'
import { refText } from '../../release/kubernetes.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { encodeState } from '../../release/state/state-codec.ts'
import { commandKey, partKey, stateKey } from '../../release/target.ts'
import type { Pair } from '../../routing/istio/model/pair.ts'
import type { AnnotationChanges, Plan } from '../../routing/istio/plan/plan.ts'
import { applyWrites, buildRouteModel } from '../../routing/istio/routing.ts'
import type { Problem } from '../../routing/problem.ts'
import type { Session } from '../session.ts'
import { confirmOwnWrite, findState, heldState, pairOf } from '../session.ts'

/** RouteChange is one change to the routes together with the state that goes with it. */
export interface RouteChange {
  /** The state to write in the same patch; given the time of the attempt. null: routes only. */
  next: ((now: number) => ReleaseState) | null
  plan: (snapshot: RoutingSnapshot, pair: Pair, annotations: AnnotationChanges) => Plan
  /** Going up the object that holds the state comes last; going back all are attempted, whatever fails. */
  direction: 'up' | 'back'
  /** Ask the server first whether it would take every write. */
  dryRun: boolean
  /** Time (ms of the session's clock) at which trying ends. */
  until: number
}

/** Time between two attempts after a lost race or a failed call (ms). */
const retryPause = 1000

/**
 * applyRouteChange plans an aim on what is true now and writes it. A lost race or a lost answer leads to a new reading
 * and a new plan, until `until`; then the last error is thrown. It throws Failure('refused') with the reasons
 * where nothing can be planned, Failure('superseded') or Failure('state-lost') where the annotation
 * is no longer what this process last saw.
 */
export async function applyRouteChange(
  session: Session,
  aim: RouteChange,
  signal: AbortSignal,
): Promise<void> {
  await retryTransient(session, aim.until, () => attemptChange(session, aim, signal), signal)
}

/**
 * applyRoutesOnly writes a plan that carries no state, with the same retries; it gives how many objects were written,
 * those among them whose answer was lost.
 */
export async function applyRoutesOnly(
  session: Session,
  aim: Pick<RouteChange, 'until' | 'dryRun'> & { plan: (snapshot: RoutingSnapshot) => Plan },
  signal: AbortSignal,
): Promise<number> {
  let begun = 0
  return retryTransient(
    session,
    aim.until,
    async () => {
      const writes = acceptedWrites(aim.plan(await session.routes.routing(session.scope.namespace, signal)))
      if (aim.dryRun) for (const write of writes) await session.routes.write(write, { dryRun: true }, signal)
      begun = Math.max(begun, writes.length)
      for (const write of writes) await writeOne(session, write, signal)
      return begun
    },
    signal,
  )
}

/** retryTransient tries again after a lost race or a failed call, until `until` (ms); then the last error is thrown. */
export async function retryTransient<T>(
  session: Session,
  until: number,
  attemptOnce: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (;;) {
    try {
      return await attemptOnce()
    } catch (error) {
      if (!isFailure(error, 'conflict', 'timeout', 'unreachable', 'server-error', 'already-exists'))
        throw error
      if (session.clock.now() + retryPause > until) throw error
      session.record({ type: 'warning', code: error.code, text: `${error.message} Trying again.` })
      await session.clock.sleep(retryPause, signal)
    }
  }
}

async function attemptChange(session: Session, aim: RouteChange, signal: AbortSignal): Promise<void> {
  const snapshot = await session.routes.routing(session.scope.namespace, signal)
  const landed = checkHeld(session, snapshot, aim)
  const wanted = landed ? heldState(session) : aim.next ? aim.next(session.clock.now()) : null
  const state = wanted ?? session.held?.state
  if (!state) throw new Failure('internal', 'A change was asked for without a release. Please report this.')
  const pair = pairOf(session.scope, state)
  const bare = acceptedWrites(aim.plan(snapshot, pair, {}))
  const home = homeOf(session, applyWrites(snapshot, bare))
  const text = landed ? (session.held?.text ?? null) : wanted ? encodeState(wanted) : null
  const annotations = text === null ? {} : annotationsFor(session, snapshot, bare, home, text, state)
  const writes = ordered(acceptedWrites(aim.plan(snapshot, pair, annotations)), home, aim.direction).map(
    (write) => (wanted && !movesTraffic(write) ? { ...write, summary: stateWords(wanted) } : write),
  )
  if (landed && writes.length === 0) return
  if (aim.dryRun) for (const write of writes) await session.routes.write(write, { dryRun: true }, signal)
  if (text !== null) session.unconfirmedWrites = new Map(session.unconfirmedWrites).set(text, aim)
  if (aim.direction === 'up') for (const write of writes) await writeOne(session, write, signal)
  else await writeAll(session, writes, signal)
  if (wanted && text !== null) {
    session.held = { state: wanted, text, home }
    delete session.unconfirmedWrites
  }
}

/** movesTraffic tells a change of routes from one of annotations only. */
function movesTraffic(write: Write): boolean {
  if (write.action === 'create') return true
  return write.patch.some(({ op, path }) => op !== 'test' && path.startsWith('/spec'))
}

/** stateWords says in a few words what a change of the state alone means. */
function stateWords({ phase, weight, reason, holder }: ReleaseState): string {
  switch (phase) {
    case 'observing':
      return `state: the clock of the step at ${weight}% runs`
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

/** checkHeld compares the annotation with what this session last saw; true where this very aim has landed already. */
function checkHeld(session: Session, snapshot: RoutingSnapshot, aim: RouteChange): boolean {
  const found = findState(snapshot, session.scope)
  const purpose = confirmOwnWrite(session, found)
  if (purpose !== undefined) return purpose === aim
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
  throw refusal(plan.problems)
}

/** refusal turns the reasons why nothing can be planned into one Failure. */
export function refusal(problems: readonly Problem[]): Failure {
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
    // Only an order that was obeyed is taken away: one that came meanwhile must still be read.
    ...(command === undefined || command !== session.obeyedCommand
      ? {}
      : { [commandKey(session.scope)]: null }),
  }
  return changes
}

function ordered(writes: Write[], home: ObjectRef, way: RouteChange['direction']): Write[] {
  const isHome = (write: Write) => refText(write.ref) === refText(home)
  const others = writes.filter((write) => !isHome(write))
  const own = writes.filter(isHome)
  return way === 'up' ? [...others, ...own] : [...own, ...others]
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
