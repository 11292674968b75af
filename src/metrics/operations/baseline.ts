import { calibrate } from '../../release/evidence/calibration.ts'
import type { CountSource } from '../../release/evidence/counts.ts'
import { alignedGrid } from '../../release/evidence/grid.ts'
import { rateJumps } from '../../release/evidence/rate-jumps.ts'
import { anyOf, checkLabelName } from '../../release/promql.ts'
import { type ClassScheme, classLabelsOf } from '../counting/classes.ts'
import type { SeriesSelection } from '../counting/fetch.ts'
import { historyOf, requestRate } from '../counting/history.ts'
import type { PrometheusApi } from '../http/api.ts'
import { hostMatchers, requestsMetric } from '../istio-queries.ts'
import type { BaselineQuery, ReportersQuery, RouteCalibration } from '../request-counter.ts'
import { countGrid, requestSelection } from './counting-input.ts'

/** The last minutes that a rate is measured over, and how finely, ms. */
const rateTime = 300_000
const rateStep = 15_000

const noVersions = { canary: '', stable: '' }

/** reportersOf counts the requests to some workloads as callers (`source`) and their own proxies saw them. */
export async function reportersOf(api: PrometheusApi, query: ReportersQuery, signal: AbortSignal) {
  const step = Math.max(rateStep, Math.ceil((query.until - query.from) / 60_000) * 1000)
  const grid = alignedGrid(query.from, query.until, step)
  const seen = async (reporter: CountSource['reporter']) => {
    if (grid.last < 1 || query.workloads.length === 0) return 0
    const label = 'destination_workload'
    const scheme: ClassScheme = { label, ...noVersions }
    const selection = requestSelection(query.host, query.namespace, reporter, scheme)
    const workloads = { label, op: '=~', value: anyOf(query.workloads) } as const
    const only: SeriesSelection = {
      ...selection,
      requests: [...selection.requests, workloads],
      unreached: [],
    }
    const { counted } = await countGrid(api, grid, only, scheme, signal)
    return counted
      .flatMap(({ added }) => [...added.values()].flatMap((one) => [...one.values()]))
      .reduce((sum, value) => sum + value, 0)
  }
  const [source, destination] = await Promise.all([seen('source'), seen('destination')])
  return { source, destination }
}

/** baselineOf measures what stable did before a release, and how many requests arrive now. */
export async function baselineOf(api: PrometheusApi, query: BaselineQuery, signal: AbortSignal) {
  const { host, namespace, source } = query
  const past = alignedGrid(query.from, query.until, query.interval)
  const recent = alignedGrid(query.until - rateTime, query.until, rateStep)
  // only a pod's own proxy knows which pod answered: the history is the pods', whoever counts the release
  const stable = { ...requestSelection(host, namespace, 'destination', source), unreached: [] }
  const [history, now] = await Promise.all([
    past.last < 1 ? null : countGrid(api, past, stable, source, signal),
    countGrid(api, recent, requestSelection(host, namespace, source.reporter, source), source, signal),
  ])
  const polls = history === null ? [] : historyOf(past, history.counted, history.classes)
  const sums = calibrate(polls)
  const rate = requestRate(recent, now.counted, now.classes)
  return {
    calibration: sums.n === 0 ? null : sums,
    rate: rate.all,
    unreachedRate: rate.unreached,
    jumps: rateJumps(polls),
  }
}

/** routeCalibrationsOf sums what stable did before the release, by the values of a label that names routes. */
export async function routeCalibrationsOf(
  api: PrometheusApi,
  query: BaselineQuery & { route: string },
  signal: AbortSignal,
): Promise<RouteCalibration[]> {
  const grid = alignedGrid(query.from, query.until, query.interval)
  const scheme: ClassScheme = { ...query.source, route: checkLabelName(query.route) }
  const requests = hostMatchers({ reporter: query.source.reporter, host: query.host })
  const selection = { metric: requestsMetric, requests, unreached: [], by: classLabelsOf(scheme) }
  const { counted, classes } = await countGrid(api, grid, selection, scheme, signal)
  const routes = [...new Set([...classes.values()].map(({ route }) => route))].filter((route) => route !== '')
  return routes.map((route) => ({
    route,
    calibration: calibrate(historyOf(grid, counted, classes, (seriesClass) => seriesClass.route === route)),
  }))
}
