import type { Phase } from './state.ts'

/** hasEnded tells the phases in which a release holds its target no more. */
export function hasEnded(phase: Phase): boolean {
  return phase === 'promoted' || phase === 'rolled-back'
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
