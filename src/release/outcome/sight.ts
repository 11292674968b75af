/** Sight is what was seen of the canary's share after the last write of a rollback. */
export type Sight =
  /** Requests that were counted once the write had settled; `lasting`: beyond doubt the canary is still reached. */
  | { kind: 'seen'; version: string; canary: number; total: number; lasting: boolean }
  | { kind: 'not-seen'; why: 'no-prometheus' | 'no-answer' | 'too-few' }
  /** The routes were read back with nothing for the canary; where they end could not be looked at. */
  | { kind: 'not-resolved'; error: string }
  /** The run was cancelled: nothing is awaited then. */
  | { kind: 'not-watched' }
