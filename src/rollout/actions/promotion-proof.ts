import { isFailure } from '../../release/failure.ts'
import type { Sight } from '../../release/outcome/sight.ts'
import type { VersionPair } from '../../routing/routing.ts'
import type { Session } from '../session.ts'
import { heldState, pairOf } from '../session.ts'
import { checkReach } from './reach-check.ts'
import { watchShare } from './roll-back/share-watch.ts'

/** PromotionProof is whom users reach once a version was given everything. */
interface PromotionProof {
  /** What routes send to others, as whole sentences. */
  elsewhere: string[]
  /** Users who meet the version that was left, or nobody, are among them. */
  harm: boolean
  /** Absent: everything was there before the last write, and was seen there. */
  sight?: Sight
}

/** One odd answer doesn't make a promotion that nobody reaches: it is looked again after this time (ms). */
const confirmAfter = 2_000

/**
 * provePromotion looks whom users reach once the canary was given everything at `writtenAt` (ms since the epoch): by the
 * routes down to pods, and, where the last write `moved` somebody, by what is counted. The release is over: it never throws.
 */
export async function provePromotion(
  session: Session,
  { writtenAt, moved }: { writtenAt: number; moved: boolean },
  signal: AbortSignal,
): Promise<PromotionProof> {
  try {
    const first = await lookedAt(session, signal)
    if (first.harm) await session.clock.sleep(confirmAfter, signal)
    const { stray, harm } = first.harm ? await lookedAt(session, signal) : first
    if (harm || !moved) return { elsewhere: stray, harm }
    return { elsewhere: stray, harm, sight: await watchShare(session, writtenAt, signal, 'stable') }
  } catch (error) {
    if (signal.aborted) return { elsewhere: [], harm: false, sight: { kind: 'not-watched' } }
    if (!isFailure(error)) throw error
    return { elsewhere: [], harm: false, sight: { kind: 'not-resolved', error: error.message } }
  }
}

function lookedAt(session: Session, signal: AbortSignal): ReturnType<typeof checkReach> {
  const state = heldState(session)
  const { stable, canary, ...scope } = pairOf(session.scope, state)
  // A return to the image before has its sides where they belong already.
  if (state.phase === 'rolled-back') return checkReach(session, { ...scope, stable, canary }, signal)
  const turned: VersionPair = { ...scope, stable: canary, canary: stable }
  return checkReach(session, turned, signal)
}
