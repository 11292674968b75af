import type { Calibration } from '../../src/release/counts.ts'
import type { EngineConfig, StepOverride } from '../../src/verdict/config.ts'
import { phiForPass } from '../../src/verdict/dispersion.ts'
import { advance, type Engine, startEngine } from '../../src/verdict/engine.ts'
import { rateOf } from '../../src/verdict/rate.ts'
import { chooseMargin } from '../../src/verdict/resolution.ts'
import type { End, Rule } from './rule.ts'
import { zero } from './traffic.ts'

/** watching fails a release at one share, and never ends otherwise. */
export function watching(config: Partial<EngineConfig>, calibration: Calibration | null, share = 0.1): Rule {
  const engine = startEngine(config, calibration)
  advance(engine, zero)
  return {
    share,
    step: 0,
    see: (poll): End | null => (advance(engine, poll).verdict === 'fail' ? 'aborted' : null),
  }
}

/** stepping takes a release through its steps, each with the margin that its expected traffic can prove. */
export function stepping(
  config: Partial<EngineConfig>,
  calibration: Calibration | null,
  rps: number,
  shares: readonly number[] = [0.1, 0.5],
): Rule {
  const engine = startEngine(config, calibration)
  let override = marginFor(engine, rps, shares[0] as number)
  advance(engine, zero, override)
  const rule: Rule = {
    share: shares[0] as number,
    step: 0,
    see(poll): End | null {
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
    rate: rateOf(engine.rate),
    phiPass: phiForPass(engine.dispersion, config),
    share,
    control: share < 1,
    canaryRate: rps * share,
    maxSeconds: config.maxSeconds,
  })
  return { passMargin: margin }
}
