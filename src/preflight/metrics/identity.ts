import type { SeriesLabels } from '../../release/evidence/metrics-facts.ts'
import type { Check } from '../check.ts'

/** Labels that name a cluster, a tenant, a mesh or a copy of the store: one release is about one of each. */
const identities =
  /^(_+)?(cluster|cluster_?(id|name)|k8s_cluster(_name)?|destination_cluster|tenant(_id)?|mesh(_id)?|prometheus|prometheus_replica|replica|replica_name|ha_replica|receive_replica|thanos_replica|monitor|datacenter|environment|env|stage)(_+)?$/

/** Labels of callers and answers: they may differ within one cluster without harm. */
const explained =
  /^(instance|pod|pod_name|node|source_.*|response_.*|request_.*|grpc_.*|connection_.*|reporter|destination_(?!cluster).*|le|job|endpoint|container)$/

/** identity asks whether all series are of one cluster, one tenant and one copy of the store. */
export const identity: Check = {
  id: 'metrics-identity',
  question: 'Are the requests those of one cluster, each counted once?',
  find({ metrics }) {
    if (metrics === null) return []
    const values = valuesOf(metrics.series)
    const labels = [...values].flatMap(([label, seen]): ReturnType<Check['find']> => {
      if (seen.size < 2 || explained.test(label)) return []
      const copies = repeats(metrics.series, label)
      if (!copies && !identities.test(label)) return []
      const shown = [...seen]
        .sort()
        .slice(0, 5)
        .map((value) => `'${printable(value)}'`)
      const ours = metrics.series.find(({ pod = '' }) => metrics.pods.ready.includes(pod))?.[label]
      const example = printable(ours || ([...seen].find((value) => value !== '') ?? ''))
      const harm = copies
        ? 'the same series stand there once for each value, so every request would be counted several times'
        : 'requests of others would be counted as those of this release'
      return [
        {
          level: 'error',
          text: `The requests to ${metrics.host} carry the label ${label} with ${seen.size} values (${shown.join(', ')}): ${harm}.`,
          remedy: `Choose one: prometheus-match: '${label}="${example}"', or query a store that removes the copies (see docs/prometheus.md).`,
        },
      ]
    })
    return metrics.repeatable ? labels : [...labels, balancedPair]
  },
}

const balancedPair: ReturnType<Check['find']>[number] = {
  level: 'error',
  text: 'The same question about the past gets different answers, back and forth: a load balancer asks one replica of Prometheus and then another, which scrape at other moments. Counts would jump between what one has and what the other has.',
  remedy:
    'Give the address of one replica as prometheus-url, or a store that merges them (Thanos with --query.replica-label).',
}

/** Istio writes `unknown` where a request reached no pod, or its caller is outside the mesh: that is nobody else's. */
function valuesOf(series: readonly SeriesLabels[]): Map<string, Set<string>> {
  const names = new Set(series.flatMap((labels) => Object.keys(labels)))
  const known = (name: string) =>
    series.map((labels) => labels[name] ?? '').filter((value) => value !== 'unknown')
  return new Map([...names].map((name) => [name, new Set(known(name))]))
}

/** repeats tells whether series differ in nothing but this label. */
function repeats(series: readonly SeriesLabels[], label: string): boolean {
  const others = series.map((labels) =>
    JSON.stringify(
      Object.entries(labels)
        .filter(([name]) => name !== label && name !== '__name__')
        .sort(([a], [b]) => (a < b ? -1 : 1)),
    ),
  )
  return new Set(others).size < others.length
}

function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}'"]/gu, ' ').slice(0, 80)
}
