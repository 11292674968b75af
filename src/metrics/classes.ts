import type { CountSource } from '../release/counts.ts'
import { Failure } from '../release/failure.ts'

/** Outcome of a request. `abandoned`: its client went away before an answer; `unreached`: it got to nobody. */
export type Outcome = 'good' | 'bad' | 'abandoned' | 'unreached'

/** Meaning says whose a series is and what its requests came to. */
export interface Meaning {
  arm: 'canary' | 'stable' | 'other'
  outcome: Outcome
}

type Labels = Readonly<Record<string, string>>

/** UNKNOWN, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE, DATA_LOSS. */
const badStatuses = new Set(['2', '4', '8', '12', '13', '14', '15'])

/**
 * outcomeOf judges a class of requests: bad are 5xx, code 0 (no answer was sent) unless the client went away
 * (flag DC), and of gRPC the statuses 2, 4, 8 and 12 to 15. Throws Failure `bad-answer` where the telemetry
 * carries neither a code nor a gRPC status: nothing could be told from it.
 */
export function outcomeOf(labels: Labels): Outcome {
  const code = labels.response_code ?? ''
  const status = labels.grpc_response_status ?? ''
  if (code === '' && status === '') {
    throw new Failure(
      'bad-answer',
      "istio_requests_total has no label response_code: the mesh's Telemetry removes it, so errors can't be counted; keep the labels response_code and grpc_response_status",
    )
  }
  if (code === '0') return (labels.response_flags ?? '').split(',').includes('DC') ? 'abandoned' : 'bad'
  if (/^5\d\d$/.test(code)) return 'bad'
  return badStatuses.has(status) ? 'bad' : 'good'
}

/** podOf matches the pods of a Deployment by the names that Kubernetes gives them. */
function podOf(deployment: string, pod: string): boolean {
  if (!pod.startsWith(`${deployment}-`)) return false
  return /^[a-z0-9]{1,10}-[a-z0-9]{5}$/.test(pod.slice(deployment.length + 1))
}

/**
 * armOf tells whose requests a series counts. With the label `pod` the values are names of Deployments, and a
 * pod belongs to the one that it is named after; every other label is compared as it is.
 */
export function armOf(
  labels: Labels,
  source: Pick<CountSource, 'label' | 'canary' | 'stable'>,
): Meaning['arm'] {
  const value = labels[source.label] ?? ''
  const is = (wanted: string) => (source.label === 'pod' ? podOf(wanted, value) : value === wanted)
  if (is(source.canary)) return 'canary'
  return is(source.stable) ? 'stable' : 'other'
}
