import type { ExposedSample, ScrapeTarget } from '../prometheus/target.ts'
import type { ConfigKind, MeshChange } from './config/config-view.ts'
import { createProxyMetrics } from './proxies/proxy-metrics.ts'

/** Istiod is the control plane's own metrics page. */
interface Istiod {
  pushed(kind: ConfigKind, type: MeshChange['type'], delayMs: number): void
  target: ScrapeTarget
}

/** Upper bounds of `pilot_proxy_convergence_time` in seconds. */
const convergenceBounds = ['0.1', '0.5', '1', '3', '5', '10', '20', '30', '+Inf']

const pushTypes: Record<ConfigKind, string> = {
  VirtualService: 'rds',
  DestinationRule: 'cds',
  Service: 'cds',
  Pod: 'eds',
}

/** createIstiod makes the page with the few `pilot_*` metrics that say whether config was pushed. */
export function createIstiod(tag: string, now: () => number): Istiod {
  const base = createProxyMetrics('pilot', tag, now()).samples()
  const counters = new Map<string, { labels: Record<string, string>; value: number }>()
  const add = (labels: Record<string, string>, n: number): void => {
    const key = JSON.stringify(labels)
    const counter = counters.get(key)
    if (counter === undefined) counters.set(key, { labels, value: n })
    else counter.value += n
  }
  for (const type of new Set(Object.values(pushTypes))) {
    add({ __name__: 'pilot_xds_pushes', type }, 0)
    add({ __name__: 'pilot_total_xds_rejects', type }, 0)
  }
  const observe = (seconds: number): void => {
    for (const le of convergenceBounds) {
      add(
        { __name__: 'pilot_proxy_convergence_time_bucket', le },
        seconds <= Number(le.replace('+Inf', 'Infinity')) ? 1 : 0,
      )
    }
    add({ __name__: 'pilot_proxy_convergence_time_sum' }, seconds)
    add({ __name__: 'pilot_proxy_convergence_time_count' }, 1)
  }
  return {
    pushed(kind, type, delayMs) {
      const event = type === 'added' ? 'add' : type === 'deleted' ? 'delete' : 'update'
      add({ __name__: 'pilot_k8s_cfg_events', type: kind, event }, 1)
      add({ __name__: 'pilot_xds_pushes', type: pushTypes[kind] }, 1)
      observe(delayMs / 1000)
    },
    target: {
      labels: { job: 'istiod', instance: '10.244.0.2:15014', namespace: 'istio-system', pod: 'istiod' },
      scrape: (): ExposedSample[] => [...base, ...counters.values()],
    },
  }
}
