import type { InfrastructureLoad, InfrastructurePoint } from '../../release/evidence/gate-evidence.ts'
import { type Grid, gridUntil } from '../../release/evidence/grid.ts'
import type { QueryResult } from '../../release/evidence/query-source.ts'
import type { SideName } from '../../release/gates.ts'
import { podPattern, rangeOf, selector } from '../../release/promql.ts'
import type { PrometheusApi } from '../http/api.ts'
import type { InfrastructureQuery, SideInfrastructure } from '../request-counter.ts'

/** Over how long a rate is taken, ms: eight scrapes of the usual 15 s, or four of 30 s. */
const window = 120_000

/** InfrastructureResults are the queries' results; null where one failed. */
interface InfrastructureResults {
  steal: QueryResult | null
  /** `node_uname_info`, which knows the node behind an exporter's address. */
  names: QueryResult | null
  throttled: QueryResult | null
  periods: QueryResult | null
}

/** stealQuery: the share of time that the hypervisor took from each node's most robbed CPU. */
const stealQuery = `max by (instance) (avg by (instance, cpu) (rate(node_cpu_seconds_total{mode="steal"}[${rangeOf(window)}])))`
const namesQuery = 'count by (instance, nodename) (node_uname_info)'

/** periodsQuery: scheduling periods, or throttled ones, of the sidecars of some Deployments' pods. */
export function periodsQuery(
  kind: 'throttled_' | '',
  namespace: string,
  workloads: readonly string[],
): string {
  const series = selector(`container_cpu_cfs_${kind}periods_total`, [
    { label: 'namespace', op: '=', value: namespace },
    { label: 'container', op: '=', value: 'istio-proxy' },
    { label: 'pod', op: '=~', value: workloads.map(podPattern).join('|') },
  ])
  return `sum by (pod) (rate(${series}[${rangeOf(window)}]))`
}

/** fetchInfrastructure queries what there is; a query that fails is 'unknown', for no cluster needs these metrics. */
export async function fetchInfrastructure(
  api: PrometheusApi,
  query: InfrastructureQuery,
  signal: AbortSignal,
): Promise<InfrastructurePoint[]> {
  const { namespace, versions: sides } = query
  const grid = gridUntil(query.start, query.until, query.interval)
  const workloads = [...new Set([sides.canary.workload, sides.stable.workload])]
  const until = grid.start + grid.last * grid.interval
  const ask = (text: string) =>
    api.range(text, grid.start, until, grid.interval, signal).catch((error) => {
      if (signal.aborted) throw error
      return null
    })
  const [steal, names, throttled, periods] = await Promise.all([
    ask(stealQuery),
    ask(namesQuery),
    ask(periodsQuery('throttled_', namespace, workloads)),
    ask(periodsQuery('', namespace, workloads)),
  ])
  return infrastructurePoints(grid, { steal, names, throttled, periods }, sides)
}

/** infrastructurePoints gives the points at which anything is known. */
export function infrastructurePoints(
  grid: Grid,
  answers: InfrastructureResults,
  sides: Record<SideName, SideInfrastructure>,
): InfrastructurePoint[] {
  const loads = {
    canary: pressureOf(grid, answers, sides.canary),
    stable: pressureOf(grid, answers, sides.stable),
  }
  return Array.from({ length: Math.max(0, grid.last + 1) }, (_, index) => ({
    t: (index * grid.interval) / 1000,
    canary: loads.canary(index),
    stable: loads.stable(index),
  })).filter(({ canary, stable }) =>
    [canary, stable].some((side) => side.steal !== null || side.throttled !== null),
  )
}

function pressureOf(
  grid: Grid,
  answers: InfrastructureResults,
  side: SideInfrastructure,
): (index: number) => InfrastructureLoad {
  const instances = instancesOf(answers, side.nodes)
  const steal = sums(grid, answers.steal, ({ instance = '' }) => instances.has(instance))
  const pods = new RegExp(`^${podPattern(side.workload)}$`)
  const own = ({ pod = '' }: Readonly<Record<string, string>>) => pods.test(pod)
  const throttled = sums(grid, answers.throttled, own)
  const periods = sums(grid, answers.periods, own)
  return (index) => {
    const robbed = steal.get(index)
    const all = periods.get(index)
    return {
      steal: robbed === undefined ? null : robbed.sum / robbed.count,
      throttled: all !== undefined && all.sum > 0 ? (throttled.get(index)?.sum ?? 0) / all.sum : null,
    }
  }
}

/** An exporter is known by the node's name, by its address, or by the name that it gives itself. */
function instancesOf(answers: InfrastructureResults, nodes: SideInfrastructure['nodes']): Set<string> {
  const known = new Set(nodes.flatMap(({ name, ip }) => (ip === null ? [name] : [name, ip])))
  const found = new Set<string>()
  for (const { labels } of [...(answers.steal?.series ?? []), ...(answers.names?.series ?? [])]) {
    const { instance = '', nodename = '' } = labels
    if (known.has(instance.replace(/:\d+$/, '')) || known.has(nodename)) found.add(instance)
  }
  return found
}

function sums(
  grid: Grid,
  answer: QueryResult | null,
  keep: (labels: Readonly<Record<string, string>>) => boolean,
): Map<number, { sum: number; count: number }> {
  const found = new Map<number, { sum: number; count: number }>()
  for (const { labels, samples } of answer?.series ?? []) {
    if (!keep(labels)) continue
    for (const [time, value] of samples) {
      if (!Number.isFinite(value)) continue
      const index = Math.round((time - grid.start) / grid.interval)
      const { sum, count } = found.get(index) ?? { sum: 0, count: 0 }
      found.set(index, { sum: sum + value, count: count + 1 })
    }
  }
  return found
}
