import type { Calibration, Poll } from '../../src/release/evidence/counts.ts'
import { kayenta } from './kayenta.ts'
import { type Random, seeded } from './random.ts'
import { type DecisionRule, type Run, watch } from './rule.ts'
import { argo, flagger } from './thresholds.ts'
import { hourOfHistory, source, type Traffic } from './traffic.ts'

/** Lab is what every experiment gets: where chance starts, and how many runs a full cell has. */
export interface Lab {
  seed: number
  /** 1 for the published figures; less for a quick look. */
  scale: number
}

/** Trial is one simulated release at a share that doesn't change, half an hour of polls. */
export interface Trial {
  random: Random
  calibration: Calibration
  polls: Poll[]
}

/**
 * trials simulates `runs` releases of one service; the same name and seed give the same ones. `canary` makes the
 * canary's rate depend on what history showed.
 */
export function* trials(
  lab: Lab,
  name: string,
  runs: number,
  traffic: Traffic,
  share = 0.1,
  canary?: (calibration: Calibration) => number,
): Generator<Trial> {
  for (let i = 0; i < Math.ceil(runs * lab.scale); i++) {
    const random = seeded(lab.seed, `${name} ${i}`)
    const calibration = hourOfHistory(random, traffic)
    const rate = canary?.(calibration)
    const polls = source(random, rate === undefined ? traffic : { ...traffic, canary: () => rate })
    yield { random, calibration, polls: Array.from({ length: 120 }, () => polls.next(0, share)) }
  }
}

/** peersAtOneShare are the peers' rules where the share doesn't change: ten checks, half an hour, half an hour. */
export const peersAtOneShare: Record<'flagger' | 'argo' | 'kayenta', (random: Random) => DecisionRule> = {
  flagger: () => flagger({ shares: new Array<number>(10).fill(0.1), min: 0.99, threshold: 5 }),
  argo: () => argo({ shares: [0.1], measurements: 30, min: 0.95, failureLimit: 3 }),
  kayenta: (random) => kayenta(random),
}

/** Tally collects how runs of one rule went. */
export interface Tally {
  runs: number
  caught: Run[]
}

/** add lets a rule watch one trial and counts it. */
export function add(
  tallies: Map<string, Tally>,
  name: string,
  polls: readonly Poll[],
  rule: DecisionRule,
): Run {
  const run = watch(polls, rule)
  const tally = tallies.get(name) ?? { runs: 0, caught: [] }
  tallies.set(name, tally)
  tally.runs += 1
  if (run.end === 'aborted') tally.caught.push(run)
  return run
}

/** share is the part of runs that a rule aborted. */
export function share({ runs, caught }: Tally): number {
  return caught.length / runs
}

/** seconds are when it aborted them. */
export function seconds({ caught }: Tally): number[] {
  return caught.map((run) => run.seconds)
}
