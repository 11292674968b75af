import type { Calibration } from '../../src/release/evidence/counts.ts'
import type { EngineConfig, StepOverride } from '../../src/verdict/config.ts'
import { phiForPass } from '../../src/verdict/engine/dispersion.ts'
import { advance, createEngine } from '../../src/verdict/engine/engine.ts'
import type { Engine } from '../../src/verdict/engine/engine-state.ts'
import { badRate } from '../../src/verdict/engine/running-rate.ts'
import { chooseMargin } from '../../src/verdict/resolution.ts'
import type { DecisionRule, End } from './rule.ts'
import { zero } from './traffic.ts'

/** watching fails a release at one share, and never ends otherwise. */
export function watching(
  config: Partial<EngineConfig>,
  calibration: Calibration | null,
  share = 0.1,
): DecisionRule {
  const engine = createEngine(config, calibration)
  advance(engine, zero)
  return {
    share,
    step: 0,
    observe: (poll): End | null => (advance(engine, poll).verdict === 'fail' ? 'aborted' : null),
  }
}

/** stepping takes a release through its steps, each with the margin that its expected traffic can prove. */
export function stepping(
  config: Partial<EngineConfig>,
  calibration: Calibration | null,
  rps: number,
  shares: readonly number[] = [0.1, 0.5],
): DecisionRule {
  const engine = createEngine(config, calibration)
  let override = marginFor(engine, rps, shares[0] as number)
  advance(engine, zero, override)
  const rule: DecisionRule = {
    share: shares[0] as number,
    step: 0,
    observe(poll): End | null {
      const { verdict } = advance(engine, poll, override)
      if (verdict === 'fail') return 'aborted'
      if (verdict === 'inconclusive') return 'inconclusive'
      if (verdict !== 'pass') return null
      if (rule.step + 1 >= shares.length) return 'promoted'
      rule.step += 1
      rule.share = shares[rule.step] as number
      override = marginFor(engine, rps, rule.share)
      return null
    },
  }
  return rule
}

function marginFor(engine: Engine, rps: number, share: number): StepOverride {
  const { config } = engine
  const { margin } = chooseMargin({
    config,
    rate: badRate(engine.rate),
    phiPass: phiForPass(engine.dispersion, config),
    share,
    control: share < 1,
    canaryRate: rps * share,
    maxSeconds: config.maxSeconds,
  })
  return { passMargin: margin }
}
