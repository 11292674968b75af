import { type Comparison, comparable, type RolloutOutcome } from './comparison.ts'
import { kayenta } from './kayenta.ts'
import type { Lab } from './lab.ts'
import { stepping } from './ours.ts'
import type { Random } from './random.ts'
import { seeded } from './random.ts'
import { type DecisionRule, type Run, steer } from './rule.ts'
import { mean, quantile } from './statistics.ts'
import { number, rateName, type Table } from './table.ts'
import { argo, flagger } from './thresholds.ts'
import { hourOfHistory, type Traffic, traffic } from './traffic.ts'

const everyRate = [1, 10, 100, 1000]
const cells: [base: number, canaries: [name: string, rate: number, rps: number[]][]][] = [
  [
    0.0001,
    [
      ['×1', 0.0001, everyRate],
      ['×5', 0.0005, everyRate],
      ['+0.1 pp', 0.0011, everyRate],
      ['10%', 0.1, [1, 10, 100]],
      ['100%', 1, [1, 10, 100]],
    ],
  ],
  [
    0.001,
    [
      ['×1', 0.001, everyRate],
      ['×2', 0.002, everyRate],
      ['×5', 0.005, everyRate],
      ['×20', 0.02, everyRate],
      ['10%', 0.1, [1, 10, 100]],
      ['100%', 1, [1, 10, 100]],
    ],
  ],
  [
    0.01,
    [
      ['×1', 0.01, everyRate],
      ['×2', 0.02, everyRate],
      ['×5', 0.05, everyRate],
      ['10%', 0.1, [1, 10, 100]],
      ['50%', 0.5, [1, 10, 100]],
      ['100%', 1, [1, 10, 100]],
    ],
  ],
]

/** Rules make their own traffic: each starts the same service with the same seed. */
const rules: Record<string, (random: Random, service: Traffic) => DecisionRule> = {
  Shiftgate: (random, service) => stepping({}, hourOfHistory(random, service), service.rps),
  'without history': (_random, service) => stepping({}, null, service.rps),
  Flagger: () => flagger({ shares: [0.1, 0.2, 0.3, 0.4, 0.5], min: 0.99, threshold: 5 }),
  'Argo Rollouts': () => argo({ shares: [0.1, 0.5], measurements: 5, min: 0.95, failureLimit: 3 }),
  Kayenta: (random) => kayenta(random),
}
const peers = ['Flagger', 'Argo Rollouts', 'Kayenta']

const hour = 3600

/** rollouts runs whole releases under every rule. */
export function rollouts(lab: Lab): { table: Table; comparisons: Comparison[] } {
  const rows: string[][] = []
  const comparisons: Comparison[] = []
  for (const [base, canaries] of cells) {
    const good = new Map<string, RolloutOutcome>()
    for (const [canary, rate, rates] of canaries) {
      for (const rps of rates) {
        const outcomes = outcomesOf(lab, base, rate, rps)
        const ours = outcomes.get('Shiftgate') as RolloutOutcome
        for (const [name, outcome] of outcomes) if (rate === base) good.set(`${name} ${rps}`, outcome)
        for (const peer of rate > base ? peers : []) {
          if (!comparable(good.get(`${peer} ${rps}`))) continue
          const cell = `${rateName(base)}, ${canary}, ${rps}/s`
          comparisons.push({ cell, peer, ours, theirs: outcomes.get(peer) as RolloutOutcome })
        }
        rows.push([rateName(base), canary, String(rps), ...[...outcomes.values()].map(shown)])
      }
    }
  }
  const head = ['base', 'canary', 'req/s', ...Object.keys(rules)]
  return { table: { title: 'Whole rollouts', text, head, rows }, comparisons }
}

function outcomesOf(lab: Lab, base: number, canary: number, rps: number): Map<string, RolloutOutcome> {
  const service = traffic(rps, base, canary)
  const outcomes = new Map<string, RolloutOutcome>()
  for (const [name, rule] of Object.entries(rules)) {
    outcomes.set(name, outcomeOf(lab, service, canary - base, rule, `${base} ${canary} ${rps}`))
  }
  return outcomes
}

function outcomeOf(
  lab: Lab,
  service: Traffic,
  excess: number,
  rule: (random: Random, service: Traffic) => DecisionRule,
  name: string,
): RolloutOutcome {
  const all: Run[] = []
  for (let i = 0; i < Math.ceil(200 * lab.scale); i++) {
    const random = seeded(lab.seed, `${name} ${i}`)
    all.push(steer(random, service, rule(random, service), 7200))
  }
  const part = (end: string) => all.filter((run) => run.end === end).length / all.length
  return {
    aborted: part('aborted'),
    promoted: part('promoted'),
    failed: all.map((run) => run.canaryRequests * excess),
    hour: all.map(({ canaryRequests, end, seconds }) => {
      const afterwards = end === 'promoted' ? Math.max(0, hour - seconds) * service.rps : 0
      return (canaryRequests + afterwards) * excess
    }),
    seconds: quantile(
      all.map((run) => run.seconds),
      0.5,
    ),
  }
}

function shown({ aborted, promoted, failed, hour: inHour, seconds }: RolloutOutcome): string {
  const rest = Math.max(0, 1 - aborted - promoted)
  return `${[aborted, promoted, rest].map((part) => (part * 100).toFixed(0)).join('/')} ${seconds} s ${number(mean(failed))} · ${number(mean(inHour))}`
}

const text =
  "Steps of 10 and 50%, ours with the margin that its traffic can prove and at most 15 minutes a step; Flagger 10 to 50% by tens, a check a minute; Argo five minutes a step; Kayenta half an hour at 10%. Each rule steers its own traffic. A cell: aborted/promoted/inconclusive in %, median seconds to the end, mean failed requests beyond stable's rate until then · and until an hour has passed, with what a promoted release goes on to fail."
