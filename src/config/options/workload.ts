import { trafficCommands, versionCommands } from './command-groups.ts'
import type { Option } from './option.ts'

/** workloadOptions say what a release makes of an image. */
export const workloadOptions = [
  {
    name: 'image',
    kind: 'images',
    group: 'Target',
    summary:
      'Image to release: the canary is made from the Deployment that serves, and removed where it fails.',
    details:
      'One image, for the containers whose images are of its repository, else for the only container; or `container=image` pairs with commas between. No deploy step, no `pin` and no `version` are needed beside it: docs/workloads.md says for which Deployments, and what is made.',
    example: 'ghcr.io/octo/my-api:v2',
    default: null,
    absent: 'the canary is deployed already',
    commands: versionCommands,
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'workload',
    kind: 'enum',
    group: 'Target',
    summary: 'How the canary of an `image` is made.',
    details:
      '`in-place`: a temporary Deployment beside the one that there is, which gets the image itself once every step has passed. `per-version`: a Deployment per version, told apart by the label `version` of their selectors: the canary of `my-api-v1` is `my-api-v2`. `tracks`: two standing Deployments behind the Service; the one whose name or label ends in `canary` gets the image first, the other one once every step has passed. `auto` takes what there is: two such Deployments, one that is named after its version, or any other one.',
    example: 'per-version',
    default: 'auto',
    allowed: ['auto', 'in-place', 'per-version', 'tracks'],
    commands: versionCommands,
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'canary-replicas',
    kind: 'replicas',
    group: 'Target',
    summary: 'Replicas of the canary of an `image`.',
    details:
      "`proportional`: as many as the share of the next step needs of stable's, at least one, and all of them before 100%. `match`: all of them from the beginning. A number: at least so many.",
    example: 'match',
    default: 'proportional',
    commands: versionCommands,
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'drain',
    kind: 'duration',
    group: 'Target',
    setting: 'release',
    summary: 'Time that requests under way get before a canary that has lost its traffic is removed.',
    details:
      'It begins when every proxy has had `settle-min` to follow the routes. A run that is told to stop waits for `settle-min` alone.',
    example: '2m',
    default: null,
    absent: "the termination grace of the canary's pods (30s where they say none)",
    greatest: '30m',
    commands: trafficCommands,
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'copy-policies',
    kind: 'boolean',
    group: 'Target',
    summary: "Copy the policies that are about stable's pods for the temporary canary of an `image`.",
    details:
      'Of Istio and NetworkPolicies, where they select stable by a label that the canary has another value of. The copies go with it. Without this, such a policy refuses the release: a canary outside of it would be a hole. Policies that name stable as a peer are never copied.',
    example: 'true',
    default: 'false',
    commands: versionCommands,
    places: ['input', 'flag', 'file'],
  },
] as const satisfies readonly Option[]
