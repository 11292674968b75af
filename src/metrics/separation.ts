import { sideOf } from './counting/classes.ts'
import type { QueryResult } from './http/query-result.ts'
import {
  checkLabelName,
  hostMatchers,
  type LabelMatcher,
  rangeOf,
  requestsMetric,
  selector,
} from './promql.ts'

/** LabelCandidate is a label that may tell canary from stable, with the values that it should have for each. */
export interface LabelCandidate {
  label: string
  canary: string
  stable: string
}

/**
 * LabelProof says what the series of this cluster show about a candidate: `separates` where each value has series of
 * its own; `stable-only` where stable's value has series and the canary has none yet (no request so far);
 * `blind` where stable's requests carry another value, or none.
 */
export interface LabelProof extends LabelCandidate {
  verdict: 'separates' | 'stable-only' | 'blind'
  /** Values that the label really has, most requests first, at most ten. */
  seen: string[]
}

/** VersionLabels is what is known of the pods of both versions: names of their Deployments, and labels. */
export interface VersionLabels {
  canary: { workload: string; version: string | null; revision: string | null }
  stable: { workload: string; version: string | null; revision: string | null }
}

/**
 * candidates lists the labels worth a try, best first. `destination_workload` is known for every request that
 * picked an endpoint; the canonical revision stays known where a connection failed, but may be another label
 * of the pod than the version; `destination_version` is lost with every failed connection; `pod` is the
 * reporter's own, so it tells versions apart only where the pods' own proxies report.
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
 * reachedOnly leaves out the requests that got to nobody: no label could name their version. An absent label
 * stays: telemetry may have removed it, and another label may still tell.
 */
export const reachedOnly: LabelMatcher = { label: 'destination_workload', op: '!=', value: 'unknown' }

/** proofOf reads the answer to `separationQuery`. */
export function proofOf(candidate: LabelCandidate, answer: QueryResult): LabelProof {
  const rows = answer.series
    .map(({ labels, samples }) => ({ labels, count: samples.at(-1)?.[1] ?? 0 }))
    .sort((a, b) => b.count - a.count)
  const arms = new Set(rows.map(({ labels }) => sideOf(labels, candidate)))
  const verdict = !arms.has('stable') ? 'blind' : arms.has('canary') ? 'separates' : 'stable-only'
  const seen = rows.map(({ labels }) => labels[candidate.label] ?? '').slice(0, 10)
  return { ...candidate, verdict, seen }
}

/**
 * chooseLabel picks the label that the versions are told apart by: the first one proven, else the first one
 * that stable shows as it should; null where none does. `destination_workload` is the fallback before any
 * request was seen, and it is the caller's to say so.
 */
export function chooseLabel(proofs: readonly LabelProof[]): LabelProof | null {
  const of = (verdict: LabelProof['verdict']) => proofs.find((proof) => proof.verdict === verdict)
  return of('separates') ?? of('stable-only') ?? null
}
