import type { Calibration } from '../release/counts.ts'
import type { CountedGate, GateMode } from '../release/gates.ts'
import { countedGates, errorsGate } from '../release/gates.ts'
import type { Settings } from '../release/settings.ts'
import type { GateBaseline, ReleaseState } from '../release/state/state.ts'
import type { EngineConfig } from '../verdict/config.ts'
import { gateConfig, shareOut } from '../verdict/gates.ts'

/** A tenth of the false-alarm budget watches for requests that reach nobody, the rest for the gates. */
export const guardShare = 0.1
/** Polls without counts after which a verdict counts as blind. */
const stalePolls = 6

/** GateTest is one question that the verdict engine is asked about a release. */
export interface GateTest {
  gate: CountedGate
  /** null: the gate's total. */
  route: string | null
  mode: GateMode
  config: Partial<EngineConfig>
  calibration: Calibration | null
}

/**
 * gateTests lists the questions of a release, errors first: what every counted gate and every judged route is asked,
 * and which part of alpha it may spend. A gate that only observes spends nothing of the others' and is given a part
 * as if it decided.
 */
export function gateTests(
  state: Pick<ReleaseState, 'calibration' | 'interval' | 'gates'>,
  settings: Settings,
): GateTest[] {
  const gates = countedGates(settings.gates)
  const deciding = gates.filter(({ mode }) => mode === 'enforce').length
  const alpha = settings.gate.alpha * (1 - guardShare)
  const facts = state.gates
  return gates.flatMap((gate): GateTest[] => {
    const routes = gate.type === 'errors' ? judgedRoutes(settings, facts) : []
    const shares = shareOut(alpha, deciding, routes)
    const config = { ...engineConfig(settings, state.interval), ...gateConfig(gate.type) }
    if (gate.type !== 'errors') delete config.slo
    const calibration = gate.type === 'errors' ? state.calibration : (facts?.calibrations[gate.name] ?? null)
    const total = { gate, route: null, mode: gate.mode, config: { ...config, ...shares.total }, calibration }
    const own = routes.map(({ route, calibration: known }, index): GateTest => {
      const routeConfig = { ...config, ...shares.routes[index] }
      return { gate, route, mode: gate.mode, config: routeConfig, calibration: known }
    })
    return [total, ...own]
  })
}

function judgedRoutes(settings: Settings, facts: GateBaseline | undefined): GateBaseline['routes'] {
  return errorsGate(settings.gates).routes === null
    ? []
    : (facts?.routes ?? []).filter(({ share }) => share > 0)
}

/** engineConfig translates the user's choices for failed requests into the engine's names. `interval` in ms. */
export function engineConfig(settings: Settings, interval: number): Partial<EngineConfig> {
  const gate = settings.gate
  return {
    alpha: gate.alpha * (1 - guardShare),
    beta: gate.beta,
    minRequests: gate.minRequests,
    minSeconds: settings.minStepDuration / 1000,
    maxSeconds: settings.stepTimeout / 1000,
    staleSeconds: (stalePolls * interval) / 1000,
    ...(gate.maxErrorRate === null ? {} : { slo: gate.maxErrorRate }),
  }
}
