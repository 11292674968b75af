import type { Agreement } from './agreement.ts'
import { add, type Lab, peersAtOneShare, seconds, share, type Tally, trials } from './lab.ts'
import { watching } from './ours.ts'
import { percent, rateName, type Table, times } from './table.ts'
import { type Traffic, traffic } from './traffic.ts'

const services: [base: number, rps: number][] = [
  [0.001, 1000],
  [0.01, 100],
  [0.01, 10_000],
]

type Design = [ours: number, without: number, line: number, median: number]

/** Processes, and per service the designed shares in percent, and the ×5 median in seconds; null: the design has none. */
const processes: [string, Partial<Pick<Traffic, 'errors' | 'late'>>, Design[] | null][] = [
  [
    'independent',
    {},
    [
      [0, 0, 0, 45],
      [0, 0, 0, 45],
      [0, 0, 0, 30],
    ],
  ],
  [
    'shared, cv 1',
    { errors: { kind: 'shared', cv: 1 } },
    [
      [0, 0.2, 0.2, 45],
      [0, 0, 0.3, 45],
      [0, 0, 0, 30],
    ],
  ],
  [
    'shared cv 1, half the scrapes late',
    { errors: { kind: 'shared', cv: 1 }, late: 0.5 },
    [
      [0, 0, 0.2, 90],
      [0, 0, 0.3, 75],
      [0, 0, 0, 45],
    ],
  ],
  [
    'clusters of 3',
    { errors: { kind: 'clusters', mean: 3 } },
    [
      [0, 0.3, 0, 150],
      [0, 0.2, 0, 150],
      [0, 0, 0, 30],
    ],
  ],
  [
    'clusters of 10',
    { errors: { kind: 'clusters', mean: 10 } },
    [
      [0.2, 0.5, 0, 390],
      [0, 0, 0.3, 375],
      [0, 0, 0.2, 90],
    ],
  ],
  [
    'clusters of 50',
    { errors: { kind: 'clusters', mean: 50 } },
    [
      [0, 0.2, 0, 1140],
      [0.2, 0.5, 0.2, 1125],
      [0, 0, 0, 90],
    ],
  ],
  ['each pod by itself, cv 0.3', { errors: { kind: 'pods', cv: 0.3 } }, null],
  ['each pod by itself, cv 1', { errors: { kind: 'pods', cv: 1 } }, null],
  [
    'each side by itself, cv 0.3',
    { errors: { kind: 'own', cv: 0.3 } },
    [
      [0.2, 0.2, 0.8, 75],
      [0, 0, 0.5, 75],
      [0, 0, 2.2, 90],
    ],
  ],
  [
    'each side by itself, cv 1',
    { errors: { kind: 'own', cv: 1 } },
    [
      [4.8, 6.7, 11.7, 180],
      [5.7, 8.2, 11, 195],
      [6.8, 7.3, 14.8, 180],
    ],
  ],
  ['each side by itself, cv 0.5, scraped at any moment', { errors: { kind: 'side', cv: 0.5 } }, null],
  ['each side by itself, cv 1, scraped at any moment', { errors: { kind: 'side', cv: 1 } }, null],
]

/** correlation measures false aborts when errors hang together, and what catching costs then. */
export function correlation(lab: Lab, agreement: Agreement): Table {
  const rows: string[][] = []
  for (const [name, more, designs] of processes) {
    for (const [i, [base, rps]] of services.entries()) {
      const cell = `${name}, ${rateName(base)}, ${rps}/s`
      const tallies = new Map<string, Tally>()
      for (const { random, calibration, polls } of trials(lab, cell, 600, traffic(rps, base, base, more))) {
        add(tallies, 'ours', polls, watching({}, calibration))
        add(tallies, 'without', polls, watching({}, null))
        for (const peer of ['flagger', 'kayenta'] as const)
          add(tallies, peer, polls, peersAtOneShare[peer](random))
      }
      for (const { calibration, polls } of trials(
        lab,
        `${cell} line`,
        600,
        traffic(rps, base, 1.1 * base, more),
      )) {
        add(tallies, 'line', polls, watching({}, calibration))
      }
      for (const { calibration, polls } of trials(
        lab,
        `${cell} bad`,
        300,
        traffic(rps, base, 5 * base, more),
      )) {
        add(tallies, 'bad', polls, watching({}, calibration))
      }
      const of = (key: string) => tallies.get(key) as Tally
      if (designs !== null) agree(agreement, cell, of, designs[i] as Design)
      const shown = (key: string) => (share(of(key)) * 100).toFixed(1)
      rows.push([
        name,
        rateName(base),
        String(rps),
        ...['ours', 'without', 'line', 'flagger', 'kayenta'].map(shown),
        `${percent(share(of('bad')))}% ${times(seconds(of('bad')))}`,
      ])
    }
  }
  return { title: 'False aborts when errors hang together', text, head, rows }
}

function agree(agreement: Agreement, cell: string, of: (key: string) => Tally, design: Design): void {
  for (const [k, key] of (['ours', 'without', 'line'] as const).entries()) {
    const tally = of(key)
    agreement.share(
      `false aborts (${key}), ${cell}`,
      share(tally),
      tally.runs,
      (design[k] as number) / 100,
      600,
    )
  }
  agreement.median(`×5 caught, ${cell}`, seconds(of('bad')), design[3])
}

const head = [
  'errors',
  'base',
  'req/s',
  'Shiftgate %',
  'without history %',
  'at the line %',
  'Flagger %',
  'Kayenta %',
  '×5 caught, s median/p95',
]
const text =
  'Good releases aborted within half an hour; promised is 1% at most. "At the line" is a release exactly 1.1 times worse than stable. Clusters have geometric sizes; "shared" multiplies both sides\' rates by one Gamma a poll, "each pod by itself" those of ten pods, one of them the canary\'s, by one of its own for each. "Each side by itself" has one for every side, whatever its pods: the known exception, which no comparison of two sides can tell from harm; "scraped at any moment" lets each pod show a part of the next one, so that a jump is seen in two polls. Before a release, `plan` warns where stable as a whole jumps like that.'
