import { type ExitCode, exitCodes } from './exit-codes.ts'

interface Reason {
  /** Exit code of a run whose release ended for this reason without that run having been asked for it. */
  exitCode: ExitCode
  /** The counts, or what was seen of the pods or the traffic, prove that the canary does harm. */
  proof: boolean
  /** What stands after a colon: a clause without a capital or a full stop. */
  words: string
  /** What a person can do about the cause, as whole sentences; the commands of the moment are added to it. */
  nextStep: string
}

const { done, rolledBack, badInput, refused, unproven, unsafe } = exitCodes

const reasons = {
  'all-steps-passed': {
    exitCode: done,
    proof: false,
    words: 'all steps passed',
    nextStep: 'The previous version stays deployed for a rollback.',
  },
  'promoted-unproven': {
    exitCode: done,
    proof: false,
    words: 'promoted unproven, with too few requests for a pass',
    nextStep:
      'Watch its error rate for a while. For a proof release at a time of more traffic, or raise final-duration.',
  },
  'promoted-by-command': {
    exitCode: done,
    proof: false,
    words: 'promoted by command, without waiting for a verdict',
    nextStep: 'Watch its error rate for a while: no verdict stands behind it.',
  },
  initialized: {
    exitCode: done,
    proof: false,
    words: 'the first version of its service',
    nextStep: 'The next version will be compared with it.',
  },
  'already-promoted': {
    exitCode: done,
    proof: false,
    words: 'was serving all traffic already',
    nextStep: 'Nothing is left to do.',
  },
  pinned: {
    exitCode: done,
    proof: false,
    words: 'all routes name the serving version',
    nextStep: 'Deploy the canary, then release it.',
  },
  inspected: {
    exitCode: done,
    proof: false,
    words: 'only inspected',
    nextStep: 'Nothing was written.',
  },
  'nothing-to-do': {
    exitCode: done,
    proof: false,
    words: 'nothing was to be done',
    nextStep: 'Nothing was changed.',
  },
  watchdog: {
    exitCode: unproven,
    proof: false,
    words: 'nobody drove the release any more, and its watchdog put traffic back',
    nextStep: 'Find out why its run ended without a word, then release it again.',
  },
  'worse-than-stable': {
    exitCode: rolledBack,
    proof: true,
    words: 'fails more often than stable',
    nextStep: "Look at the canary's errors and logs, fix it and release the fix.",
  },
  'over-limit': {
    exitCode: rolledBack,
    proof: true,
    words: 'fails more often than max-error-rate allows',
    nextStep: "Look at the canary's errors and logs, fix it and release the fix.",
  },
  'outside-limits': {
    exitCode: rolledBack,
    proof: true,
    words: 'a gate is outside its limits',
    nextStep: 'Look at what that gate measures, fix the canary and release the fix.',
  },
  'requests-lost': {
    exitCode: rolledBack,
    proof: true,
    words: 'requests reached no pod',
    nextStep: 'A route or a subset leads nowhere: compare the subset labels with the labels of the pods.',
  },
  'pods-lost': {
    exitCode: rolledBack,
    proof: true,
    words: 'the canary lost its ready pods',
    nextStep: 'Look at why its pods are not ready (kubectl describe), fix it and release the fix.',
  },
  'share-exceeded': {
    exitCode: rolledBack,
    proof: true,
    words: 'the canary got more traffic than its target share',
    nextStep:
      'Find who reaches its pods past the route: another Service, a second route, or callers without a proxy.',
  },
  'too-little-evidence': {
    exitCode: unproven,
    proof: false,
    words: 'not enough requests for a verdict',
    nextStep:
      'Give the step more time (step-timeout) or a larger share, or release at a time of more traffic.',
  },
  suspicious: {
    exitCode: unproven,
    proof: false,
    words: 'looks worse than stable, not yet proved',
    nextStep: "Look at the canary's errors before you go on, or give the step more time (step-timeout).",
  },
  'no-data': {
    exitCode: unproven,
    proof: false,
    words: 'metrics unavailable (no usable counts from Prometheus)',
    nextStep: 'Check that Prometheus scrapes both versions, then release again.',
  },
  'no-traffic': {
    exitCode: unproven,
    proof: false,
    words: 'no requests reached the canary',
    nextStep: 'Send it traffic, or release at a time when there is some.',
  },
  'shared-degradation': {
    exitCode: unproven,
    proof: false,
    words: 'stable and canary degrade together',
    nextStep: 'Look at what both depend on. The release says nothing about the canary until that is over.',
  },
  infrastructure: {
    exitCode: unproven,
    proof: false,
    words: "the canary's nodes or sidecars are short of CPU",
    nextStep: 'Move its pods or give their sidecars more CPU, then release again.',
  },
  'metrics-outage': {
    exitCode: unproven,
    proof: false,
    words: 'metrics unavailable (Prometheus did not answer)',
    nextStep: 'Bring Prometheus back, then release again.',
  },
  'metrics-partial': {
    exitCode: unproven,
    proof: false,
    words: 'metrics unavailable (Prometheus gave incomplete answers)',
    nextStep:
      'Find the store, replica or remote read that its warnings name and bring it back, then release again.',
  },
  'metrics-unauthorized': {
    exitCode: unproven,
    proof: false,
    words: 'metrics unavailable (Prometheus refused the credentials)',
    nextStep:
      'Give credentials that last as long as a release: prometheus-token-file and prometheus-token-command are read anew when a token ends.',
  },
  'bad-data': {
    exitCode: unproven,
    proof: false,
    words: 'a gate got no number to judge by',
    nextStep: "Run the gate's query by hand: it must give one finite number.",
  },
  capacity: {
    exitCode: unproven,
    proof: false,
    words: 'the canary had too few ready pods for the next step',
    nextStep: 'Scale the canary up, or look at why its pods are not ready, then release again.',
  },
  cancelled: {
    exitCode: unproven,
    proof: false,
    words: 'the run was cancelled',
    nextStep: 'Run the release again when you want it to go on.',
  },
  superseded: {
    exitCode: unproven,
    proof: false,
    words: 'another process took the release over',
    nextStep: 'Follow the run that holds it now; this one changed nothing more.',
  },
  drift: {
    exitCode: unproven,
    proof: false,
    words: 'somebody else changed the routes',
    nextStep: 'Find who writes these routes (a GitOps tool, a person) and keep it away during a release.',
  },
  'step-complete': {
    exitCode: done,
    proof: false,
    words: "this run's step is complete",
    nextStep: 'The next scheduled run goes on.',
  },
  'rolled-back-by-command': {
    exitCode: done,
    proof: false,
    words: 'rolled back by command',
    nextStep: 'The version that was rolled back stays deployed; release it again when it is fixed.',
  },
  'paused-by-command': {
    exitCode: unproven,
    proof: false,
    words: 'paused by command',
    nextStep: 'Its weights stay as they are, and nothing is judged until it is resumed.',
  },
  'aborted-by-command': {
    exitCode: unproven,
    proof: false,
    words: 'aborted by command',
    nextStep: 'The canary stays deployed; release it again when you want it.',
  },
  'bad-input': {
    exitCode: badInput,
    proof: false,
    words: 'an input or the configuration is wrong',
    nextStep: 'Correct what the message names and run it again.',
  },
  preflight: {
    exitCode: refused,
    proof: false,
    words: 'a check before the release failed',
    nextStep: 'Follow what the checks say and run it again.',
  },
  locked: {
    exitCode: refused,
    proof: false,
    words: 'another run holds the release',
    nextStep: 'Wait for that run.',
  },
  'release-in-flight': {
    exitCode: refused,
    proof: false,
    words: 'another release is in flight',
    nextStep: 'Wait for it, or end it first.',
  },
  'no-previous-version': {
    exitCode: refused,
    proof: false,
    words: 'no previous version is known',
    nextStep: 'Release the version that you want.',
  },
  'target-not-ready': {
    exitCode: refused,
    proof: false,
    words: 'what it needs is not there or not ready',
    nextStep: 'Deploy or scale what the message names and run it again.',
  },
  unreachable: {
    exitCode: refused,
    proof: false,
    words: 'the cluster or Prometheus could not be reached',
    nextStep: 'Check the address and the network, then run it again.',
  },
  'not-permitted': {
    exitCode: refused,
    proof: false,
    words: 'a permission is missing',
    nextStep: 'Grant the permission that the message names and run it again.',
  },
  'route-not-editable': {
    exitCode: refused,
    proof: false,
    words: 'the routes can not be changed safely',
    nextStep: 'Change the routes as the message says, or name the rules that are meant (routes).',
  },
  'rollback-failed': {
    exitCode: unsafe,
    proof: false,
    words: 'traffic could not be put back',
    nextStep: 'Put it back by hand, or run the command below until it succeeds.',
  },
  'initial-version-failed': {
    exitCode: unsafe,
    proof: false,
    words: 'the first version fails and there is none to return to',
    nextStep: 'Deploy a version that works, then release it.',
  },
  'stable-unavailable': {
    exitCode: unsafe,
    proof: false,
    words: 'the stable version has no ready pods to return to',
    nextStep: 'Scale the stable version up first; nothing was moved.',
  },
  internal: {
    exitCode: unsafe,
    proof: false,
    words: 'the program stopped by a fault of its own',
    nextStep: 'Look where traffic stands, and report the fault with the record of the run.',
  },
} as const satisfies Record<string, Reason>

/** Why a release stands where it stands. A closed list: scripts rely on it. */
export type ReasonCode = keyof typeof reasons

/** reasonCodes lists them all, ends that went well first. */
export const reasonCodes = Object.keys(reasons) as readonly ReasonCode[]

/** isReasonCode tells whether a text from outside, a state or a record, is one of the codes. */
export function isReasonCode(text: string): text is ReasonCode {
  return Object.hasOwn(reasons, text)
}

/** reasonOf gives all that is known of a code. */
export function reasonOf(code: ReasonCode): Reason {
  return reasons[code]
}
