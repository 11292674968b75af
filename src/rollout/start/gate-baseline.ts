import { type GateNote, noBaseline, prepareGates } from '../../gates/evidence.ts'
import { createGateHistory } from '../../gates/measurement.ts'
import { activeGates, metricsGates } from '../../gates/selection.ts'
import type { CountSource } from '../../release/evidence/counts.ts'
import { Failure } from '../../release/failure.ts'
import type { GateSpec } from '../../release/gates.ts'
import type { GateBaseline } from '../../release/state/state.ts'
import type { Session } from '../session.ts'
import type { ReleaseStart } from './release-start.ts'
import { leastLook } from './version-labels.ts'

/** What is known of the traffic when the gates' baseline is measured. Times in ms. */
interface KnownTraffic {
  /** FQDN; several, joined by a comma, where versions have Services of their own. */
  host: string
  source: CountSource
  until: number
  /** Requests per second; null where none are seen. */
  rate: number | null
  interval: number
}

/**
 * measureGateBaseline fixes what the gates are judged by, before the release: bounds, routes, what stable showed. What
 * a reader should know becomes a finding. It throws Failure `refused` for an enforced gate that can't be judged here.
 */
export async function measureGateBaseline(
  session: Session,
  start: ReleaseStart,
  traffic: KnownTraffic,
  signal: AbortSignal,
): Promise<GateBaseline> {
  const { settings, scope, metrics } = session
  const gates = metricsGates(activeGates(settings))
  if (gates.length === 0) return noBaseline
  const { host, source, until, interval } = traffic
  const query = {
    host,
    namespace: scope.namespace,
    service: scope.service,
    source,
    versions: { canary: start.canary, stable: start.stable ?? start.canary },
    from: until - Math.max(settings.history, leastLook),
    until,
    interval,
  }
  const { baseline, notes } = await prepareGates(gates, createGateHistory(metrics, query, signal))
  for (const { gate, text, wrong } of notes) {
    const level = wrong ? ('warning' as const) : ('info' as const)
    const finding = { id: 'gates' as const, level, details: { gate, text } }
    session.record({ type: 'finding', finding })
  }
  // Before any request nothing has a histogram: then the first requests of the release will show one.
  if (traffic.rate !== null && traffic.rate > 0) refuseUnjudgeable(gates, notes)
  return baseline
}

function refuseUnjudgeable(gates: readonly GateSpec[], notes: readonly GateNote[]): void {
  const enforced = new Set(gates.filter(({ mode }) => mode === 'enforce').map(({ name }) => name))
  const fatal = notes.find(({ gate, wrong }) => wrong && enforced.has(gate))
  if (fatal === undefined) return
  throw new Failure(
    'refused',
    `Nothing was changed. Gate ${fatal.gate}: ${fatal.text}. Let it observe, or remove it.`,
    { details: { check: 'gates' } },
  )
}
