import { calibrate, type PodCounts } from '../../src/release/evidence/calibration.ts'
import type { Calibration, Counts, Poll } from '../../src/release/evidence/counts.ts'
import { errorsOutlastPolls } from '../../src/verdict/error-bursts.ts'
import { add, type Lab, seconds, share, type Tally } from './lab.ts'
import { watching } from './ours.ts'
import { binomial, type Random, seeded } from './random.ts'
import { percent, rateName, type Table, times } from './table.ts'
import { historyRows, source, type Traffic, traffic } from './traffic.ts'

const services: [base: number, rps: number][] = [
  [0.001, 100],
  [0.01, 100],
  [0.01, 1000],
]

/** How long errors hang together, in polls of 5 s: within one, or over three, each of which sees a part of it. */
const processes: [string, number, Partial<Pick<Traffic, 'errors' | 'late'>>][] = [
  ['independent', 1, {}],
  ['shared cv 1, half the scrapes late', 1, { errors: { kind: 'shared', cv: 1 }, late: 0.5 }],
  ['clusters of 10', 1, { errors: { kind: 'clusters', mean: 10 } }],
  ['shared cv 1, over 15 s', 3, { errors: { kind: 'shared', cv: 1 } }],
  ['clusters of 3, over 15 s', 3, { errors: { kind: 'clusters', mean: 3 } }],
  ['clusters of 10, over 15 s', 3, { errors: { kind: 'clusters', mean: 10 } }],
]

const shortPoll = 5
/** How many short polls make a long one. */
const parts = 3

const ways = ['long', 'short', 'auto'] as const
type Way = (typeof ways)[number]

/** shortPolls measures false aborts, and how soon is caught, where the same traffic is polled every 15 s and every 5 s. */
export function shortPolls(lab: Lab): Table {
  const rows: string[][] = []
  for (const [name, span, more] of processes) {
    for (const [base, rps] of services) {
      const tallies = new Map<string, Tally>()
      const watchAll = (kind: string, runs: number, canary: number) => {
        const cell = `short polls ${name} ${base} ${rps} ${kind}`
        for (const trial of polled(lab, cell, runs, traffic(rps, base, canary, more), span)) {
          for (const way of ways) {
            const { calibration, polls } = trial[way]
            add(tallies, `${kind} ${way}`, polls, watching({}, calibration))
          }
        }
      }
      watchAll('good', 300, base)
      watchAll('line', 150, 1.1 * base)
      watchAll('bad', 60, 0.1)
      const all = (kind: string, shown: (tally: Tally) => string) =>
        ways.map((way) => shown(tallies.get(`${kind} ${way}`) as Tally)).join(' · ')
      const aborted = (tally: Tally) => (share(tally) * 100).toFixed(1)
      rows.push([
        name,
        rateName(base),
        String(rps),
        all('good', aborted),
        all('line', aborted),
        all('bad', (tally) => `${percent(share(tally))}% ${times(seconds(tally))}`),
      ])
    }
  }
  return { title: 'Polls of 5 s', text, head, rows }
}

interface Polled {
  calibration: Calibration
  polls: Poll[]
}

/** polled gives half an hour of the same release, and the hour before it, in long and short polls, and as `auto` takes them. */
function* polled(
  lab: Lab,
  name: string,
  runs: number,
  given: Traffic,
  span: number,
): Generator<Record<Way, Polled>> {
  const pollSeconds = shortPoll * span
  for (let i = 0; i < Math.ceil(runs * lab.scale); i++) {
    const random = seeded(lab.seed, `${name} ${i}`)
    const { late } = given
    const once = { ...given, late: 0, pollSeconds }
    const rows = historyRows(random, once)
    const from = source(random, once)
    const polls = Array.from({ length: 1800 / pollSeconds }, () => from.next(0, 0.1))
    const [fineRows, finePolls] =
      span === 1
        ? [rows, polls]
        : [rows.flatMap((row) => dividedRows(random, row)), dividedPolls(random, polls, pollSeconds)]
    const long = {
      calibration: calibrate(mergedRows(fineRows)),
      polls: lateCanary(
        random,
        finePolls.filter((_, index) => index % parts === parts - 1),
        late,
      ),
    }
    const short = { calibration: calibrate(fineRows), polls: lateCanary(random, finePolls, late) }
    yield { long, short, auto: errorsOutlastPolls(short.calibration, long.calibration) ? long : short }
  }
}

function mergedRows(rows: readonly PodCounts[][]): PodCounts[][] {
  return Array.from({ length: Math.floor(rows.length / parts) }, (_, at) => {
    const merged = rows.slice(at * parts, (at + 1) * parts)
    return (merged[0] as PodCounts[]).map((_, pod): PodCounts => {
      const of = (field: 0 | 1) => merged.reduce((sum, row) => sum + (row[pod] as PodCounts)[field], 0)
      return [of(0), of(1)]
    })
  })
}

/** What a part of a poll's time saw; the rest is for the parts after it. */
function takePart(random: Random, rest: Counts, left: number): Counts {
  if (left <= 1) return { ...rest }
  const bad = binomial(random, rest.bad, 1 / left)
  return { total: bad + binomial(random, rest.total - rest.bad, 1 / left), bad }
}

function dividedRows(random: Random, row: readonly PodCounts[]): PodCounts[][] {
  const rest = row.map(([total, bad]) => ({ total, bad }))
  return Array.from({ length: parts }, (_, part) =>
    rest.map((counts): PodCounts => {
      const { total, bad } = takePart(random, counts, parts - part)
      counts.total -= total
      counts.bad -= bad
      return [total, bad]
    }),
  )
}

function dividedPolls(random: Random, polls: readonly Poll[], pollSeconds: number): Poll[] {
  const sums = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }
  return polls.flatMap((poll) =>
    Array.from({ length: parts }, (_, part) => {
      for (const side of ['canary', 'stable'] as const) {
        const until = poll[side] as Counts
        const sum = sums[side]
        const seen = takePart(
          random,
          { total: until.total - sum.total, bad: until.bad - sum.bad },
          parts - part,
        )
        sums[side] = { total: sum.total + seen.total, bad: sum.bad + seen.bad }
      }
      const t = poll.t - (pollSeconds * (parts - 1 - part)) / parts
      return { ...poll, t, canary: sums.canary, stable: sums.stable }
    }),
  )
}

/** Some polls show what the canary had counted at the poll before. */
function lateCanary(random: Random, polls: readonly Poll[], late: number): Poll[] {
  let shown: Poll['canary'] = { total: 0, bad: 0 }
  return polls.map((poll) => {
    if (!(random() < late)) shown = poll.canary
    return { ...poll, canary: shown }
  })
}

const head = ['errors', 'base', 'req/s', 'good %', 'at the line %', 'failing 10%: caught, s median/p95']
const text =
  'The same traffic polled every 15 s · every 5 s · as `interval: auto` does where Prometheus scrapes every 5 s: 5 s, but 15 s where the hour before shows that errors hang together for longer than a poll. Good releases aborted within half an hour; promised is 1% at most. "At the line" is a release exactly 1.1 times worse than stable. Clusters lie in one poll of 5 s, or are spread "over 15 s", of which three short polls see a part each. Caught: a canary that fails 10% of its requests at a share of 10%; what scrapes and `metrics-lag` take comes on top.'
