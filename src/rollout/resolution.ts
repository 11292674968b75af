import type { Settings } from '../release/settings.ts'
import type { ReleaseState } from '../release/state.ts'
import { resolveConfig } from '../verdict/config.ts'
import { chooseMargin, phiPassOf, runningRate } from '../verdict/resolution.ts'
import { engineConfig } from './evidence.ts'

/** ChosenStep is what a pass of a step will prove, and what that takes. */
export interface ChosenStep {
  /** Percent. */
  weight: number
  /** The canary may fail at most this much more often, 0–1. */
  margin: number
  outOfReach: boolean
  requestsNeeded: number | null
  /** Seconds at today's traffic; null without traffic. */
  secondsNeeded: number | null
}

/**
 * chooseStep chooses a step's margin before it starts, from the traffic it may expect: choosing by the step's own
 * counts would break the promise of the pass. `rate` is the host's requests per second, null where unknown.
 */
export function chooseStep(
  state: Pick<ReleaseState, 'calibration' | 'interval'>,
  settings: Settings,
  weight: number,
  rate: number | null,
): ChosenStep {
  const { passMargin, maxPassMargin } = settings.gate
  const partial = engineConfig(settings, state.interval)
  const fixed = passMargin === 'auto' ? {} : { passMargin, margins: [passMargin] }
  const config = resolveConfig({ ...partial, ...fixed })
  const control = weight < 100
  const choice = chooseMargin({
    config,
    rate: runningRate(state.calibration, config),
    phiPass: phiPassOf(state.calibration, config),
    share: control ? weight / 100 : 1,
    control,
    canaryRate: ((rate ?? 0) * weight) / 100,
    maxSeconds: settings.stepTimeout / 1000,
    maxMargin: passMargin === 'auto' ? maxPassMargin : 1,
  })
  const finite = (value: number) => (Number.isFinite(value) ? value : null)
  return {
    weight,
    margin: choice.margin,
    outOfReach: choice.outOfReach,
    requestsNeeded: finite(choice.requestsNeeded),
    secondsNeeded: finite(choice.secondsNeeded),
  }
}
