import type { Phase } from './state.ts'

/** hasEnded tells the phases in which a release holds its target no more. */
export function hasEnded(phase: Phase): boolean {
  return phase === 'promoted' || phase === 'rolled-back'
}

/** rollsBack tells the phases in which traffic is being put back, or is back and what the release made is being removed. */
export function rollsBack(phase: Phase): boolean {
  return phase === 'rolling-back' || phase === 'cleaning'
}

/** phases lists every phase that a state can be in. */
export const phases: readonly Phase[] = [
  'preparing',
  'pinned',
  'shifting',
  'settling',
  'observing',
  'paused',
  'promoted',
  'rolling-back',
  'cleaning',
  'rolled-back',
]
