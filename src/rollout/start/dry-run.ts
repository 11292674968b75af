import { Failure, isFailure } from '../../release/failure.ts'
import {
  type JsonObject,
  type KubeObject,
  type RoutingSnapshot,
  refText,
  type Write,
} from '../../release/kubernetes.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { encodeState } from '../../release/state/state-codec.ts'
import { stateKey } from '../../release/target.ts'
import {
  type PlannedStage,
  planRelease,
  type ReleasePlanInput,
} from '../../routing/istio/plan/release-plan.ts'
import { primaryAfterPin } from '../../routing/istio/routing.ts'
import type { Session } from '../session.ts'
import { pairOf } from '../session.ts'
import { refusedPlan, retryTransient } from '../state/writer.ts'

/** DryRunRequest is one object as it would be at some moment of the release, to be asked of the server. */
interface DryRunRequest {
  words: string
  /** A write of now, or an object of later. */
  write: Write | null
  object: KubeObject
}

/**
 * dryRunRelease asks the server, before anything is written, whether it would take every object that the release can
 * ever leave behind: the first writes as they will be sent, later ones and the ways back as whole objects in
 * place of what is there (their patches can't pass yet). It throws Failure('refused') with the reason otherwise.
 */
export async function dryRunRelease(
  session: Session,
  draft: ReleaseState,
  wish: Omit<ReleasePlanInput, 'annotations'>,
  until: number,
  signal: AbortSignal,
): Promise<void> {
  await retryTransient(
    session,
    until,
    async () => {
      const routing = await session.routes.routing(session.scope.namespace, signal)
      for (const question of dryRunRequests(session, draft, wish, routing))
        await ask(session, question, signal)
    },
    signal,
  )
}

function dryRunRequests(
  session: Session,
  draft: ReleaseState,
  wish: Omit<ReleasePlanInput, 'annotations'>,
  routing: RoutingSnapshot,
): DryRunRequest[] {
  const pair = pairOf(session.scope, draft)
  const home = primaryAfterPin(routing, pair)
  const annotations =
    home === null ? {} : { [refText(home)]: { [stateKey(session.scope)]: encodeState(draft) } }
  const stages = planRelease(routing, pair, { ...wish, annotations })
  const failed = stages.at(-1)?.plan
  if (failed && !failed.ok) throw refusedPlan(failed.problems)
  const known = new Map(routing.virtualServices.map((object) => [nameOf(object), object]))
  const asked = new Set<string>()
  return stages
    .flatMap((stage) => ofStage(stage, known))
    .filter(({ object, write }) => {
      const text = JSON.stringify([nameOf(object), object.spec, write !== null])
      const isNew = !asked.has(text)
      asked.add(text)
      return isNew
    })
}

const nameOf = (object: KubeObject) => `${object.kind} ${object.metadata.namespace}/${object.metadata.name}`

function ofStage(
  { name, words, plan }: PlannedStage,
  known: ReadonlyMap<string, KubeObject>,
): DryRunRequest[] {
  if (!plan.ok) return []
  return plan.writes.map((write) => {
    const object = write.action === 'create' ? write.object : write.result
    const direct = name === 'subsets' || name === 'pin'
    if (direct) return { words, write, object }
    // An object that the pin makes is asked for as a creation: there is nothing yet that it could replace.
    if (known.has(nameOf(object))) return { words, write: null, object }
    return { words, write: { action: 'create', ref: write.ref, object, summary: words }, object }
  })
}

async function ask(
  session: Session,
  { words, write, object }: DryRunRequest,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (write !== null) await session.routes.write(write, { dryRun: true }, signal)
    else await session.routes.replace(object, { dryRun: true }, signal)
  } catch (error) {
    if (!isFailure(error, 'rejected')) throw error
    throw new Failure(
      'refused',
      `Nothing was changed. The cluster would not take ${nameOf(object)} (${words}): ${error.message}`,
      { cause: error, details: { stage: words, object: nameOf(object) } satisfies JsonObject },
    )
  }
}
