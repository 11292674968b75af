import { formatPoints, formatShare } from '../../release/text/figures.ts'
import type { ReleaseView } from '../view/release-view.ts'
import { detectionLimitWords } from './steps.ts'

/**
 * conclusionWords says what the passes together rule out. Null where nothing is: no step passed, a later one
 * refuted it, or there was no other version to compare with.
 */
export function conclusionWords(view: ReleaseView): { title: string; text: string } | null {
  const [first, ...more] = view.steps.filter((step) => step.end?.verdict === 'pass')
  if (first === undefined || view.head?.stable === null) return null
  if (view.steps.some((step) => step.end?.verdict === 'fail')) return null
  const finest = more.reduce((best, step) => (step.margin <= best.margin ? step : best), first)
  const against = finest.control ? 'stable' : 'stable did before'
  return {
    title: view.outcome === null ? 'Ruled out so far' : 'Ruled out',
    text: `the canary failing ${formatPoints(finest.margin)} more often than ${against} (at ${formatShare(finest.weight)}).`,
  }
}

/** detectionLimits says for each step what its pass rules out; nothing where there is no version to compare with. */
export function detectionLimits(view: ReleaseView): string[] {
  return view.head?.stable === null ? [] : view.steps.map(detectionLimitWords)
}
