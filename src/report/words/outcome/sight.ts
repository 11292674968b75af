import type { Sight } from '../../../release/outcome/sight.ts'

const causes: Record<Extract<Sight, { kind: 'not-seen' }>['why'], string> = {
  'no-prometheus': 'no prometheus-url',
  'no-answer': "Prometheus didn't answer",
  'too-few': 'too few requests were counted after the write',
}

/** sightText says in one sentence what was seen of the canary's share after a rollback was written. */
export function sightText(sight: Sight): string {
  switch (sight.kind) {
    case 'seen': {
      const still = sight.lasting ? 'still ' : ''
      return `Seen: ${sight.canary} of ${sight.total} requests ${still}reached ${sight.version} after the write settled.`
    }
    case 'not-seen':
      return `Not seen: ${causes[sight.why]}.`
    case 'not-resolved':
      return `Not seen: the routes were not followed to pods: ${sight.error}`
    case 'not-watched':
      return 'Not watched: the run was cancelled.'
  }
}
