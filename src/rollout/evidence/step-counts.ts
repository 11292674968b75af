import { type Counts, countsSince, type Poll } from '../../release/evidence/counts.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { engineStep } from './engine-input.ts'

const none: Counts = { total: 0, bad: 0 }

/**
 * stepCounts gives the requests of both sides in the last step, since its weight was written: the last
 * counted poll less the last one before the step. Zeros where nothing was counted.
 */
export function stepCounts(state: ReleaseState, polls: readonly Poll[]): { canary: Counts; stable: Counts } {
  const first = engineStep(state.stepStates.length - 1, false)
  const own = polls.filter((poll) => poll.step >= first)
  const before = polls.filter((poll) => poll.step < first)
  const difference = (side: 'canary' | 'stable'): Counts => {
    const from = before.findLast((poll) => poll[side])?.[side] ?? own.find((poll) => poll[side])?.[side]
    const to = own.findLast((poll) => poll[side])?.[side]
    if (!from || !to) return none
    return countsSince(to, from)
  }
  return { canary: difference('canary'), stable: difference('stable') }
}
