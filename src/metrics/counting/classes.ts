import { answerFails, answerOf } from '../../release/evidence/answers.ts'
import { Failure } from '../../release/failure.ts'
import { classLabels } from '../istio-queries.ts'

/** RequestOutcome: `abandoned`: the client went away before an answer; `unreached`: no pod got the request. */
type RequestOutcome = 'good' | 'bad' | 'abandoned' | 'unreached'

/** Speed of a request in a cumulative histogram: `any` counts them all, `quick` those within the bound. */
type Speed = 'any' | 'quick'

/** SeriesClass says whose a series is and what its requests came to. */
export interface SeriesClass {
  side: 'canary' | 'stable' | 'other'
  outcome: RequestOutcome | Speed
  /** Value of the label that names routes; empty where requests are not separated by route. */
  route: string
  /** Name of the answer (`answerOf`); empty where answers are not told apart. */
  answer: string
}

/** outcomeWeights is what one request of an outcome counts for; of a histogram, the slow ones are all but the quick ones. */
export const outcomeWeights: Record<SeriesClass['outcome'], { all: number; bad: number }> = {
  good: { all: 1, bad: 0 },
  bad: { all: 1, bad: 1 },
  unreached: { all: 1, bad: 0 },
  abandoned: { all: 0, bad: 0 },
  any: { all: 1, bad: 1 },
  quick: { all: 0, bad: -1 },
}

/** ClassScheme says how series are read: which label separates the versions, and what counts as bad. */
export interface ClassScheme {
  label: string
  canary: string
  stable: string
  /** Label that names the route or operation. */
  route?: string
  /** `outcome` (default): bad is what failed. `speed`: bad is what took longer than the histogram's bound. */
  by?: 'outcome' | 'speed'
}

type Labels = Readonly<Record<string, string>>

/**
 * requestOutcome judges a class of requests: bad are 5xx, code 0 (no answer was sent) unless the client went away
 * (flag DC), and of gRPC the statuses 2, 4, 8 and 12 to 15. Throws Failure `bad-answer` where the telemetry
 * carries neither a code nor a gRPC status: nothing could be judged by it.
 */
export function requestOutcome(labels: Labels): RequestOutcome {
  const code = labels.response_code ?? ''
  const status = labels.grpc_response_status ?? ''
  if (code === '' && status === '') {
    throw new Failure(
      'bad-answer',
      "istio_requests_total has no label response_code: the mesh's Telemetry removes it, so errors can't be counted; keep the labels response_code and grpc_response_status",
    )
  }
  const gone = code === '0' && (labels.response_flags ?? '').split(',').includes('DC')
  if (gone) return 'abandoned'
  return answerFails(answerOf(code, status)) ? 'bad' : 'good'
}

/** podOf matches the pods of a Deployment by the names that Kubernetes gives them. */
function podOf(deployment: string, pod: string): boolean {
  if (!pod.startsWith(`${deployment}-`)) return false
  return /^[a-z0-9]{1,10}-[a-z0-9]{5}$/.test(pod.slice(deployment.length + 1))
}

/**
 * sideOfSeries says whose requests a series counts. With the label `pod` the values are names of Deployments, and a
 * pod belongs to the one that it is named after; every other label is compared as it is.
 */
export function sideOfSeries(labels: Labels, scheme: ClassScheme): SeriesClass['side'] {
  const value = labels[scheme.label] ?? ''
  const is = (wanted: string) => (scheme.label === 'pod' ? podOf(wanted, value) : value === wanted)
  if (is(scheme.canary)) return 'canary'
  return is(scheme.stable) ? 'stable' : 'other'
}

/** speedOf reads the bound of a histogram's bucket: the last one holds every request. */
function speedOf(labels: Labels): Speed {
  return labels.le === '+Inf' ? 'any' : 'quick'
}

/** classifySeries reads the labels of a series. Throws Failure `bad-answer` where they can't be judged. */
export function classifySeries(labels: Labels, scheme: ClassScheme): SeriesClass {
  const outcome = scheme.by === 'speed' ? speedOf(labels) : requestOutcome(labels)
  const route = scheme.route === undefined ? '' : (labels[scheme.route] ?? '')
  const answer =
    scheme.by === 'speed' ? '' : answerOf(labels.response_code ?? '', labels.grpc_response_status ?? '')
  return { side: sideOfSeries(labels, scheme), outcome, route, answer }
}

/** classLabelsOf lists the labels that a scheme needs beside the target's. */
export function classLabelsOf(scheme: ClassScheme): string[] {
  const route = scheme.route === undefined ? [] : [scheme.route]
  return [scheme.label, ...route, ...(scheme.by === 'speed' ? ['le'] : classLabels)]
}
