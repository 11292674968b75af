import { runChecks } from '../../preflight/checks.ts'
import { isFailure, sentenceOf } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome.ts'
import type { Finding } from '../../release/record/record.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { detectionPowerFindings } from '../../rollout/evidence/detection-power.ts'
import type { Identity } from '../../rollout/lifecycle/identity.ts'
import { identify } from '../../rollout/lifecycle/identity.ts'
import { acquireLease, releaseLease } from '../../rollout/lifecycle/lease.ts'
import { driveRelease } from '../../rollout/loop/loop.ts'
import { confirmOwnWrite, findState, heldState } from '../../rollout/session.ts'
import type { ReleaseStart, TrafficBaseline } from '../../rollout/start/start.ts'
import { gateDigest, measureBaseline, startRelease } from '../../rollout/start/start.ts'
import * as transitions from '../../rollout/state/transitions.ts'
import { applyState, type Transition } from '../../rollout/state/writer.ts'
import { endingOutcome, failedOutcome, olderReleaseOutcome, outcomeOf, refusedOutcome } from '../outcomes.ts'
import type { ClusterView, CommandSession } from '../session/command-session.ts'
import { leaseTerms, readCluster, refuseUnfitService } from '../session/command-session.ts'
import { recordExistingRelease, recordNewRelease } from '../session/record-header.ts'
import { readPreflightInput } from '../start/preflight-input.ts'
import { releaseStartOf } from '../start/release-start.ts'
import { recoverFromFailure } from './failure-recovery.ts'

/**
 * rollout releases a version: it starts a release or goes on with the one in flight, and drives it to its end.
 * Whatever happens after the first write, it tries to leave traffic in a safe state and says which it is.
 */
export async function rollout(work: CommandSession): Promise<Outcome> {
  const { request, context } = work
  let scene: ClusterView
  let identity: Identity
  try {
    scene = await readCluster(work, context.signal)
    const known = scene.found?.state ?? null
    if (request.command === 'resume' && !inFlight(known)) return nothingToResume(work, known)
    if (inFlight(known) && known.begunUnder !== undefined) return olderReleaseOutcome(request, known)
    const version = request.version ?? known?.canary.version ?? ''
    const wish = { version, stableVersion: request.stableVersion }
    const bad = inFlight(known) ? null : refuseUnfitService(work, scene)
    if (bad) return bad
    identity = identify(wish, known, scene.routeModel, scene.workloads, scene.hosts)
    if (identity.kind === 'refused') return refusedOutcome(request, known, identity.reason, identity.text)
    if (identity.kind === 'already') return already(work, known, identity.version)
    const stop =
      identity.kind === 'resume'
        ? cannotResume(work, identity.state)
        : await cannotStart(work, scene, identity)
    if (stop) return stop
    work.session.lease = await acquireLease(leaseTerms(work), { force: false }, context.signal)
    if (await overtaken(work, scene)) return await afresh(work)
  } catch (error) {
    return isFailure(error, 'refused')
      ? refusedOutcome(request, null, 'locked', sentenceOf(error))
      : failedOutcome(request, null, error)
  }
  try {
    return identity.kind === 'resume' ? await resume(work, scene) : await start(work, identity, scene)
  } finally {
    // A cancelled run keeps its Lease for its own post step, which knows by it that something is left to do.
    const kept = context.signal.aborted && context.hasPost
    if (work.session.lease && !kept) await releaseLease(work.session.lease, AbortSignal.timeout(5_000))
  }
}

/** overtaken: while this run waited for the Lease, its holder changed what this run has looked at. */
async function overtaken(work: CommandSession, scene: ClusterView): Promise<boolean> {
  const now = await readCluster(work, work.context.signal)
  return now.found?.text !== scene.found?.text
}

async function afresh(work: CommandSession): Promise<Outcome> {
  const { session } = work
  if (session.lease) await releaseLease(session.lease, AbortSignal.timeout(5_000))
  session.lease = null
  return rollout(work)
}

function already({ request }: CommandSession, state: ReleaseState | null, version: string): Outcome {
  const outcome = outcomeOf(request, state, {
    result: 'already-promoted',
    reason: 'already-promoted',
    message: `${version} already serves all of ${request.namespace}/${request.service}: nothing was changed.`,
  })
  return { ...outcome, stableVersion: version, canaryVersion: version, weight: 100 }
}

/** A release that has ended is not gone on with: what was rolled back must be released anew, on purpose. */
function nothingToResume({ request }: CommandSession, state: ReleaseState | null): Outcome {
  return refusedOutcome(
    request,
    state,
    'nothing-to-do',
    `No release of ${request.namespace}/${request.service} is in flight: there is nothing to resume. Start one with "shiftgate rollout".`,
  )
}

function cannotResume({ request }: CommandSession, state: ReleaseState): Outcome | null {
  if (state.gateDigest !== gateDigest(request.settings)) {
    return refusedOutcome(
      request,
      state,
      'release-in-flight',
      `Release ${state.id} began with other steps or gates. Evidence must not be judged by rules chosen after it: run with the configuration it began with, or end it with "shiftgate abort".`,
    )
  }
  if (state.phase === 'paused' && state.reason === 'paused-by-command' && request.command !== 'resume') {
    return refusedOutcome(
      request,
      state,
      'paused-by-command',
      `Release ${state.id} was paused at ${state.weight}% on request. Run "shiftgate resume" to go on, or "shiftgate abort" to put traffic back.`,
    )
  }
  return null
}

async function cannotStart(
  work: CommandSession,
  scene: ClusterView,
  identity: Extract<Identity, { kind: 'start' | 'initial' }>,
): Promise<Outcome | null> {
  const { request, context, recorder } = work
  await work.session.metrics.probe(context.signal)
  const findings = runChecks(await readPreflightInput(work, scene, identity, context.signal))
  for (const finding of findings) recorder.record({ type: 'finding', finding })
  const errors = findings.filter((finding) => finding.level === 'error')
  if (errors.length === 0) return null
  return refusedOutcome(request, scene.found?.state ?? null, 'preflight', preflightMessage(errors))
}

/** preflightMessage says everything that stands in the way at once: nobody wants to learn it piece by piece. */
export function preflightMessage(errors: readonly Finding[]): string {
  const lines = errors.map(({ text, remedy }) => (remedy ? `${text} ${remedy}` : text))
  return `Nothing was changed. ${lines.join(' ')}`
}

async function start(
  work: CommandSession,
  identity: Extract<Identity, { kind: 'start' | 'initial' }>,
  scene: ClusterView,
): Promise<Outcome> {
  const { request, context, session } = work
  const beginning = releaseStartOf(work, identity, scene)
  recordNewRelease(work, beginning)
  try {
    const before = await measureBaseline(session, beginning, scene.workloads, context.signal)
    const weak = tooWeak(work, beginning, before)
    if (weak) return weak
    await startRelease(session, beginning, before, scene.workloads, context.signal)
  } catch (error) {
    if (session.held === null) await adoptPin(work)
    if (session.held === null) return failedOutcome(request, scene.found?.state ?? null, error)
    return recoverFromFailure(work, error)
  }
  return driven(work)
}

/** Said before anything is written: a step that can't catch a bad canary protects nobody. */
function tooWeak(
  { request, recorder }: CommandSession,
  beginning: ReleaseStart,
  before: TrafficBaseline,
): Outcome | null {
  const { settings } = request
  const known = { calibration: before.calibration, interval: before.interval, gates: before.gates }
  const steps = beginning.stable === null ? [100] : settings.steps
  const findings = detectionPowerFindings(known, settings, steps, before.rate)
  for (const finding of findings) recorder.record({ type: 'finding', finding })
  const errors = findings.filter(({ level }) => level === 'error')
  return errors.length === 0 ? null : refusedOutcome(request, null, 'preflight', preflightMessage(errors))
}

/** The pin may have landed although its answer was lost: then a release is in flight, and it is ours. */
async function adoptPin({ session, request }: CommandSession): Promise<void> {
  if (session.unconfirmedWrites === undefined) return
  try {
    const routing = await session.routes.routing(request.namespace, AbortSignal.timeout(5_000))
    confirmOwnWrite(session, findState(routing, session.scope))
  } catch {
    // Traffic is where it was before; the next run reads from the cluster whether a release has begun.
  }
}

async function resume(work: CommandSession, scene: ClusterView): Promise<Outcome> {
  const { request, context, session } = work
  const found = scene.found
  if (!found) return failedOutcome(request, null, new Error('The release in flight is gone.'))
  session.held = found
  recordExistingRelease(work, found.state)
  recordJournal(work, found.state)
  const continued: Transition = (state, now) => {
    const mine = transitions.takenOver(state, request.holder, request.run)
    return mine.phase === 'paused' ? transitions.resumed(mine, request.settings.capacityTimeout, now) : mine
  }
  try {
    await applyState(session, continued, {}, context.signal)
  } catch (error) {
    return recoverFromFailure(work, error)
  }
  return driven(work)
}

/** What a predecessor decided is known from the annotation; the record says that it was rebuilt from there. */
function recordJournal({ recorder }: CommandSession, state: ReleaseState): void {
  state.stepStates.forEach((entry, step) => {
    recorder.record({
      type: 'step',
      step,
      weight: entry.weight,
      margin: entry.margin,
      outOfReach: entry.outOfReach,
      requestsNeeded: null,
      secondsNeeded: null,
    })
    if (entry.timerStart !== null && entry.actualShare !== null) {
      const clockStart = new Date(entry.timerStart).toISOString()
      recorder.record({
        type: 'settled',
        step,
        weight: entry.weight,
        seen: entry.actualShare,
        canary: null,
        total: null,
        clockStart,
        t: (entry.timerStart - state.startedAt) / 1000,
      })
    }
    if (entry.end) {
      const verdict = entry.end.verdict as 'pass'
      recorder.record({ type: 'step-end', step, verdict, reason: entry.end.reason, text: 'from the cluster' })
    }
  })
}

async function driven(work: CommandSession): Promise<Outcome> {
  const { request, context, session } = work
  try {
    const end = await driveRelease(session, context.signal)
    return endingOutcome(request, heldState(session), end)
  } catch (error) {
    return recoverFromFailure(work, error)
  }
}
