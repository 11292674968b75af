import type { QueryResult } from '../../release/evidence/query-source.ts'
import { checkLabelName, type LabelMatcher, rangeOf, selector } from '../../release/promql.ts'
import { sideOfSeries } from '../counting/classes.ts'
import type { PrometheusApi } from '../http/api.ts'
import { hostMatchers, requestsMetric } from '../istio-queries.ts'
import type { LabelCandidate, LabelQuery, VersionLabelProof, VersionLabels } from '../request-counter.ts'

/**
 * candidates lists the labels worth a try, best first. `destination_workload` is known for every request that
 * picked an endpoint; the canonical revision stays known where a connection failed, but may be another label
 * of the pod than the version; `destination_version` is lost with every failed connection; `pod` is the
 * reporter's own, so it separates versions only where the pods' own proxies report.
 */
export function candidates(
  { canary, stable }: VersionLabels,
  reporter: 'source' | 'destination',
): LabelCandidate[] {
  const all: [string, string | null, string | null][] = [
    ['destination_workload', canary.workload, stable.workload],
    ['destination_canonical_revision', canary.revision, stable.revision],
    ['destination_version', canary.version, stable.version],
    ...(reporter === 'destination'
      ? ([['pod', canary.workload, stable.workload]] satisfies [string, string, string][])
      : []),
  ]
  return all.flatMap(([label, ours, theirs]) =>
    ours === null || theirs === null || ours === theirs || ours === '' || theirs === ''
      ? []
      : [{ label, canary: ours, stable: theirs }],
  )
}

/** separationQuery: the requests of a host per value of a label, over the last `ms`. */
export function separationQuery(
  host: string,
  reporter: 'source' | 'destination',
  label: string,
  ms: number,
  more: readonly LabelMatcher[] = [],
): string {
  const series = selector(requestsMetric, [...hostMatchers({ reporter, host }), ...more])
  return `sum by (${checkLabelName(label)}) (last_over_time(${series}[${rangeOf(ms)}]))`
}

/**
 * reachedOnly leaves out the requests that reached no pod: no label could name their version. An absent label
 * stays: telemetry may have removed it, and another label may still separate them.
 */
const reachedOnly: LabelMatcher = { label: 'destination_workload', op: '!=', value: 'unknown' }

/** proofOf reads the answer to `separationQuery`. */
export function proofOf(candidate: LabelCandidate, answer: QueryResult): VersionLabelProof {
  const rows = answer.series
    .map(({ labels, samples }) => ({ labels, count: samples.at(-1)?.[1] ?? 0 }))
    .sort((a, b) => b.count - a.count)
  const sides = new Set(rows.map(({ labels }) => sideOfSeries(labels, candidate)))
  const verdict = !sides.has('stable') ? 'blind' : sides.has('canary') ? 'separates' : 'stable-only'
  const seen = rows.map(({ labels }) => labels[candidate.label] ?? '').slice(0, 10)
  return { ...candidate, verdict, seen }
}

/** labelProofsOf tries which labels separate canary and stable in this cluster, best first. */
export async function labelProofsOf(
  api: PrometheusApi,
  query: LabelQuery,
  signal: AbortSignal,
): Promise<VersionLabelProof[]> {
  const { host, reporter, versions, from, until } = query
  return Promise.all(
    candidates(versions, reporter).map(async (candidate) => {
      const text = separationQuery(host, reporter, candidate.label, until - from, [reachedOnly])
      return proofOf(candidate, await api.instant(text, until, signal))
    }),
  )
}
