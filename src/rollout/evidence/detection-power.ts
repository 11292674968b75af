import { type GateTest, gateTests } from '../../gates/gate-tests.ts'
import type { ReleaseFinding } from '../../release/record/release-finding.ts'
import type { Settings } from '../../release/settings.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { resolveConfig } from '../../verdict/config.ts'
import { runningRate, timeToCatch } from '../../verdict/resolution.ts'

/** DetectionPower is how long a step takes, in seconds, to catch a bad canary; null: it is not to be expected at all. */
interface DetectionPower {
  /** Percent. */
  weight: number
  /** A canary whose share of bad requests is twice that of stable … */
  twice: number | null
  /** … and ten times. */
  tenfold: number | null
}

type CalibratedState = Pick<ReleaseState, 'calibration' | 'interval' | 'gates'>

/**
 * detectionPower reckons with the errors gate in total, at `rate` requests per second to the host (null: unknown): the
 * expected time of `timeToCatch`.
 */
export function detectionPower(
  state: CalibratedState,
  settings: Settings,
  weight: number,
  rate: number | null,
): DetectionPower {
  const test = gateTests(state, settings)[0] as GateTest
  const config = resolveConfig(test.config)
  const stable = runningRate(test.calibration, config)
  const control = weight < 100
  const share = control ? weight / 100 : 1
  const caught = (times: number) =>
    timeToCatch({
      config,
      rate: stable,
      canaryBad: Math.min(0.97, times * stable),
      share,
      control,
      canaryRate: (rate ?? 0) * share,
      pollSeconds: state.interval / 1000,
    })
  return { weight, twice: caught(2), tenfold: caught(10) }
}

/**
 * detectionPowerFindings names the steps that are too short to catch a canary as bad as `min-power` says: an error then; without
 * it a warning where not even ten times as bad is caught. Without any traffic known it says nothing; nor of a step
 * at 100, where stable has none to compare with.
 */
export function detectionPowerFindings(
  state: CalibratedState,
  settings: Settings,
  weights: readonly number[],
  rate: number | null,
): ReleaseFinding[] {
  if (rate === null || !(rate > 0)) return []
  const asked = settings.minPower === '2x' ? ('twice' as const) : ('tenfold' as const)
  return weights
    .filter((weight) => weight < 100)
    .map((weight) => detectionPower(state, settings, weight, rate))
    .filter((power) => !within(power[asked], settings.stepTimeout))
    .map(({ weight, [asked]: seconds }) => ({
      id: 'power' as const,
      level: settings.minPower === 'off' ? 'warning' : 'error',
      details: { weight, rate, times: asked, stepTimeout: settings.stepTimeout, seconds },
    }))
}

function within(seconds: number | null, stepTimeout: number): boolean {
  return seconds !== null && seconds * 1000 <= stepTimeout
}
