import { activeGates, metricsGates } from '../../gates/selection.ts'
import type { Calibration, CountSource } from '../../release/evidence/counts.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import { pollInterval } from '../../release/settings.ts'
import type { GateBaseline } from '../../release/state/state.ts'
import { errorsOutlastPolls } from '../../verdict/error-bursts.ts'
import type { MetricsPort } from '../ports.ts'
import type { Session } from '../session.ts'
import { countedHosts, currentSettings } from '../session.ts'
import { measureGateBaseline } from './gate-baseline.ts'
import type { ReleaseStart } from './release-start.ts'
import { chooseReporter } from './reporter.ts'
import { separatingSource } from './version-labels.ts'

/** The last minutes' traffic, in seconds, that the guard against lost requests compares with. */
const lostWindow = 300

/** TrafficBaseline is what is known about the traffic before a release. */
export interface TrafficBaseline {
  source: CountSource
  calibration: Calibration | null
  lost: Calibration | null
  rate: number | null
  /** How much stable as a whole jumps from poll to poll by itself; null: not beyond chance. */
  jumps: number | null
  gates: GateBaseline
  /** Poll interval in ms: what was asked for, or measured. */
  interval: number
}

/**
 * measureBaseline chooses how requests will be counted and looks at what stable did before the release. Nothing is
 * written. It throws what the metrics port throws: without Prometheus no release starts.
 */
export async function measureBaseline(
  session: Session,
  start: ReleaseStart,
  workloads: WorkloadsSnapshot,
  signal: AbortSignal,
): Promise<TrafficBaseline> {
  const { scope, settings, metrics, clock } = session
  const host = countedHosts(scope, start)
  const until = clock.now() - currentSettings(session).metricsLag
  const from = until - settings.history
  const stable = start.stable?.workload ?? start.canary.workload
  const names = [stable, start.canary.workload]
  const seen = await metrics.reporters(
    { host, namespace: scope.namespace, workloads: names, from, until },
    signal,
  )
  const reporter = chooseReporter(seen)
  const source = await separatingSource(session, start, reporter, { workloads, until }, signal)
  const measured =
    settings.interval === 'auto' ? await metrics.scrapeInterval({ host, source, until }, signal) : null
  const scraped = pollInterval(settings, measured)
  const query = { host, namespace: scope.namespace, source, from, until, interval: scraped }
  const { baseline, interval } = await baselineAt(session, query, signal)
  const calibration = start.stable === null ? null : baseline.calibration
  const gates = await measureGateBaseline(
    session,
    start,
    { host, source, until, rate: baseline.rate, interval },
    signal,
  )
  const fixed = metricsGates(activeGates(settings)).length === 0 ? {} : { gates }
  const lengthened = interval > scraped ? { scrapeInterval: scraped } : {}
  session.record({
    type: 'baseline',
    source,
    calibration,
    rate: baseline.rate,
    interval,
    ...lengthened,
    ...fixed,
  })
  const { rate, jumps } = baseline
  return { source, calibration, lost: lostBefore(baseline), rate, jumps, gates, interval }
}

type BaselineQuery = Parameters<MetricsPort['baseline']>[0]

/**
 * baselineAt gives what stable did, and the poll interval. Where `auto` would poll more often than every 15 s although
 * stable's errors come in bursts that outlast such a poll, polls are 15 s apart: a burst must not count several times.
 */
async function baselineAt(
  { metrics, settings }: Session,
  query: BaselineQuery,
  signal: AbortSignal,
): Promise<{ baseline: Awaited<ReturnType<MetricsPort['baseline']>>; interval: number }> {
  const { interval } = query
  const baseline = await metrics.baseline(query, signal)
  const usual = pollInterval(settings)
  if (settings.interval !== 'auto' || interval >= usual || baseline.calibration === null) {
    return { baseline, interval }
  }
  const long = await metrics.baseline({ ...query, interval: usual }, signal)
  return long.calibration !== null && errorsOutlastPolls(baseline.calibration, long.calibration)
    ? { baseline: long, interval: usual }
    : { baseline, interval }
}

function lostBefore(baseline: { rate: number | null; unreachedRate: number }): Calibration | null {
  if (baseline.rate === null) return null
  const b = Math.round(baseline.unreachedRate * lostWindow)
  return { n: Math.round(baseline.rate * lostWindow) + b, b, S1: 0, S2: 0, S4: 0, df: 0 }
}
