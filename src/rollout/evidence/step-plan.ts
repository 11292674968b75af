import { gateTests } from '../../gates/gate-tests.ts'
import type { Calibration } from '../../release/evidence/counts.ts'
import type { Settings } from '../../release/settings.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { type EngineConfig, resolveConfig } from '../../verdict/config.ts'
import { chooseMargin, type MarginChoice, phiPassOf, runningRate } from '../../verdict/resolution.ts'

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
  const { maxPassMargin } = settings.gate
  const totals = gateTests(state, settings).filter(({ route }) => route === null)
  const choices = totals.map((test) => {
    const fixed = test.type.fixedMargin(settings)
    const config = resolveConfig({
      ...test.config,
      ...(fixed === null ? {} : { passMargin: fixed, margins: [fixed] }),
    })
    return {
      test,
      choice: choose(
        config,
        test.calibration,
        { settings, weight, rate },
        fixed === null ? maxPassMargin : 1,
      ),
    }
  })
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

function choose(
  config: EngineConfig,
  calibration: Calibration | null,
  step: { settings: Settings; weight: number; rate: number | null },
  maxMargin: number,
): MarginChoice {
  const { settings, weight, rate } = step
  const control = weight < 100
  return chooseMargin({
    config,
    rate: runningRate(calibration, config),
    phiPass: phiPassOf(calibration, config),
    share: control ? weight / 100 : 1,
    control,
    canaryRate: ((rate ?? 0) * weight) / 100,
    maxSeconds: settings.stepTimeout / 1000,
    maxMargin,
  })
}
