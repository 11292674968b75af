import { Failure } from '../../release/failure.ts'
import type { WrittenState } from '../../release/record/event-body.ts'
import { rollsBack } from '../../release/state/phases.ts'
import { nameOf } from '../../release/state/release-name.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { encodeState, inFlight } from '../../release/state/state-codec.ts'
import { type Problem, problemWithRemedy } from '../../routing/problem.ts'
import type { RouteChange, RoutePlan, RouteSnapshot, RouteWrite, VersionPair } from '../../routing/routing.ts'
import { forwardPatience, mayPass } from '../lifecycle/patience.ts'
import { instructWatchdog, noteWatchdog, stopWatchdog, withWatchdogTime } from '../lifecycle/watchdog.ts'
import type { Session } from '../session.ts'
import { currentSettings, findState, heldState, pairOf } from '../session.ts'
import { checkOwnership } from './ownership.ts'

/** Transition gives the state that follows `state` at `now` (ms since the epoch); it changes nothing itself. */
type Transition = (state: ReleaseState, now: number) => ReleaseState

/** StateChange says what goes with a transition of the state, and how it is written. */
export interface StateChange {
  /** What becomes of the routes in the same patch; absent: the state alone is written. */
  routes?: RouteChange
  /** Ask the server first whether it would take every write. */
  dryRun?: boolean
  /** When trying ends, in ms of the session's clock; absent: after the `writeTime` of its direction. */
  deadline?: number
}

/** How long a write may be tried, in ms: forward, back to stable, and where nothing waits for it. */
export const writeTime = { forward: 60_000, back: 120_000, optional: 20_000 } as const

/** Time between two attempts after a lost race or a failed call (ms). */
const retryPause = 1000

/** Attempt is one change as it is tried, again and again, until it has landed. */
interface Attempt {
  next: (now: number) => ReleaseState
  routes: RouteChange
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
  const { routes = { kind: 'state' }, dryRun = false } = change
  const attempt: Attempt = { next, routes, dryRun }
  const deadline = change.deadline ?? session.clock.now() + writeTime[directionOf(routes)]
  await retryTransient(
    session,
    deadline,
    () => attemptOnce(session, attempt, signal),
    signal,
    directionOf(routes),
  )
}

function directionOf({ kind }: RouteChange): 'forward' | 'back' {
  return kind === 'put-back' ? 'back' : 'forward'
}

/**
 * applyRoutes changes routes without a state, with the same retries; it gives how many objects were written, those
 * among them whose answer was lost.
 */
export async function applyRoutes(
  session: Session,
  pair: VersionPair,
  routes: RouteChange,
  change: Pick<StateChange, 'dryRun' | 'deadline'>,
  signal: AbortSignal,
): Promise<number> {
  const { routing, scope, clock } = session
  let begun = 0
  return retryTransient(
    session,
    change.deadline ?? clock.now() + writeTime.forward,
    async () => {
      const { writes } = accepted(routing.plan(await routing.read(scope.namespace, signal), pair, routes))
      if (change.dryRun) await dryRunAll(session, writes, signal)
      begun = Math.max(begun, writes.length)
      for (const write of writes) await writeOne(session, write, null, signal)
      return begun
    },
    signal,
  )
}

/**
 * retryTransient tries again after a lost race or a failed call, until `deadline` (ms); then the last error is thrown.
 * `direction` back: after everything but a proven lack of permission, for traffic is where it does harm.
 */
export async function retryTransient<T>(
  session: Session,
  deadline: number,
  tryOnce: () => Promise<T>,
  signal: AbortSignal,
  direction: 'forward' | 'back' = 'forward',
): Promise<T> {
  const start = session.clock.now()
  for (;;) {
    try {
      return await tryOnce()
    } catch (error) {
      if (!mayPass(error)) throw error
      const patience = direction === 'back' ? deadline - start : forwardPatience(error, deadline - start)
      if (session.clock.now() + retryPause > start + patience) throw error
      const details = { failure: error.code, error: error.message }
      session.record({ type: 'warning', code: 'retry', details })
      await session.clock.sleep(retryPause, signal)
    }
  }
}

async function attemptOnce(session: Session, attempt: Attempt, signal: AbortSignal): Promise<void> {
  const snapshot = await session.routing.read(session.scope.namespace, signal)
  const landed = hasLanded(session, snapshot, attempt)
  const now = session.clock.now()
  const before = session.held?.state
  const state = landed
    ? heldState(session)
    : withWatchdogTime(attempt.next(now), currentSettings(session), now)
  const text = landed && session.held ? session.held.text : encodeState(state)
  const plan = planAttempt(session, snapshot, attempt.routes, { state, text })
  const { writes } = plan
  if (landed && writes.length === 0) return
  if (attempt.dryRun) await dryRunAll(session, writes, signal)
  const announce = async () => landed || instructWatchdog(session, snapshot, plan, state, signal)
  const isForward = movesForward(attempt.routes, state)
  if (isForward) await announce()
  session.unconfirmedWrites = new Map(session.unconfirmedWrites).set(text, attempt)
  await send(session, attempt.routes, writes, state, signal)
  session.held = { state, text, home: plan.holder ?? '' }
  delete session.unconfirmedWrites
  session.writesStateAnew = false
  // What takes traffic off the canary waits for nothing beside it.
  if (!isForward) await announce().catch((error) => noteWatchdog(session, error))
  if (before?.watchdogAt !== undefined && !inFlight(state)) await stopWatchdog(session)
}

/** movesForward tells whether a change can give the canary more: then its watchdog knows beforehand how to undo it. */
function movesForward({ kind }: RouteChange, { phase }: ReleaseState): boolean {
  return kind !== 'state' && kind !== 'put-back' && !rollsBack(phase)
}

/** planAttempt gives the writes of one attempt in their order, and the object that will hold the state. */
function planAttempt(
  session: Session,
  snapshot: RouteSnapshot,
  routes: RouteChange,
  { state, text }: { state: ReleaseState; text: string },
): Extract<RoutePlan, { ok: true }> {
  return accepted(
    session.routing.plan(snapshot, pairOf(session.scope, state), routes, {
      state: text,
      // An earlier release's annotation stays the place: two of them would contradict each other.
      holder: holderOf(session, snapshot),
      part: !inFlight(state) ? null : { ...nameOf(state), weight: state.weight },
      obeyedCommand: session.obeyedCommand,
    }),
  )
}

function holderOf(session: Session, snapshot: RouteSnapshot): string | null {
  const { held, routing, scope } = session
  if (held === null) return findState(session, snapshot)?.home ?? null
  // Where the state is written anew, its object may be gone.
  const gone = session.writesStateAnew && !routing.view(snapshot, scope).objects.includes(held.home)
  return gone ? null : held.home
}

async function dryRunAll(
  session: Session,
  writes: readonly RouteWrite[],
  signal: AbortSignal,
): Promise<void> {
  for (const write of writes) await session.routing.dryRun(write, null, signal)
}

/** hasLanded tells whether this very attempt has landed already; it throws where the release is no longer ours. */
function hasLanded(session: Session, snapshot: RouteSnapshot, attempt: Attempt): boolean {
  const before = session.held?.text
  const found = checkOwnership(session, snapshot)
  return found !== null && found.text !== before && session.unconfirmedWrites?.get(found.text) === attempt
}

function accepted(plan: RoutePlan): Extract<RoutePlan, { ok: true }> {
  if (plan.ok) return plan
  throw refusedPlan(plan.problems)
}

/** refusedPlan turns the reasons why nothing can be planned into one Failure. */
export function refusedPlan(problems: readonly Problem[]): Failure {
  const lines = problems.map(problemWithRemedy)
  return new Failure('refused', lines.join('\n'), { details: { problems: problems.length } })
}

/** `state`: what the write carries; null: it is no write of a state. */
async function writeOne(
  session: Session,
  write: RouteWrite,
  state: ReleaseState | null,
  signal: AbortSignal,
): Promise<void> {
  const { object, action, summary, patch, movesTraffic } = write
  const warnings = await session.routing.apply(write, signal)
  if (movesTraffic) session.movedTraffic = true
  const note = state === null || movesTraffic ? null : toNote(state)
  session.record({ type: 'write', object, action, summary, patch, warnings, state: note })
}

function toNote({ phase, weight, reason, holder }: ReleaseState): WrittenState {
  return { phase, weight, reason, holder }
}

/** A roll-back attempts every write, whatever fails. */
async function send(
  session: Session,
  routes: RouteChange,
  writes: RouteWrite[],
  state: ReleaseState,
  signal: AbortSignal,
): Promise<void> {
  if (directionOf(routes) === 'back') return writeAll(session, writes, state, signal)
  for (const write of writes) await writeOne(session, write, state, signal)
}

async function writeAll(
  session: Session,
  writes: RouteWrite[],
  state: ReleaseState,
  signal: AbortSignal,
): Promise<void> {
  let firstError: unknown = null
  for (const write of writes) {
    try {
      await writeOne(session, write, state, signal)
    } catch (error) {
      firstError ??= error
    }
  }
  if (firstError !== null) throw firstError
}
