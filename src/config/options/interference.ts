import { rolloutCommands } from './command-groups.ts'
import type { Option } from './option.ts'

/** interferenceOptions say what happens when a run is cut off, or somebody else changes what it holds. */
export const interferenceOptions = [
  {
    name: 'on-cancel',
    kind: 'enum',
    group: 'Rollout',
    setting: 'release',
    summary: 'What happens to traffic when the run is cancelled.',
    details:
      '`rollback` puts it back within two minutes (in the `post` step of the action, at once on a command line), `pause` leaves it where it is and pauses the release, `ignore` leaves the release in flight at its weight, for the next run to go on. A rollback that had begun is finished with each of them.',
    example: 'pause',
    default: 'rollback',
    allowed: ['rollback', 'pause', 'ignore'],
    commands: rolloutCommands,
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'on-newer',
    kind: 'enum',
    group: 'Rollout',
    setting: 'release',
    summary: 'What happens when a rollout finds another version of the service in flight.',
    details:
      '`refuse` ends with 3 and names the run that holds the release. `supersede` puts all traffic back on stable, then begins with the newer version; the older release ends as `superseded`. `queue` waits for its end, up to `queue-timeout`; with `mode: step` it exits at once. With `supersede` and `queue`, `pin` succeeds while another version is in flight: its routes are pinned (docs/newer.md).',
    example: 'supersede',
    default: 'refuse',
    allowed: ['refuse', 'supersede', 'queue'],
    commands: ['rollout', 'pin'],
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'queue-timeout',
    kind: 'duration',
    group: 'Rollout',
    setting: 'release',
    summary: 'Time that `on-newer: queue` waits for the release in flight to end.',
    details: 'When it is over, the run ends with 3 and nothing was written.',
    example: '3h',
    default: '1h',
    greatest: '7d',
    commands: ['rollout'],
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'watchdog',
    kind: 'duration-or-off',
    group: 'Rollout',
    setting: 'release',
    summary: 'Time without a living run after which a Job in the cluster puts traffic back.',
    details:
      'A small Job is made before the first shift and removed at the end. It needs the ServiceAccount and Role of `examples/manifests/watchdog-rbac.yaml`, applied once by an administrator: docs/watchdog.md.',
    example: '10m',
    default: 'off',
    least: '1m',
    greatest: '24h',
    commands: rolloutCommands,
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'watchdog-image',
    kind: 'image',
    group: 'Rollout',
    setting: 'release',
    summary: 'Image of the watchdog: any that has `sh` and `curl`.',
    details:
      'It is started before anything of a release is written. Nobody here has verified what is in the default: mirror one that you trust, and pin it by digest.',
    example:
      'registry.example.com/tools/curl@sha256:0000000000000000000000000000000000000000000000000000000000000000',
    default:
      'docker.io/curlimages/curl:8.11.1@sha256:c1fe1679c34d9784c1b0d1e5f62ac0a79fca01fb6377cdd33e90473c6f9f9a69',
    commands: rolloutCommands,
    places: ['input', 'flag', 'file'],
  },
  {
    name: 'on-drift',
    kind: 'enum',
    group: 'Rollout',
    setting: 'release',
    summary: "What happens when another writer changes the canary's share during a release.",
    details:
      '`hold` overwrites nothing: the release pauses, says who changed what, and exits with 4. `restore` writes its own weights again, three times at most, then holds. `adopt` goes on from a share that is lower than its own and judges it like a step; a higher one is held.',
    example: 'restore',
    default: 'hold',
    allowed: ['hold', 'restore', 'adopt'],
    commands: rolloutCommands,
    places: ['input', 'flag', 'file'],
  },
] as const satisfies readonly Option[]
