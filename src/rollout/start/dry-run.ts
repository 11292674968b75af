import { Failure, isFailure } from '../../release/failure.ts'
import type { JsonObject } from '../../release/kubernetes.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { encodeState } from '../../release/state/state-codec.ts'
import { planRelease, type ReleaseRoutes } from '../../routing/release-plan.ts'
import type { RouteSnapshot, RouteWrite } from '../../routing/routing.ts'
import type { Session } from '../session.ts'
import { pairOf } from '../session.ts'
import { refusedPlan, retryTransient } from '../state/writer.ts'

/** DryRunRequest is one write of the release to ask the server about. */
interface DryRunRequest {
  words: string
  write: RouteWrite
  /** The write is planned on what is there now: it is asked for as it will be sent. */
  first: boolean
}

/**
 * dryRunRelease asks the server, before anything is written, whether it would take every object that the release can
 * ever leave behind: the first writes as they will be sent, later ones and the rollbacks as whole objects in
 * place of what is there (their patches can't pass yet). It throws Failure('refused') with the reason otherwise.
 */
export async function dryRunRelease(
  session: Session,
  draft: ReleaseState,
  routes: ReleaseRoutes,
  deadline: number,
  signal: AbortSignal,
): Promise<void> {
  const askAll = async (): Promise<void> => {
    const present = await session.routing.read(session.scope.namespace, signal)
    for (const request of dryRunRequests(session, draft, routes, present))
      await ask(session, request, present, signal)
  }
  try {
    await retryTransient(session, deadline, askAll, signal)
  } catch (error) {
    if (!isFailure(error, 'rejected')) throw error
    const { message, cause, details } = error
    throw new Failure('refused', `Nothing was changed. ${message}`, { cause, details })
  }
}

function dryRunRequests(
  session: Session,
  draft: ReleaseState,
  routes: ReleaseRoutes,
  present: RouteSnapshot,
): DryRunRequest[] {
  const note = { state: encodeState(draft), holder: null, part: null, obeyedCommand: null }
  const stages = planRelease(session.routing, present, pairOf(session.scope, draft), routes, note)
  const failed = stages.at(-1)?.plan
  if (failed && !failed.ok) throw refusedPlan(failed.problems)
  const asked = new Set<string>()
  return stages
    .flatMap(({ change, words, plan }) => {
      const first = change.kind === 'prepare' || change.kind === 'pin'
      return plan.ok ? plan.writes.map((write) => ({ words, write, first })) : []
    })
    .filter(({ write, first }) => {
      const text = JSON.stringify([session.routing.resultOf(write), first])
      const isNew = !asked.has(text)
      asked.add(text)
      return isNew
    })
}

async function ask(
  session: Session,
  { words, write, first }: DryRunRequest,
  present: RouteSnapshot,
  signal: AbortSignal,
): Promise<void> {
  try {
    await session.routing.dryRun(write, first ? null : present, signal)
  } catch (error) {
    if (!isFailure(error, 'rejected')) throw error
    throw new Failure('rejected', `The cluster would not take ${write.object} (${words}): ${error.message}`, {
      cause: error,
      details: { stage: words, object: write.object } satisfies JsonObject,
    })
  }
}
