/** Sight is what was seen of the share of the version that was left, after the last write of a rollback or a promotion. */
export type Sight =
  /** Requests that were counted once the write had settled, to `version` and in all; `lasting`: beyond doubt it is still reached. */
  | { kind: 'seen'; version: string; canary: number; total: number; lasting: boolean }
  | { kind: 'not-seen'; why: 'no-prometheus' | 'no-answer' | 'too-few' }
  /** The routes were read back with nothing for it; where they end could not be looked at. */
  | { kind: 'not-resolved'; error: string }
  /** The run was cancelled: nothing is awaited then. */
  | { kind: 'not-watched' }
