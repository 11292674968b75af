import type { Phase } from './state.ts'

/** phases lists every phase that a state can be in. */
export const phases: readonly Phase[] = [
  'pinned',
  'shifting',
  'settling',
  'observing',
  'paused',
  'promoted',
  'rolling-back',
  'rolled-back',
]
