import { Failure } from '../release/failure.ts'
import { anyOf, checkLabelName, type LabelMatcher, lookback, rangeOf, selector } from '../release/promql.ts'

/** classLabels say what became of a request; queries keep them, so that only `classes` judges them. */
export const classLabels = [
  'response_code',
  'response_flags',
  'grpc_response_status',
  'request_protocol',
] as const

/** targetLabels name a scrape target: one proxy, one counter. */
const targetLabels = ['instance', 'pod'] as const

export const requestsMetric = 'istio_requests_total'

/**
 * startMetrics say when a target's process started. Istio's agent, which lives and dies with the proxy, writes
 * the first; on a merged endpoint the second is the application's own, so a change of it alone proves nothing.
 */
export const startMetrics = {
  proxy: 'istio_agent_process_start_time_seconds',
  process: 'process_start_time_seconds',
} as const

/**
 * heldSeries keeps a target's last values in sight after it ended. A target that is still scraped shows what it shows
 * now, and only that: series that a restart took away must not linger beside the new ones.
 */
export function heldSeries(series: string): string {
  return `${series} or on (${targetLabels.join(', ')}) last_over_time(${series}[${rangeOf(lookback)}])`
}

/** sumPerTarget adds up a selector's series: one result per scrape target and combination of `labels`. */
export function sumPerTarget(series: string, labels: readonly string[]): string {
  const by = [...new Set([...targetLabels, ...labels.map(checkLabelName)])]
  return `sum by (${by.join(', ')}) (${heldSeries(series)})`
}

/** HostQuery names the requests of one host as one reporter saw them. */
interface HostQuery {
  reporter: 'source' | 'destination'
  /** FQDN, or several joined by a comma. */
  host: string
}

/** hostMatchers select a host's requests. */
export function hostMatchers({ reporter, host }: HostQuery): LabelMatcher[] {
  return [{ label: 'reporter', op: '=', value: reporter }, hostMatcher(hostNames(host))]
}

/** hostMatcher selects the requests to any of some hosts. */
export function hostMatcher(names: readonly string[]): LabelMatcher {
  const [only] = names
  return names.length === 1 && only !== undefined
    ? { label: 'destination_service', op: '=', value: only }
    : { label: 'destination_service', op: '=~', value: anyOf(names) }
}

/** hostNames lets hosts' names through, one or several joined by a comma; throws Failure `invalid-input`. */
export function hostNames(host: string): string[] {
  return host.split(',').map(checkHostName)
}

/** checkHostName lets a host's name through; throws Failure `invalid-input`. */
function checkHostName(host: string): string {
  if (host.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(host)) return host
  throw new Failure('invalid-input', `'${printable(host)}' is not a host's name`, {
    details: { field: 'host', value: printable(host), allowed: 'lower case letters, digits, - and .' },
  })
}

/** unreachedFlags: no cluster, no healthy endpoint, circuit breaker open. */
const unreachedFlags = '(.*,)?(NC|UH|UO)(,.*)?'

/**
 * unreachedMatchers select the requests for a host that reached no pod, as callers saw them. With a cluster
 * (UH, UO) Istio writes the host's FQDN. Without one (NC) a sidecar writes the Host header as it came, so the
 * forms that can mean no other host are counted: with the namespace in it from anywhere, the bare name from the
 * host's own namespace. A gateway writes `unknown` there, for every host alike: that can't be counted for one.
 */
export function unreachedMatchers(host: string, namespace: string): LabelMatcher[][] {
  const fqdns = hostNames(host)
  const shorts = fqdns.map((fqdn) => fqdn.split('.')[0] as string)
  const base: LabelMatcher[] = [
    { label: 'reporter', op: '=', value: 'source' },
    { label: 'destination_workload', op: '=~', value: 'unknown|' },
    { label: 'response_flags', op: '=~', value: unreachedFlags },
  ]
  const spaces = shorts.map((short) => `${short}.${namespace}`)
  const names = anyOf([...new Set([...fqdns, ...spaces, ...spaces.map((space) => `${space}.svc`)])])
  const bare = shorts.length === 1 ? anyOf(shorts) : `(${anyOf(shorts)})`
  return [
    [...base, { label: 'destination_service', op: '=~', value: `(${names})(:[0-9]+)?` }],
    [
      ...base,
      { label: 'destination_service', op: '=~', value: `${bare}(:[0-9]+)?` },
      { label: 'source_workload_namespace', op: '=', value: namespace },
    ],
  ]
}

/** startsQuery: when the processes behind the targets of a host started, in seconds since the epoch. */
export function startsQuery(kind: keyof typeof startMetrics, series: readonly string[]): string {
  const on = targetLabels.join(', ')
  const last = (one: string) => `last_over_time(${one}[${rangeOf(lookback)}])`
  return `max by (${on}) (${last(startMetrics[kind])} and on (${on}) (${series.map(last).join(' or ')}))`
}

/** scrapedQuery: which of the instances were scraped well. */
export function scrapedQuery(instances: readonly string[]): string {
  const up = selector('up', [{ label: 'instance', op: '=~', value: anyOf(instances) }])
  return `max by (${targetLabels.join(', ')}) (${up})`
}

function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, ' ').slice(0, 120)
}
