import type { Outcome } from '../release/outcome/outcome.ts'

/** Output is one output of the action, as data: action.yml, the README and the run itself read it. */
interface Output {
  name: string
  description: string
  of(outcome: Outcome): string
}

/** outputs are written at every end of a run; what doesn't apply is empty. */
export const outputs: readonly Output[] = [
  {
    name: 'result',
    description:
      'How it ended: `promoted`, `initialized`, `already-promoted`, `rolled-back`, `paused`, `in-progress`, `refused`, `unsafe`, or `ok` for commands that write nothing.',
    of: (outcome) => outcome.result,
  },
  {
    name: 'reason-code',
    description: 'Why, as a stable word: `all-steps-passed`, `worse-than-stable`, `too-little-evidence`, …',
    of: (outcome) => outcome.reasonCode,
  },
  {
    name: 'release-id',
    description: 'Id of the release, the same over all runs that carry it.',
    of: (outcome) => outcome.releaseId ?? '',
  },
  {
    name: 'stable-version',
    description: 'Version that served when the release began.',
    of: (outcome) => outcome.stableVersion ?? '',
  },
  {
    name: 'canary-version',
    description: 'Version that was released.',
    of: (outcome) => outcome.canaryVersion ?? '',
  },
  {
    name: 'weight',
    description: "The canary's share of traffic now, in percent: `0` to `100`; empty where unknown.",
    of: (outcome) => (outcome.weight === null ? '' : String(outcome.weight)),
  },
  {
    name: 'next-check-at',
    description:
      'With `mode: step`: when the next run has something to do, as an ISO time; empty where none is to come.',
    of: (outcome) => outcome.nextCheckAt ?? '',
  },
  {
    name: 'report',
    description: 'Path of the Markdown report; the record lies beside it.',
    of: (outcome) => outcome.report ?? '',
  },
  {
    name: 'comment-url',
    description: 'Address of the comment on the pull request.',
    of: (outcome) => outcome.commentUrl ?? '',
  },
]
