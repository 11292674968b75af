import { Failure, isFailure } from '../../../src/release/failure.ts'
import type { RecordEvent } from '../../../src/release/record/record.ts'
import type { ReleaseState } from '../../../src/release/state/state.ts'
import { decodeState, inFlight } from '../../../src/release/state/state-codec.ts'
import { rollBackTraffic } from '../../../src/rollout/actions/roll-back/roll-back.ts'
import type { Ending } from '../../../src/rollout/ending.ts'
import { applyOnCancel, recoverFromFailure } from '../../../src/rollout/lifecycle/recovery.ts'
import { resumeInFlight, takeOverInFlight } from '../../../src/rollout/lifecycle/take-over.ts'
import { holdTargetLease, releaseTargetLease } from '../../../src/rollout/lifecycle/target-lease.ts'
import { driveRelease } from '../../../src/rollout/loop/loop.ts'
import type { Session } from '../../../src/rollout/session.ts'
import { findState, heldState } from '../../../src/rollout/session.ts'
import { measureBaseline } from '../../../src/rollout/start/baseline.ts'
import { startRelease } from '../../../src/rollout/start/start.ts'
import { readyWorkloads } from '../../../src/simulation/simulated-objects.ts'
import type { Shown } from './cluster.ts'
import { createModelCluster, type ModelCluster } from './cluster.ts'
import { arrange, type Schedule } from './schedule.ts'

/** Beyond so much virtual time a process has no exit. */
const longest = 8 * 3_600_000
const small = 1e-9
const never = new AbortController().signal

/** liveOut lives a schedule to its end and gives every law that was broken, in words; none: all hold. */
export async function liveOut(schedule: Schedule): Promise<string[]> {
  const broken: string[] = []
  const texts: string[] = []
  const life = { writer: null as Session | null, foreign: false, superseded: new Set<Session>() }
  const events: RecordEvent[] = []
  const cluster = createModelCluster({
    onWrite: () => {},
    onWritten: (before, after) => {
      if (after.state !== null && after.state !== texts.at(-1)) texts.push(after.state)
      if (life.writer) broken.push(...brokenByWrite(schedule, cluster, life.writer, events, before, after))
      life.foreign = false
    },
  })
  const { world } = cluster
  const session = (holder: string): Session => ({
    ...cluster.ports,
    scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
    settings: schedule.settings,
    holder,
    succeeds: (other) => other !== holder && holder !== 'main',
    record: (event) => {
      events.push({ at: '', ...event } as RecordEvent)
    },
    lease: null,
    obeyedCommand: null,
    objects: null,
    watchdogs: null,
    held: null,
  })
  const cancel = new AbortController()
  const main = session('main')
  life.writer = main
  arrange(cluster, schedule.happenings, {
    cancel: () => cancel.abort(new Failure('aborted', 'cancelled')),
    foreign: () => {
      life.foreign = true
    },
    olderState: () => texts.at(-3) ?? null,
    rival: () => rival(session('rival'), life),
    newer: () => {
      world.order('supersede')
      // The process has 20 s to obey.
      world.at(22_000, () => supersede(session('newer'), schedule, life))
    },
  })
  world.killAtCall = schedule.killAtCall ?? Number.POSITIVE_INFINITY
  const began = world.now()
  const first = await until(world, began, live(main, schedule, 'start', cancel.signal))
  broken.push(...brokenAtEnd(schedule, cluster, main, first, life.foreign))
  if (world.now() - began > longest) broken.push('a process had no exit')
  // Whatever happened: once all is well again, one more run puts it right.
  world.heal()
  world.dead = false
  world.killAtCall = Number.POSITIVE_INFINITY
  const state = readable(world.shown())
  if (first !== 'killed' && (!state || !inFlight(state) || state.phase === 'paused')) return broken
  await cluster.ports.clock.sleep(120_000, never)
  const next = session('next')
  life.writer = next
  const second = await until(world, world.now(), live(next, schedule, schedule.successor, never))
  broken.push(...brokenAtEnd(schedule, cluster, next, second, false).map((text) => `${text} (successor)`))
  const left = readable(world.shown())
  const kept = schedule.initial && schedule.successor === 'recover'
  if (left && inFlight(left) && left.phase !== 'paused' && !kept)
    broken.push(`a successor left it ${left.phase}`)
  return broken
}

type Ended = 'killed' | Ending | { recovery: string; text: string } | { failed: unknown }

/** A process that was killed never comes back: whether it was is asked for as time goes on. */
async function until(world: ModelCluster['world'], began: number, run: Promise<Ended>): Promise<Ended> {
  let ended: Ended | null = null
  void run.then((how) => {
    ended = how
  })
  for (let turn = 0; ended === null; turn++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (world.dead) return 'killed'
    if (world.now() - began > longest || turn > 200_000) return { failed: new Error('no exit') }
  }
  return ended
}

async function live(
  session: Session,
  schedule: Schedule,
  how: 'start' | Schedule['successor'],
  signal: AbortSignal,
): Promise<Ended> {
  try {
    await holdTargetLease(session, { force: false }, signal)
    if (how === 'start') await start(session, schedule, signal)
    else {
      const found = findState(session, await session.routing.read('shop', signal))
      if (!found || !inFlight(found.state)) return { recovery: 'nothing', text: '' }
      if (how === 'resume') await resumeInFlight(session, found, signal)
      else await takeOverInFlight(session, signal)
    }
    if (how === 'supersede') return await superseding(session, schedule, signal)
    if (how === 'recover') {
      const done = await applyOnCancel(session, 'cancelled', null)
      return { recovery: done.kind, text: JSON.stringify(done) }
    }
    return await driveRelease(session, signal)
  } catch (error) {
    if (!session.held) return { failed: error }
    const run = { signal, hasPost: false }
    const done = await recoverFromFailure(session, error, 'unreachable', run)
    if (!isFailure(error) || error.code === 'internal') return { failed: error }
    return { recovery: done.kind, text: `${error.message} ${JSON.stringify(done)}` }
  } finally {
    await releaseTargetLease(session)
  }
}

/** superseding puts back the release that the session has taken over, then begins one of its own and drives it. */
async function superseding(session: Session, schedule: Schedule, signal: AbortSignal): Promise<Ended> {
  const older = heldState(session)
  if (older.stable === null) return { recovery: 'kept', text: '' }
  const cause = { reason: 'superseded' as const, canaryFails: null, waitFor: 60_000, watch: null }
  const done = await rollBackTraffic(session, cause, signal)
  if (done.kind !== 'rolled-back') return { recovery: done.kind, text: JSON.stringify(done) }
  session.held = null
  await start(session, schedule, signal, { id: '2', fence: older.fencingToken })
  return driveRelease(session, signal)
}

async function start(
  session: Session,
  { initial }: Schedule,
  signal: AbortSignal,
  { id, fence } = { id: '1', fence: 0 },
): Promise<void> {
  const side = (version: string) => ({
    version,
    destination: version,
    workload: `my-api-${version}`,
    image: version,
  })
  const beginning = {
    stable: initial ? null : side('v1'),
    canary: side('v2'),
    runId: id,
    fencingToken: fence,
    history: [],
    retired: [],
  }
  const workloads = readyWorkloads(3)
  const before = await measureBaseline(session, beginning, workloads, signal)
  await startRelease(session, beginning, before, workloads, signal)
}

interface Writers {
  writer: Session | null
  superseded: Set<Session>
}

/** Another process takes the release over by force and puts it back, as `abort` does with a holder that is deaf. */
function rival(session: Session, life: Writers): Promise<void> {
  return takeByForce(session, life, () => applyOnCancel(session, 'cancelled', null))
}

/** A newer release, for which the one in flight has ended, or is ended now, its process being deaf. */
function supersede(session: Session, schedule: Schedule, life: Writers): Promise<void> {
  const begin = () => superseding(session, schedule, never)
  return takeByForce(session, life, begin, () => releaseTargetLease(session))
}

/** takeByForce takes the release over, whoever holds it, and lets `act` go on with it; `after` follows in any case. */
async function takeByForce(
  session: Session,
  life: Writers,
  act: () => Promise<unknown>,
  after: () => Promise<void> = async () => {},
): Promise<void> {
  const before = life.writer
  try {
    life.writer = session
    await holdTargetLease(session, { force: true }, never)
    const { taken } = await takeOverInFlight(session, never)
    if (taken && before) life.superseded.add(before)
    if (taken) await act()
  } catch {
    // It failed as any process can.
  } finally {
    await after()
    life.writer = before
  }
}

function readable({ state }: Shown): ReleaseState | null {
  try {
    return state === null ? null : decodeState(state)
  } catch {
    return null
  }
}

/** Laws that every write of a process keeps. */
function brokenByWrite(
  { settings }: Schedule,
  { world }: ModelCluster,
  writer: Session,
  events: readonly RecordEvent[],
  before: Shown,
  after: Shown,
): string[] {
  const broken: string[] = []
  const was = readable(before)
  const is = readable(after)
  if (after.state !== null && !is) broken.push('a state was written that nobody can read')
  if (was && is && is.fencingToken < was.fencingToken)
    broken.push('a holder with a lower fencing number wrote')
  if (after.share > before.share + small) {
    if (world.lastPods.v2 === 0) broken.push(`the share grew to ${after.share} without a ready pod`)
    const step = events.findLast((event) => event.type === 'step-end')
    const passed = step?.type === 'step-end' && step.verdict === 'pass'
    const waved =
      step?.type === 'step-end' &&
      settings.onInconclusive === 'promote' &&
      (step.reason === 'too-little-evidence' || step.reason === 'no-traffic' || step.reason === 'collecting')
    const commanded = events.some((event) => event.type === 'command' && event.name === 'promote')
    const restored = was !== null && after.share <= was.weight / 100 + small
    const first = was === null || was.weight === 0
    const intended = was?.phase === 'shifting'
    if (!(passed || waved || commanded || restored || first || intended))
      broken.push(`the share grew from ${before.share} to ${after.share} without a pass`)
    const blind = world.lastMetrics === 'down' || world.lastMetrics === 'odd' || world.lastMetrics === 'blind'
    if (blind && !(commanded || restored || first || intended))
      broken.push(`the share grew from ${before.share} to ${after.share} blind`)
  }
  if (after.share < before.share - small && writer.held?.state.stable && world.lastPods.v1 === 0)
    broken.push(`traffic went back to ${1 - after.share} of a stable version without a ready pod`)
  return broken
}

/** Laws that hold when a process has ended. */
function brokenAtEnd(
  { initial }: Schedule,
  { world }: ModelCluster,
  session: Session,
  ended: Ended,
  foreign: boolean,
): string[] {
  if (ended === 'killed') return []
  if ('failed' in ended) {
    const { failed } = ended
    const fault = !(failed instanceof Failure) || isFailure(failed, 'internal')
    return fault ? [`it broke: ${failed instanceof Error ? failed.stack : String(failed)}`] : []
  }
  const shown = world.shown()
  const state = readable(shown)
  const broken: string[] = []
  if ('recovery' in ended) {
    if (ended.recovery === 'rolled-back' && shown.share > 0 && !foreign)
      broken.push(`rolled back, said recovery, with ${shown.share} on the canary`)
    return broken
  }
  const { result, reason } = ended
  if (result === 'rolled-back' && shown.share > 0 && !foreign)
    broken.push(`rolled back with ${shown.share} on the canary`)
  if ((result === 'promoted' || result === 'initialized') && !initial) {
    if (shown.share < 1 - small && !foreign) broken.push(`promoted with ${shown.share} on the canary`)
    if (reason !== 'promoted-by-command' && world.lastMetrics !== 'ok') broken.push('promoted blind')
  }
  if (result === 'initialized' && world.lastMetrics !== 'ok') broken.push('initialized blind')
  if (!state) broken.push(`it ended ${result} (${reason}) and left no state that can be read`)
  else if (
    inFlight(state) &&
    state.phase !== 'paused' &&
    !(result === 'unsafe' && state.phase === 'rolling-back')
  )
    broken.push(`it ended ${result} (${reason}) and left the release ${state.phase}`)
  if (session.held && state && state.id !== session.held.state.id)
    broken.push('another release is on the routes')
  return broken
}
