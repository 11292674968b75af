import type { Calibration } from '../release/evidence/counts.ts'
import type { GateMode, GateSpec } from '../release/gates.ts'
import type { Settings } from '../release/settings.ts'
import type { ReleaseState } from '../release/state/state.ts'
import type { EngineConfig } from '../verdict/config.ts'
import { shareOut } from '../verdict/gates.ts'
import { noBaseline } from './evidence.ts'
import type { ComparisonGateType, CountedGateType } from './gate-type.ts'
import { activeGates, comparisonGates, countedGates } from './selection.ts'

/** A tenth of the false-alarm budget watches for requests that reach nobody, the rest for the gates. */
export const guardShare = 0.1
/** Polls without counts after which a verdict counts as blind. */
const stalePolls = 6

/** GateTest is one question that the verdict engine is asked about a release. */
export interface GateTest {
  gate: GateSpec
  type: CountedGateType
  /** null: the gate's total. */
  route: string | null
  mode: GateMode
  /** Its counts are those of failed requests in total, which every release has. */
  countsFailedRequests: boolean
  config: Partial<EngineConfig>
  calibration: Calibration | null
}

/**
 * gateTests lists the questions of a release, failed requests first: what every counted gate and every judged route is
 * asked, and which part of alpha it may spend. A gate that only observes spends nothing of the others' and is given a
 * part as if it decided.
 */
export function gateTests(
  state: Pick<ReleaseState, 'calibration' | 'interval' | 'gates'>,
  settings: Settings,
): GateTest[] {
  const gates = countedGates(settings.gates)
  const alpha = settings.gate.alpha * (1 - guardShare)
  const deciding = decidingGates(settings)
  const baseline = state.gates ?? noBaseline
  return gates.flatMap(({ gate, type }): GateTest[] => {
    const routes = type.routes(gate, baseline)
    const shares = shareOut(alpha, deciding, routes)
    const config = { ...engineConfig(settings, state.interval), ...type.engine(settings) }
    const test = { gate, type, mode: gate.mode }
    const failed = type.countsFailedRequests === true
    const total: GateTest = {
      ...test,
      route: null,
      countsFailedRequests: failed,
      config: { ...config, ...shares.total },
      calibration: failed ? state.calibration : (baseline.calibrations[gate.name] ?? null),
    }
    const own = routes.map(
      ({ route, calibration }, index): GateTest => ({
        ...test,
        route,
        countsFailedRequests: false,
        config: { ...config, ...shares.routes[index] },
        calibration,
      }),
    )
    return [total, ...own]
  })
}

/** decidingGates is how many gates share alpha. */
function decidingGates(settings: Settings): number {
  const all = [...countedGates(settings.gates), ...comparisonGates(activeGates(settings))]
  return all.filter(({ gate }) => gate.mode === 'enforce').length
}

/** partConfig is what one part of a gate of several comparisons is judged by; `weight` is its part of the gate's alpha. */
export function partConfig(
  settings: Settings,
  interval: number,
  type: ComparisonGateType,
  weight: number,
): Partial<EngineConfig> {
  const { total } = shareOut(settings.gate.alpha * (1 - guardShare), decidingGates(settings))
  const { alpha, suspect } = total
  return {
    ...engineConfig(settings, interval),
    ...type.engine(settings),
    alpha: alpha * weight,
    suspect: suspect / weight,
  }
}

/** engineConfig translates the user's choices into the engine's names. `interval` in ms. */
export function engineConfig(settings: Settings, interval: number): Partial<EngineConfig> {
  const gate = settings.gate
  return {
    alpha: gate.alpha * (1 - guardShare),
    beta: gate.beta,
    minRequests: gate.minRequests,
    minSeconds: settings.minStepDuration / 1000,
    maxSeconds: settings.stepTimeout / 1000,
    staleSeconds: (stalePolls * interval) / 1000,
  }
}
