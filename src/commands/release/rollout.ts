import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import { obstacleOf } from '../../release/record/obstacle.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { inFlight } from '../../release/state/state-codec.ts'
import { supersededThenRefused } from '../../report/words/contention.ts'
import { wordedFinding } from '../../report/words/events/release-finding.ts'
import { identityRefusalMessage } from '../../report/words/outcome/identity-refusal.ts'
import { alreadyServesMessage, pausedByCommandMessage } from '../../report/words/outcome/in-flight.ts'
import { confirmOwnWrite, readStored } from '../../rollout/session.ts'
import type { TrafficBaseline } from '../../rollout/start/baseline.ts'
import { measureBaseline } from '../../rollout/start/baseline.ts'
import { releaseFindings } from '../../rollout/start/release-findings.ts'
import type { ReleaseStart } from '../../rollout/start/release-start.ts'
import { startRelease } from '../../rollout/start/start.ts'
import { defineCommand } from '../command.ts'
import {
  failedOutcome,
  olderReleaseOutcome,
  outcomeOf,
  preflightRefusal,
  refusedOutcome,
} from '../outcomes.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import { refuseUnfitService } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'
import { removeTemporary } from '../session/image/leftovers.ts'
import { recordNewRelease } from '../session/record-header.ts'
import { checkRelease, refuseCanary } from '../start/canary-checks.ts'
import { identifyAsked } from '../start/identify-asked.ts'
import type { Choice, Resumable, Startable } from '../start/preparation.ts'
import { differentGates, prepare } from '../start/preparation.ts'
import { releaseStartOf } from '../start/release-start.ts'
import { driveToEnd, endingInSafety, givingLeaseBack, resumeRelease } from './in-flight.ts'
import type { Contention } from './newer/contention.ts'
import { createContention } from './newer/contention.ts'

/**
 * rolloutCommand releases a version: it starts a release or goes on with the one in flight, and drives it to its end.
 * Whatever happens after the first write, it tries to leave traffic in a safe state and says which it is.
 */
export const rolloutCommand = defineCommand('rollout', async (command) => {
  const contention = createContention(command)
  return tellingSuperseded(contention, command, () => release(command, contention, createTidying(command)))
})

/** Tidying removes what a run that died left of the release before, once. true: the cluster is to be read anew. */
type Tidying = (view: ClusterView) => Promise<boolean>

function createTidying(command: CommandSession): Tidying {
  let done = false
  return async (view) => {
    if (done) return false
    const changed = await removeTemporary(command, view)
    done = true
    return changed
  }
}

async function release(command: CommandSession, contention: Contention, tidying: Tidying): Promise<Outcome> {
  const prepared = await prepare(
    command,
    (view) => chooseTidied(command, view, contention, tidying),
    contention.onLocked,
  )
  if (prepared.kind === 'end') return prepared.outcome
  const { chosen, view } = prepared
  return givingLeaseBack(command, () =>
    chosen.kind === 'resume' && view.found
      ? resumeRelease(command, view.found)
      : start(command, chosen as Startable, view),
  )
}

/** Where a release was ended for one that was then refused, that is no run which changed nothing. */
async function tellingSuperseded(
  contention: Contention,
  { request }: CommandSession,
  run: () => Promise<Outcome>,
): Promise<Outcome> {
  const outcome = await run().catch((error) => {
    if (contention.superseded() === null) throw error
    return failedOutcome(request, contention.superseded(), error)
  })
  const ended = contention.superseded()
  if (ended === null || outcome.result !== 'refused') return outcome
  const message = supersededThenRefused(
    obstacleOf(ended),
    request.version ?? request.image ?? '',
    outcome.message,
  )
  return { ...outcomeOf(request, ended, { result: 'rolled-back', reason: 'superseded', message }), weight: 0 }
}

async function chooseTidied(
  command: CommandSession,
  view: ClusterView,
  contention: Contention,
  tidying: Tidying,
): Promise<Choice<Startable | Resumable>> {
  try {
    if (await tidying(view)) return { kind: 'again' }
  } catch (error) {
    const outcome = await contention.onLocked(error)
    return outcome === null ? { kind: 'again' } : { kind: 'end', outcome }
  }
  return choose(command, view, contention)
}

async function choose(
  command: CommandSession,
  view: ClusterView,
  contention: Contention,
): Promise<Choice<Startable | Resumable>> {
  const { request } = command
  contention.looked(view)
  const state = view.found?.state ?? null
  const end = (outcome: Outcome) => ({ kind: 'end', outcome }) as const
  const inTheWay = async (refusal: Outcome) => {
    const outcome = view.found ? await contention.onRelease(view, view.found, refusal) : refusal
    return outcome === null ? ({ kind: 'again' } as const) : end(outcome)
  }
  if (inFlight(state) && state.begunUnder !== undefined) return inTheWay(olderReleaseOutcome(request, state))
  const unfit = inFlight(state) ? null : refuseUnfitService(command, view)
  if (unfit) return end(unfit)
  const impossible = refuseCanary(command, view)
  if (impossible) return end(impossible)
  const identity = identifyAsked(request, view)
  if (identity.kind === 'refused') {
    const text = identityRefusalMessage(identity.refusal)
    const refusal = refusedOutcome(request, state, identity.reason, text)
    return identity.reason === 'release-in-flight' ? inTheWay(refusal) : end(refusal)
  }
  if (identity.kind === 'already') return end(alreadyPromoted(command, state, identity.version))
  const refused =
    identity.kind === 'resume'
      ? refuseResume(command, identity.state)
      : await refuseStart(command, view, identity)
  return refused === null ? { kind: 'go', chosen: identity } : end(refused)
}

function alreadyPromoted({ request }: CommandSession, state: ReleaseState | null, version: string): Outcome {
  const outcome = outcomeOf(request, state, {
    result: 'already-promoted',
    reason: 'already-promoted',
    message: alreadyServesMessage(request, version),
  })
  return { ...outcome, stableVersion: version, canaryVersion: version, weight: 100 }
}

/** What a person paused only a person lets go on. */
function refuseResume(command: CommandSession, state: ReleaseState): Outcome | null {
  const { request } = command
  const different = differentGates(command, state)
  if (different) return different
  if (state.phase !== 'paused' || state.reason !== 'paused-by-command') return null
  return refusedOutcome(request, state, 'paused-by-command', pausedByCommandMessage(request, state))
}

async function refuseStart(
  command: CommandSession,
  view: ClusterView,
  identity: Startable,
): Promise<Outcome | null> {
  const { request, context, recorder, session } = command
  await session.metrics.probe(context.signal)
  const findings = await checkRelease(command, view, identity, context.signal)
  for (const finding of findings) recorder.record({ type: 'finding', finding })
  return preflightRefusal(request, view.found?.state ?? null, findings)
}

async function start(command: CommandSession, identity: Startable, view: ClusterView): Promise<Outcome> {
  const { context, session } = command
  const start = releaseStartOf(command, identity, view)
  recordNewRelease(command, start)
  return endingInSafety(command, async () => {
    const before = await measureBaseline(session, start, view.workloads, context.signal)
    const weak = refuseWeakSteps(command, start, before, view.workloads)
    if (weak) return weak
    try {
      await startRelease(session, start, before, view.workloads, context.signal)
    } catch (error) {
      if (session.held === null) await adoptFirstWrite(command)
      throw error
    }
    return driveToEnd(command)
  })
}

/** Said before anything is written: a step that can't pass, or can't catch a bad canary, serves nobody. */
function refuseWeakSteps(
  { request, recorder }: CommandSession,
  start: ReleaseStart,
  before: TrafficBaseline,
  workloads: WorkloadsSnapshot,
): Outcome | null {
  const findings = releaseFindings(request.settings, start, before, workloads)
  for (const finding of findings) recorder.record({ type: 'finding', finding })
  return preflightRefusal(request, null, findings.map(wordedFinding))
}

/** The first write may have landed although its answer was lost: then a release is in flight, and it is ours. */
async function adoptFirstWrite({ session }: CommandSession): Promise<void> {
  if (session.unconfirmedWrites === undefined) return
  try {
    confirmOwnWrite(session, (await readStored(session, AbortSignal.timeout(5_000))).found)
  } catch {
    // Traffic is where it was before; the next run reads from the cluster whether a release has begun.
  }
}
