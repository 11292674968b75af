import type { LongRequests, MetricsFacts } from '../../release/evidence/metrics-facts.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { formatPercent } from '../../release/text/figures.ts'
import type { Check } from '../check.ts'

type Finding = ReturnType<Check['find']>[number]

/** A gRPC request of one message each way is no stream; on average so many messages a request show that there are some. */
const messagesOfStreams = 1.5
/** Websockets are worth a word from this share of the requests on. */
const notableShare = 0.05

const remedy =
  'Judge what lives by a gate of type query, on what the service itself counts (errors or messages of open streams); or let them end sooner while a release runs: a drain, or the longest age of a connection that server and clients agree on.'

/** streams asks whether requests end soon enough to be judged by: the mesh counts each when it ends. */
export const streams: Check = {
  id: 'metrics-streams',
  question: 'Do requests end soon enough to be judged by?',
  find({ metrics }) {
    if (metrics === null || metrics.longRequests === null) return []
    return [grpcStreams, websockets].flatMap(
      (rule) => rule(metrics, metrics.longRequests as LongRequests) ?? [],
    )
  },
}

function grpcStreams({ host }: MetricsFacts, { grpc, messagesPerSecond }: LongRequests): Finding | null {
  if (messagesPerSecond === 0 || messagesPerSecond < messagesOfStreams * grpc.perSecond) return null
  return {
    level: 'warning',
    text: `${host} gets ${figure(messagesPerSecond)} gRPC messages a second in ${figure(grpc.perSecond)} requests that end: they are streams, and one is counted when it ends${lag(grpc.meanSeconds)}. Messages show that streams live and how they are shared; they carry no code, so they prove nothing of their health.`,
    remedy,
  }
}

function websockets({ host }: MetricsFacts, { websockets: ended, perSecond }: LongRequests): Finding | null {
  if (perSecond === 0 || ended.perSecond < notableShare * perSecond) return null
  const share = formatPercent(ended.perSecond / perSecond)
  return {
    level: 'warning',
    text: `${share} of the requests to ${host} are websockets, and one is counted when it ends${lag(ended.meanSeconds)}. What happens within an open one shows nowhere.`,
    remedy,
  }
}

function lag(seconds: number | null): string {
  return seconds === null
    ? ', so the verdict lags by their length'
    : `, after ${formatDuration(Math.round(seconds) * 1000)} on average: the verdict lags by that`
}

function figure(perSecond: number): string {
  return String(Number(perSecond.toPrecision(2)))
}
