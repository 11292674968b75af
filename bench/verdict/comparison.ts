import { errorOf, mean } from './statistics.ts'
import { number, percent, type Table } from './table.ts'

/** RolloutOutcome is how all runs of one rule on one service went. */
export interface RolloutOutcome {
  aborted: number
  promoted: number
  /** Failed requests beyond stable's rate until the rule decided, one number a run. */
  failed: number[]
  /** The same until an hour has passed, with what a promoted release goes on to fail. */
  hour: number[]
  seconds: number
}

/** Comparison is ours against one peer on one bad canary, and in what ours is behind. */
export interface Comparison {
  cell: string
  peer: string
  ours: RolloutOutcome
  theirs: RolloutOutcome
}

/** comparable says whether a peer keeps its own false aborts at 1% in a cell's good twin. */
export function comparable(goodTwin: RolloutOutcome | undefined): boolean {
  return goodTwin !== undefined && goodTwin.aborted <= 0.01 + 1e-9
}

/** behind is the table of all comparisons in which ours is worse beyond two standard errors. */
export function behind(comparisons: readonly Comparison[]): Table {
  const count = { promoted: 0, failed: 0, hour: 0 }
  const rows: string[][] = []
  for (const { cell, peer, ours, theirs } of comparisons) {
    const worse = {
      promoted: promotesMore(ours, theirs),
      failed: failsMore(ours.failed, theirs.failed),
      hour: failsMore(ours.hour, theirs.hour),
    }
    for (const key of ['promoted', 'failed', 'hour'] as const) if (worse[key]) count[key] += 1
    if (!worse.promoted && !worse.failed && !worse.hour) continue
    const pair = (lost: boolean, left: string, right: string) => `${lost ? `**${left}**` : left} / ${right}`
    rows.push([
      cell,
      peer,
      pair(worse.promoted, percent(ours.promoted), percent(theirs.promoted)),
      pair(worse.failed, number(mean(ours.failed)), number(mean(theirs.failed))),
      pair(worse.hour, number(mean(ours.hour)), number(mean(theirs.hour))),
    ])
  }
  const text = [
    `Whole rollouts, every bad canary, against each peer that aborts at most 1% of the good releases of the same service: ${comparisons.length} comparisons. Beyond two standard errors, Shiftgate promotes more bad releases in ${count.promoted}, lets more requests fail until it decides in ${count.failed} (a rule that promotes a bad release soon has few failures until then), and in ${count.hour} counting what promoted releases go on to fail until an hour has passed. These are they, ours / theirs, what is worse in bold:`,
  ].join('')
  const head = [
    'canary',
    'against',
    'bad releases promoted %',
    'failed requests a release until decided',
    'failed requests within an hour',
  ]
  return { title: 'Where ours is behind', text, head, rows }
}

function promotesMore(ours: RolloutOutcome, theirs: RolloutOutcome): boolean {
  const variance = (share: number) => (share * (1 - share)) / ours.failed.length
  const error = Math.sqrt(variance(ours.promoted) + variance(theirs.promoted))
  return ours.promoted - theirs.promoted > 2 * error + 1e-9
}

function failsMore(ours: readonly number[], theirs: readonly number[]): boolean {
  return mean(ours) - mean(theirs) > 2 * Math.hypot(errorOf(ours), errorOf(theirs)) + 1e-9
}
