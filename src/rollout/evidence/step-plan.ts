import { type GateTest, gateTests } from '../../gates/gate-tests.ts'
import type { Settings } from '../../release/settings.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { resolveConfig } from '../../verdict/config.ts'
import {
  chooseMargin,
  phiPassOf,
  runningRate,
  type StepRemedy,
  type StepTraffic,
  stepRemedy,
} from '../../verdict/resolution.ts'

/** StepPlan is what a pass of a step will prove, and what that takes. */
export interface StepPlan {
  /** Percent. */
  weight: number
  /** The canary may fail at most this much more often, 0–1. */
  margin: number
  outOfReach: boolean
  requestsNeeded: number | null
  /** Seconds at today's traffic; null without traffic. */
  secondsNeeded: number | null
  /** The same for the other counted gates; absent where there are none. */
  gates?: { gate: string; margin: number; outOfReach: boolean }[]
}

/**
 * planStepMargins chooses a step's margins before it starts, from the traffic it may expect: choosing by the step's own
 * counts would break the promise of the pass. `rate` is the host's requests per second, null where unknown.
 */
export function planStepMargins(
  state: Pick<ReleaseState, 'calibration' | 'interval' | 'gates'>,
  settings: Settings,
  weight: number,
  rate: number | null,
): StepPlan {
  const step = { settings, weight, rate }
  const totals = gateTests(state, settings).filter(({ route }) => route === null)
  const choices = totals.map((test) => ({ test, choice: chooseMargin(trafficOf(test, step)) }))
  const [errors, ...others] = choices as [(typeof choices)[number], ...typeof choices]
  const finite = (value: number) => (Number.isFinite(value) ? value : null)
  const chosen: StepPlan = {
    weight,
    margin: errors.choice.margin,
    outOfReach: errors.choice.outOfReach,
    requestsNeeded: finite(errors.choice.requestsNeeded),
    secondsNeeded: finite(errors.choice.secondsNeeded),
  }
  if (others.length === 0) return chosen
  const gates = others.map(({ test, choice }) => ({
    gate: test.gate.name,
    margin: choice.margin,
    outOfReach: choice.outOfReach,
  }))
  return { ...chosen, gates }
}

/** remedyOf is what would bring a step within reach of the errors gate; null where it is, or nothing would. */
export function remedyOf(
  state: Pick<ReleaseState, 'calibration' | 'interval' | 'gates'>,
  settings: Settings,
  weight: number,
  rate: number | null,
): StepRemedy | null {
  const [errors] = gateTests(state, settings)
  return errors === undefined ? null : stepRemedy(trafficOf(errors, { settings, weight, rate }))
}

interface AskedStep {
  settings: Settings
  /** Percent. */
  weight: number
  /** Requests per second to the host; null: unknown. */
  rate: number | null
}

function trafficOf(test: GateTest, { settings, weight, rate }: AskedStep): StepTraffic {
  const fixed = test.type.fixedMargin(settings)
  const config = resolveConfig({
    ...test.config,
    ...(fixed === null ? {} : { passMargin: fixed, margins: [fixed] }),
  })
  const control = weight < 100
  return {
    config,
    rate: runningRate(test.calibration, config),
    phiPass: phiPassOf(test.calibration, config),
    share: control ? weight / 100 : 1,
    control,
    canaryRate: ((rate ?? 0) * weight) / 100,
    maxSeconds: settings.stepTimeout / 1000,
    maxMargin: fixed === null ? settings.gate.maxPassMargin : 1,
  }
}
