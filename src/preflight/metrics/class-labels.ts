import type { MetricsFacts, SeriesLabels } from '../../release/evidence/metrics-facts.ts'
import type { CheckFinding } from '../check.ts'

/** RequestFacts is what is known of the labels that a host's requests carry. */
type RequestFacts = Pick<MetricsFacts, 'series' | 'host' | 'selector'>

/**
 * classLabelFindings names labels that the mesh's Telemetry removes although failures are told by them: without
 * response_code nothing can be judged, without grpc_response_status every gRPC request looks well, without response_flags
 * what reached no pod, and whose client went away, can't be told.
 */
export function classLabelFindings(facts: RequestFacts): CheckFinding[] {
  return [codeFinding(facts), grpcFinding(facts), flagsFinding(facts)].filter((found) => found !== null)
}

function codeFinding(facts: RequestFacts): CheckFinding | null {
  const { series, host } = facts
  const unjudged = series.filter((labels) => !has(labels, 'response_code') && !has(labels, grpcStatus))
  if (unjudged.length === 0) return null
  const all = unjudged.length === series.length
  return {
    level: all ? 'error' : 'warning',
    text: `${all ? 'The requests' : 'Some requests'} to ${host} have no label response_code: the mesh's Telemetry removes it, so errors can't be counted.`,
    remedy: keepLabel(facts, 'response_code'),
  }
}

const grpcStatus = 'grpc_response_status'

function grpcFinding(facts: RequestFacts): CheckFinding | null {
  const grpc = facts.series.filter(({ request_protocol: protocol }) => protocol === 'grpc')
  // a stream that a client leaves, or that is reset, ends without a status, and says so by its flags
  const ended = grpc.filter(
    ({ response_code: code, response_flags: flags }) => code === '200' && (flags || '-') === '-',
  )
  if (ended.length === 0 || grpc.some((labels) => has(labels, grpcStatus))) return null
  return {
    level: ended.some((labels) => has(labels, 'response_flags')) ? 'error' : 'warning',
    text: `The gRPC requests to ${facts.host} have no label ${grpcStatus}: the mesh's Telemetry removes it. gRPC fails with the HTTP code 200, so every failure would be counted as well answered.`,
    remedy: keepLabel(facts, grpcStatus),
  }
}

function flagsFinding(facts: RequestFacts): CheckFinding | null {
  if (facts.series.some((labels) => has(labels, 'response_flags'))) return null
  return {
    level: 'warning',
    text: `The requests to ${facts.host} have no label response_flags: the mesh's Telemetry removes it. Requests that reach no pod can't be told from those that a pod fails, and a client that goes away counts as a failure.`,
    remedy: keepLabel(facts, 'response_flags'),
  }
}

function has(labels: SeriesLabels, name: string): boolean {
  return (labels[name] ?? '') !== ''
}

function keepLabel({ selector }: RequestFacts, label: string): string {
  return `Keep the label ${label} in the mesh's Telemetry (tagOverrides). What is there: ${selector}`
}
