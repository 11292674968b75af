import { Failure, sentenceOf } from '../../release/failure.ts'
import type { Settings } from '../../release/settings.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { encodeState, inFlight } from '../../release/state/state-codec.ts'
import { takeoverOf } from '../../release/state/takeover.ts'
import { leaseName, stateKey } from '../../release/target.ts'
import type { RoutePlan, RouteSnapshot } from '../../routing/routing.ts'
import type { WatchdogInstructions, WatchdogTarget } from '../ports.ts'
import type { Session } from '../session.ts'
import { pairOf } from '../session.ts'
import { nextCheckAt } from '../state/next-check.ts'
import { movedBack, rolledBack } from '../state/transitions.ts'

/** Time in which a watchdog's pod has to be ready, in ms: an image may have to be pulled, a CronJob begins by the minute. */
const startTime = 120_000
const lookEvery = 2_000
/** Time that taking a watchdog away may take, in ms of real time: it ends by itself where that fails. */
const stopTime = 5_000

/**
 * startWatchdog starts the Job that puts traffic back when nobody drives the release any more, where the settings
 * ask for one, and waits until its pod runs. It throws Failure('refused') with the reason where it does not.
 */
export async function startWatchdog(session: Session, signal: AbortSignal): Promise<void> {
  const { watchdogs } = session
  const { watchdog, watchdogImage } = session.settings
  if (watchdogs === null || watchdog === undefined || watchdogImage === undefined) return
  const target = targetOf(session)
  await watchdogs.startWatchdog(target, watchdogImage, signal)
  const deadline = session.clock.now() + startTime
  for (;;) {
    const { ready, waiting } = await watchdogs.watchdogStatus(target, signal)
    if (ready) return
    if (session.clock.now() >= deadline) {
      await stopWatchdog(session)
      throw new Failure(
        'refused',
        `The watchdog's pod did not run within ${startTime / 1000} s: ${waiting ?? 'no pod of it came, look at the events of its Job'}. See docs/watchdog.md, or leave the option watchdog out.`,
      )
    }
    await session.clock.sleep(lookEvery, signal)
  }
}

/** stopWatchdog takes the watchdog away. It never throws: without a release in flight the Job ends by itself. */
export async function stopWatchdog(session: Session): Promise<void> {
  try {
    await session.watchdogs?.stopWatchdog(targetOf(session), AbortSignal.timeout(stopTime))
  } catch (error) {
    const details = { stopped: true, error: sentenceOf(error) }
    session.record({ type: 'warning', code: 'watchdog', details })
  }
}

/** resumeWatchdog sees to it that a release in flight has its watchdog again. It never throws: the release goes on without. */
export async function resumeWatchdog(session: Session, signal: AbortSignal): Promise<void> {
  try {
    await startWatchdog(session, signal)
  } catch (error) {
    signal.throwIfAborted()
    noteWatchdog(session, error)
  }
}

/** noteWatchdog says that a release goes on with a watchdog that is not there, or doesn't know where it stands. */
export function noteWatchdog(session: Session, error: unknown): void {
  const details = { stopped: false, error: sentenceOf(error) }
  session.record({ type: 'warning', code: 'watchdog', details })
}

/**
 * withWatchdogTime writes into a state when the watchdog may act: the option's time after this write, in step mode after
 * the next turn is due. Never while the release is paused, or is meant to be when its run is cancelled. A process
 * without the option leaves the time that another one wrote. `now` in ms.
 */
export function withWatchdogTime(state: ReleaseState, settings: Settings, now: number): ReleaseState {
  const { watchdogAt, ...rest } = state
  if (!inFlight(state) || state.stable === null) return rest
  const { watchdog } = settings
  if (watchdog === undefined && watchdogAt === undefined) return state
  if (state.phase === 'paused') return { ...rest, watchdogAt: null }
  if (watchdog === undefined) return state
  if (settings.onCancel === 'pause') return { ...rest, watchdogAt: null }
  return { ...rest, watchdogAt: Math.max(now, nextTurn(rest, settings, now)) + watchdog }
}

/** nextTurn gives when somebody should look at a release next: at once, but in step mode when there is something to do. */
function nextTurn(state: ReleaseState, settings: Settings, now: number): number {
  return settings.mode === 'step' ? nextCheckAt(state, settings, now) : now
}

/** instructWatchdog tells the watchdog what would put traffic back, whether the writes of `plan` land or not. */
export async function instructWatchdog(
  session: Session,
  snapshot: RouteSnapshot,
  plan: Extract<RoutePlan, { ok: true }>,
  state: ReleaseState,
  signal: AbortSignal,
): Promise<void> {
  if (typeof state.watchdogAt !== 'number' || plan.holder === null || state.stable === null) return
  const back = (from: RouteSnapshot) => planBack(session, from, state, plan.holder)
  const [after, before] = [back(plan.after), back(snapshot)]
  // What can't be put back is refused where it is moved; a state alone moves nothing.
  if (!after.ok) return
  const instructions: WatchdogInstructions = {
    release: state.id,
    holder: plan.holder,
    stateKey: stateKey(session.scope),
    safeWorkload: state.stable.workload,
    patches: after.writes.flatMap(({ object, patch }) => {
      if (patch === null) return []
      const earlier = before.ok
        ? (before.writes.find((write) => write.object === object)?.patch ?? null)
        : null
      return [{ object, after: patch, before: earlier }]
    }),
  }
  await session.watchdogs?.instructWatchdog(targetOf(session), instructions, signal)
}

/** planBack plans what the watchdog would write; time and fencing number are put in by its pod. */
function planBack(
  session: Session,
  from: RouteSnapshot,
  state: ReleaseState,
  holder: string | null,
): RoutePlan {
  // What every step has passed stays where it is, and the release is gone on with.
  const back = takeoverOf(state) === null ? rolledBack : movedBack
  const end = withWatchdogTime(back(state, 'watchdog', 0), session.settings, 0)
  return session.routing.plan(
    from,
    pairOf(session.scope, state),
    { kind: 'put-back', restore: state.restore },
    { state: encodeState(end), holder, part: null, obeyedCommand: null },
  )
}

function targetOf({ scope }: Session): WatchdogTarget {
  return { namespace: scope.namespace, service: scope.service, lease: leaseName(scope) }
}
