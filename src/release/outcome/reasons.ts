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

/** reasonKind gives a maker of reasons that have their exit code, and whether they are proof, in common. */
function reasonKind(exitCode: ExitCode, proof: boolean): (words: string, nextStep: string) => Reason {
  return (words, nextStep) => ({ exitCode, proof, words, nextStep })
}

const well = reasonKind(done, false)
const proved = reasonKind(rolledBack, true)
const unprovenEnd = reasonKind(unproven, false)
const wrongInput = reasonKind(badInput, false)
const refusedFor = reasonKind(refused, false)
const unsafeFor = reasonKind(unsafe, false)

const reasons = {
  'all-steps-passed': well('all steps passed', 'The previous version stays deployed for a rollback.'),
  'promoted-unproven': well(
    'promoted unproven, with too few requests for a pass',
    'Watch its error rate for a while. For a proof release at a time of more traffic, or raise final-duration.',
  ),
  'promoted-by-command': well(
    'promoted by command, without waiting for a verdict',
    'Watch its error rate for a while: no verdict stands behind it.',
  ),
  initialized: well('the first version of its service', 'The next version will be compared with it.'),
  'already-promoted': well('was serving all traffic already', 'Nothing is left to do.'),
  pinned: well('all routes name the serving version', 'Deploy the canary, then release it.'),
  inspected: well('only inspected', 'Nothing was written.'),
  'nothing-to-do': well('nothing was to be done', 'Nothing was changed.'),
  watchdog: unprovenEnd(
    'nobody drove the release any more, and its watchdog put traffic back',
    'Find out why its run ended without a word, then release it again.',
  ),
  'worse-than-stable': proved(
    'fails more often than stable',
    "Look at the canary's errors and logs, fix it and release the fix.",
  ),
  'over-limit': proved(
    'fails more often than max-error-rate allows',
    "Look at the canary's errors and logs, fix it and release the fix.",
  ),
  'outside-limits': proved(
    'a gate is outside its limits',
    'Look at what that gate measures, fix the canary and release the fix.',
  ),
  'requests-lost': proved(
    'requests reached no pod',
    'A route leads nowhere: compare the labels that it selects pods by with the labels of the pods.',
  ),
  'pods-lost': proved(
    'the canary lost its ready pods',
    'Look at why its pods are not ready (kubectl describe), fix it and release the fix.',
  ),
  'share-exceeded': proved(
    'the canary got more traffic than its target share',
    'Find who reaches its pods past the route: another Service, a second route, or callers without a proxy.',
  ),
  'too-little-evidence': unprovenEnd(
    'not enough requests for a verdict',
    'Give the step more time (step-timeout) or a larger share, or release at a time of more traffic.',
  ),
  suspicious: unprovenEnd(
    'looks worse than stable, not yet proved',
    "Look at the canary's errors before you go on, or give the step more time (step-timeout).",
  ),
  'no-data': unprovenEnd(
    'metrics unavailable (no usable counts from Prometheus)',
    'Check that Prometheus scrapes both versions, then release again.',
  ),
  'no-traffic': unprovenEnd(
    'no requests reached the canary',
    'Send it traffic, or release at a time when there is some.',
  ),
  'shared-degradation': unprovenEnd(
    'stable and canary degrade together',
    'Look at what both depend on. The release says nothing about the canary until that is over.',
  ),
  infrastructure: unprovenEnd(
    "the canary's nodes or sidecars are short of CPU",
    'Move its pods or give their sidecars more CPU, then release again.',
  ),
  'metrics-outage': unprovenEnd(
    'metrics unavailable (Prometheus did not answer)',
    'Bring Prometheus back, then release again.',
  ),
  'metrics-partial': unprovenEnd(
    'metrics unavailable (Prometheus gave incomplete answers)',
    'Find the store, replica or remote read that its warnings name and bring it back, then release again.',
  ),
  'metrics-unauthorized': unprovenEnd(
    'metrics unavailable (Prometheus refused the credentials)',
    'Give credentials that last as long as a release: prometheus-token-file and prometheus-token-command are read anew when a token ends.',
  ),
  'bad-data': unprovenEnd(
    'a gate got no number to judge by',
    "Run the gate's query by hand: it must give one finite number.",
  ),
  capacity: unprovenEnd(
    'the canary had too few ready pods for the next step',
    'Scale the canary up, or look at why its pods are not ready, then release again.',
  ),
  'image-not-ready': unprovenEnd(
    "the canary's image could not be pulled",
    'Check that the tag exists, and that the cluster may pull it (imagePullSecrets), then release again.',
  ),
  'takeover-failed': unprovenEnd(
    "stable's own Deployment did not take the new version over",
    'Look at its new pods. All traffic is on the canary, which every step has passed: run the same release again to try once more.',
  ),
  cancelled: unprovenEnd('the run was cancelled', 'Run the release again when you want it to go on.'),
  superseded: unprovenEnd('superseded by another run', 'Follow that run; this one changes nothing more.'),
  drift: unprovenEnd(
    'somebody else changed the routes',
    'Find who writes these routes (a GitOps tool, a person) and keep it away during a release.',
  ),
  'step-complete': well("this run's step is complete", 'The next scheduled run goes on.'),
  'rolled-back-by-command': well(
    'rolled back by command',
    'The version that was rolled back stays deployed; release it again when it is fixed.',
  ),
  'paused-by-command': unprovenEnd(
    'paused by command',
    'Its weights stay as they are, and nothing is judged until it is resumed.',
  ),
  'aborted-by-command': unprovenEnd(
    'aborted by command',
    'A canary that was made of an image is removed, any other stays deployed; release it again when you want it.',
  ),
  'bad-input': wrongInput(
    'an input or the configuration is wrong',
    'Correct what the message names and run it again.',
  ),
  preflight: refusedFor('a check before the release failed', 'Follow what the checks say and run it again.'),
  locked: refusedFor('another run holds the release', 'Wait for that run.'),
  'release-in-flight': refusedFor('another release is in flight', 'Wait for it, or end it first.'),
  'state-lost': refusedFor(
    'the state of its release is gone or can not be read',
    'End that release: abort, rollback and pin follow the routes where there is no state.',
  ),
  'no-previous-version': refusedFor('no previous version is known', 'Release the version that you want.'),
  'target-not-ready': refusedFor(
    'what it needs is not there or not ready',
    'Deploy or scale what the message names and run it again.',
  ),
  unreachable: refusedFor(
    'the cluster or Prometheus could not be reached',
    'Check the address and the network, then run it again.',
  ),
  'not-permitted': refusedFor(
    'a permission is missing',
    'Grant the permission that the message names and run it again.',
  ),
  'route-not-editable': refusedFor(
    'the routes can not be changed safely',
    'Change the routes as the message says, or name the rules that are meant (routes).',
  ),
  'rollback-failed': unsafeFor(
    'traffic could not be put back',
    'Put it back by hand, or run the command below until it succeeds.',
  ),
  'not-reached': unsafeFor(
    'not everybody reaches the version that has all the weight',
    'Look at where every route of the host leads, or roll back.',
  ),
  'initial-version-failed': unsafeFor(
    'the first version fails and there is none to return to',
    'Deploy a version that works, then release it.',
  ),
  'stable-unavailable': unsafeFor(
    'the stable version has no ready pods to return to',
    'Scale the stable version up first; nothing was moved.',
  ),
  internal: unsafeFor(
    'the program stopped by a fault of its own',
    'Look where traffic stands, and report the fault with the record of the run.',
  ),
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
