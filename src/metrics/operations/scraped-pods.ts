import { anyOf, type LabelMatcher, selector } from '../../release/promql.ts'
import type { PrometheusApi } from '../http/api.ts'
import { startMetrics } from '../istio-queries.ts'

/**
 * scrapedPodsOf lists which of the pods were scraped well at a time (ms): by the start time that their proxy's agent
 * writes, else by `up`. null where neither carries a pod's name: then nothing is known. Throws Failure as PrometheusApi.
 */
export async function scrapedPodsOf(
  api: PrometheusApi,
  pods: readonly string[],
  at: number,
  signal: AbortSignal,
): Promise<string[] | null> {
  if (pods.length === 0) return null
  const named: LabelMatcher[] = [{ label: 'pod', op: '=~', value: anyOf([...pods].sort()) }]
  const names = async (query: string) =>
    (await api.instant(`count by (pod) (${query})`, at, signal)).series.map(({ labels }) => labels.pod ?? '')
  const agents = await names(selector(startMetrics.proxy, named))
  if (agents.length > 0) return agents
  const up = await names(`${selector('up', named)} == 1`)
  return up.length > 0 ? up : null
}
