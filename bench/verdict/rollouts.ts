import { kayenta } from './kayenta.ts'
import type { Lab } from './lab.ts'
import { stepping } from './ours.ts'
import type { Random } from './random.ts'
import { seeded } from './random.ts'
import { type Rule, type Run, steer } from './rule.ts'
import { errorOf, mean, quantile } from './statistics.ts'
import { number, percent, rateName, type Table } from './table.ts'
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
      ['10 %', 0.1, [1, 10, 100]],
      ['100 %', 1, [1, 10, 100]],
    ],
  ],
  [
    0.001,
    [
      ['×1', 0.001, everyRate],
      ['×2', 0.002, everyRate],
      ['×5', 0.005, everyRate],
      ['×20', 0.02, everyRate],
      ['10 %', 0.1, [1, 10, 100]],
      ['100 %', 1, [1, 10, 100]],
    ],
  ],
  [
    0.01,
    [
      ['×1', 0.01, everyRate],
      ['×2', 0.02, everyRate],
      ['×5', 0.05, everyRate],
      ['10 %', 0.1, [1, 10, 100]],
      ['50 %', 0.5, [1, 10, 100]],
      ['100 %', 1, [1, 10, 100]],
    ],
  ],
]

/** Rules make their own traffic: each starts the same service with the same seed. */
const rules: Record<string, (random: Random, service: Traffic) => Rule> = {
  Shiftgate: (random, service) => stepping({}, hourOfHistory(random, service), service.rps),
  'without history': (_random, service) => stepping({}, null, service.rps),
  Flagger: () => flagger({ shares: [0.1, 0.2, 0.3, 0.4, 0.5], min: 0.99, threshold: 5 }),
  'Argo Rollouts': () => argo({ shares: [0.1, 0.5], measurements: 5, min: 0.95, failureLimit: 3 }),
  Kayenta: (random) => kayenta(random),
}
const peers = ['Flagger', 'Argo Rollouts', 'Kayenta']

interface Outcome {
  aborted: number
  promoted: number
  /** Failed requests beyond stable's rate, one number a run. */
  failed: number[]
  /** The same until an hour has passed, with what a promoted release goes on to fail. */
  hour: number[]
  seconds: number
}

/** Comparison counts the cells in which a peer could be compared, and where ours is behind. */
export interface Comparison {
  compared: number
  behind: string[]
  /** The same, with what promoted releases fail until an hour has passed. */
  behindInHour: string[]
}

const hour = 3600

/** rollouts runs whole releases under every rule. */
export function rollouts(lab: Lab): { table: Table; comparison: Comparison } {
  const rows: string[][] = []
  const comparison: Comparison = { compared: 0, behind: [], behindInHour: [] }
  const runs = Math.ceil(200 * lab.scale)
  for (const [base, canaries] of cells) {
    const good = new Map<string, Outcome>()
    for (const [canary, rate, rates] of canaries) {
      for (const rps of rates) {
        const outcomes = new Map<string, Outcome>()
        for (const [name, rule] of Object.entries(rules)) {
          const outcome = outcomeOf(
            lab,
            runs,
            traffic(rps, base, rate),
            rate - base,
            rule,
            `${base} ${rate} ${rps}`,
          )
          outcomes.set(name, outcome)
          if (rate === base) good.set(`${name} ${rps}`, outcome)
        }
        if (rate > base) {
          const cell = `${rateName(base)}, canary ${canary}, ${rps}/s`
          for (const peer of peers) {
            const twin = good.get(`${peer} ${rps}`)
            if (twin === undefined || twin.aborted > 0.01) continue
            comparison.compared += 1
            const [own, other] = [outcomes.get('Shiftgate') as Outcome, outcomes.get(peer) as Outcome]
            const lost = behind(own, other, runs)
            if (lost !== null) comparison.behind.push(`${cell}: ${lost} than with ${peer}`)
            const failed = failsMore(own.hour, other.hour)
            if (failed !== null) comparison.behindInHour.push(`${cell}: ${failed} than with ${peer}`)
          }
        }
        rows.push([rateName(base), canary, String(rps), ...[...outcomes.values()].map(shown)])
      }
    }
  }
  const head = ['base', 'canary', 'req/s', ...Object.keys(rules)]
  return { table: { title: 'Whole rollouts', text, head, rows }, comparison }
}

function outcomeOf(
  lab: Lab,
  runs: number,
  service: Traffic,
  excess: number,
  rule: (random: Random, service: Traffic) => Rule,
  name: string,
): Outcome {
  const all: Run[] = []
  for (let i = 0; i < runs; i++) {
    const random = seeded(lab.seed + i, name)
    all.push(steer(random, service, rule(random, service), 7200))
  }
  const part = (end: string) => all.filter((run) => run.end === end).length / runs
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

/** behind says what ours does worse than a peer, beyond two standard errors; null: nothing. */
function behind(ours: Outcome, peer: Outcome, runs: number): string | null {
  const spread = Math.sqrt((ours.promoted * (1 - ours.promoted) + peer.promoted * (1 - peer.promoted)) / runs)
  if (ours.promoted - peer.promoted > 2 * spread + 1e-9) {
    return `more bad releases promoted (${percent(ours.promoted)} % to ${percent(peer.promoted)} %)`
  }
  const more = failsMore(ours.failed, peer.failed)
  return more === null ? null : `promoted ${percent(ours.promoted)} % to ${percent(peer.promoted)} %, ${more}`
}

function failsMore(ours: readonly number[], peer: readonly number[]): string | null {
  const error = Math.hypot(errorOf(ours), errorOf(peer))
  if (mean(ours) - mean(peer) <= 2 * error + 1e-9) return null
  return `more failed requests (${number(mean(ours))} to ${number(mean(peer))} a release)`
}

function shown({ aborted, promoted, failed, hour: inHour, seconds }: Outcome): string {
  const rest = Math.max(0, 1 - aborted - promoted)
  return `${[aborted, promoted, rest].map((part) => (part * 100).toFixed(0)).join('/')} ${seconds} s ${number(mean(failed))} · ${number(mean(inHour))}`
}

const text =
  "Steps of 10 and 50 %, ours with the margin that its traffic can prove and at most 15 minutes a step; Flagger 10 to 50 % by tens, a check a minute; Argo five minutes a step; Kayenta half an hour at 10 %. Each rule steers its own traffic. A cell: aborted/promoted/inconclusive in %, median seconds to the end, mean failed requests beyond stable's rate until then · and until an hour has passed, with what a promoted release goes on to fail."
