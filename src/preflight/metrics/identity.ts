import type { MetricsFacts, SeriesLabels } from '../../release/evidence/metrics-facts.ts'
import type { Check, CheckFinding } from '../check.ts'
import { copiesOf } from './copies.ts'
import { labelText } from './label-text.ts'

/** Labels that name a cluster, a tenant, a mesh or a copy of the store: one release is about one of each. */
const identities =
  /^(_+)?(cluster|cluster_?(id|name)|k8s_cluster(_name)?|destination_cluster|tenant(_id)?|mesh(_id)?|prometheus|prometheus_replica|replica|replica_name|ha_replica|receive_replica|thanos_replica|monitor|datacenter|environment|env|stage)(_+)?$/

/** identity asks whether all series are of one cluster, one tenant and one copy of the store. */
export const identity: Check = {
  id: 'metrics-identity',
  question: 'Are the requests those of one cluster, each counted once?',
  find({ metrics }) {
    if (metrics === null) return []
    const copies = copiesOf(metrics)
    const blended = blendedLabels(metrics).filter((label) => !copies.labels.includes(label))
    return [
      ...(copies.labels.length === 0 ? [] : [copiesFinding(metrics, copies.labels)]),
      ...blended.map((label) => blendFinding(metrics, label)),
      // pods of another cluster that a label above sets apart are said with it
      ...(blended.length > 0 ? [] : foreignFindings(metrics)),
      ...(metrics.repeatable ? [] : [balancedPair]),
    ]
  },
}

/** Labels of identity with several values that don't make copies. */
function blendedLabels({ series }: MetricsFacts): string[] {
  const names = [...new Set(series.flatMap((labels) => Object.keys(labels)))]
  return names.filter((name) => identities.test(name) && valuesOf(series, name).length > 1)
}

/** Istio writes `unknown` where a request reached no pod, or its caller is outside the mesh: that is nobody else's. */
function valuesOf(series: readonly SeriesLabels[], label: string): string[] {
  const values = series.map((labels) => labels[label] ?? '').filter((value) => value !== 'unknown')
  return [...new Set(values)].sort()
}

function copiesFinding(metrics: MetricsFacts, labels: readonly string[]): CheckFinding {
  const values = (label: string) => valuesOf(metrics.series, label)
  const [first = ''] = labels
  const which =
    labels.length === 1
      ? `the label ${first} with ${values(first).length} values (${list(values(first))})`
      : `several labels: ${labels.map((label) => `${label} (${list(values(label))})`).join(', ')}`
  return {
    level: 'error',
    text: `The requests to ${metrics.host} carry ${which}: the same series stand there once for each value, so every request would be counted several times.`,
    remedy: chooseOne(metrics, first),
  }
}

function blendFinding(metrics: MetricsFacts, label: string): CheckFinding {
  const values = valuesOf(metrics.series, label)
  return {
    level: 'error',
    text: `The requests to ${metrics.host} carry the label ${label} with ${values.length} values (${list(values)}): requests of others would be counted as those of this release.`,
    remedy: chooseOne(metrics, label),
  }
}

function chooseOne({ series, pods }: MetricsFacts, label: string): string {
  const ours = series.find(({ pod = '' }) => pods.ready.includes(pod))?.[label]
  const all = series.map((labels) => labels[label] ?? '').filter((value) => value !== 'unknown')
  const value = shown(ours || (all.find((one) => one !== '') ?? ''))
  return `Choose one: prometheus-match: '${label}="${value}"', or query a store that removes the copies (see docs/prometheus.md).`
}

/** Pods that are not behind the Service answer its requests: another cluster's, whether a label tells them apart or not. */
function foreignFindings(metrics: MetricsFacts): CheckFinding[] {
  const { host, foreignPods: foreign, series } = metrics
  if (foreign.length === 0) return []
  const label = separatingLabel(series, new Set(foreign))
  const many =
    foreign.length === 1
      ? `A pod that is not behind the Service (${foreign[0]}) reports`
      : `${foreign.length} pods that are not behind the Service (${foreign.slice(0, 3).map(shown).join(', ')}) report`
  return [
    {
      level: 'error',
      text: `${many} to answer requests to ${host} now: another cluster of the same names writes to this store, and its requests would be counted as those of this release.`,
      remedy:
        label === null
          ? 'Give each cluster a label of its own (external_labels), and choose one by prometheus-match; or query the Prometheus of this cluster.'
          : `Choose yours: prometheus-match: '${label.name}="${shown(label.value)}"', or query the Prometheus of this cluster.`,
    },
  ]
}

/** The label by which a store tells clusters apart: few values, none of which ours and the others share. */
function separatingLabel(
  series: readonly SeriesLabels[],
  foreign: ReadonlySet<string>,
): { name: string; value: string } | null {
  const answered = series.filter(({ reporter, pod = '' }) => reporter === 'destination' && pod !== '')
  const of = (theirs: boolean) => answered.filter(({ pod = '' }) => foreign.has(pod) === theirs)
  const names = [...new Set(answered.flatMap((labels) => Object.keys(labels)))].filter(
    (name) => !/^(instance|pod.*|node|source_.*|destination_.*)$/.test(name),
  )
  for (const name of names.sort()) {
    const [ours, others] = [valuesOf(of(false), name), valuesOf(of(true), name)]
    const [value] = ours
    if (ours.length === 1 && value && !others.includes(value)) return { name, value }
  }
  return null
}

const balancedPair: CheckFinding = {
  level: 'error',
  text: 'The same question about the past gets different answers, back and forth: a load balancer asks one replica of Prometheus and then another, which scrape at other moments. Counts would jump between what one has and what the other has.',
  remedy:
    'Give the address of one replica as prometheus-url, or a store that merges them (Thanos with --query.replica-label).',
}

function list(values: readonly string[]): string {
  return values
    .slice(0, 5)
    .map((value) => `'${shown(value)}'`)
    .join(', ')
}

function shown(value: string): string {
  return labelText(value, 80)
}
