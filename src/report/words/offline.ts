/** unchangedLine says that `render` wrote nothing; its problems follow. */
export const unchangedLine = 'shiftgate: nothing was changed.'

/** warningLine shows what `render` warns of. */
export function warningLine(text: string): string {
  return `warning: ${text}`
}

/** ReplayNote is what a record can't tell when it is judged again. */
export type ReplayNote =
  | { code: 'no-baseline' }
  /** Nothing of what the gate asks is recorded. */
  | { code: 'gate-left-out'; gate: string }
  /** Shares in percent that the release had, and that are judged. */
  | { code: 'other-steps'; steps: readonly number[] }

/** replayNoteText says it in one sentence. */
export function replayNoteText(note: ReplayNote): string {
  switch (note.code) {
    case 'no-baseline':
      return 'The record holds no baseline: stable is judged without its history.'
    case 'gate-left-out':
      return `Gate ${note.gate} is left out: the record holds nothing that it asks for.`
    case 'other-steps':
      return `Other steps can't be replayed: the record's (${note.steps.join(', ')}%) are judged.`
  }
}
