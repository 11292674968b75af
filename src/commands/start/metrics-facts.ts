import type { MetricsFacts } from '../../release/evidence/metrics-facts.ts'
import { lagFor } from '../../release/settings.ts'
import { countedHosts, currentSettings } from '../../rollout/session.ts'
import type { ReleaseStart } from '../../rollout/start/release-start.ts'
import type { ClusterView } from '../session/cluster-view.ts'
import type { CommandSession } from '../session/command-session.ts'

/** How far back series are looked for, at least, ms. */
const leastHistory = 300_000

/** A pod this young may not have been scraped yet, ms. */
const scrapedWithin = 120_000

/** readMetricsFacts asks what Prometheus has about the host; null where none was given, which a plan can do without. */
export async function readMetricsFacts(
  { request, session, adapters }: CommandSession,
  { workloads }: ClusterView,
  start: ReleaseStart,
  signal: AbortSignal,
): Promise<MetricsFacts | null> {
  if (request.prometheus === null) return null
  const { history } = request.settings
  const now = adapters.clock.now()
  const until = now - currentSettings(session).metricsLag
  const old = workloads.pods.filter((pod) => pod.ready && pod.injected && !pod.deleting)
  const facts = await session.metrics.facts(
    {
      host: countedHosts(session.scope, start),
      namespace: request.namespace,
      service: request.service,
      workloads: { canary: start.canary.workload, stable: start.stable?.workload ?? null },
      readyPods: old.filter((pod) => pod.createdAt < until - scrapedWithin).map(({ name }) => name),
      knownPods: workloads.pods.map(({ name }) => name),
      from: until - Math.max(history, leastHistory),
      until,
    },
    signal,
  )
  if (facts.newest !== null) session.measuredLag = lagFor(now - facts.newest)
  return facts
}
