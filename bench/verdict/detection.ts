import { resolveConfig } from '../../src/verdict/config.ts'
import { information } from '../../src/verdict/engine/projection.ts'
import type { Agreement } from './agreement.ts'
import { add, type Lab, peersAtOneShare, seconds, share, type Tally, trials } from './lab.ts'
import { watching } from './ours.ts'
import { mean, quantile } from './statistics.ts'
import { number, percent, rateName, type Table, times } from './table.ts'
import { traffic } from './traffic.ts'

/** base, canary, requests per second; medians the engine was designed with, with and without history. */
const cells: [base: number, canary: number, rps: number, median: number, without: number][] = [
  [0.0001, 0.002, 100, 225, 240],
  [0.0001, 0.0005, 1000, 210, 255],
  [0.0001, 0.0002, 10_000, 270, 315],
  [0.001, 0.02, 10, 225, 225],
  [0.001, 0.005, 100, 225, 255],
  [0.001, 0.002, 1000, 255, 300],
  [0.001, 0.005, 1000, 45, 105],
  [0.001, 0.1, 1, 420, 420],
  [0.001, 0.1, 10, 60, 60],
  [0.001, 0.1, 100, 30, 60],
  [0.01, 0.02, 100, 255, 315],
  [0.01, 0.05, 10, 225, 255],
  [0.01, 0.05, 100, 45, 90],
  [0.01, 0.02, 1000, 45, 195],
  [0.01, 0.2, 10, 45, 60],
  [0.01, 0.5, 1, 90, 105],
  [0.01, 1, 1, 45, 60],
  [0.01, 1, 100, 30, 30],
]

/** Caught is one cell of the chart: seconds until a rule caught half of the bad canaries; null: it didn't. */
export interface Caught {
  label: string
  limit: number
  ours: { median: number; late: number }
  peers: Record<string, number | null>
}

const config = resolveConfig()

/** detection measures how long a bad canary lives at a share of 10%. */
export function detection(lab: Lab, agreement: Agreement): { table: Table; chart: Caught[] } {
  const rows: string[][] = []
  const chart: Caught[] = []
  for (const [base, canary, rps, median, without] of cells) {
    const label = `${rateName(base)} → ${rateName(canary)}, ${rps}/s`
    const tallies = new Map<string, Tally>()
    for (const { random, calibration, polls } of trials(lab, label, 300, traffic(rps, base, canary))) {
      add(tallies, 'ours', polls, watching({}, calibration))
      add(tallies, 'without', polls, watching({}, null))
      for (const [name, peer] of Object.entries(peersAtOneShare)) add(tallies, name, polls, peer(random))
    }
    const of = (name: string) => tallies.get(name) as Tally
    const limit = Math.log(1 / config.alpha) / information(canary, base, 9, config.abortRatio, 0)
    const requests = of('ours').caught.map((run) => run.canaryRequests / limit)
    agreement.median(`caught, ${label}`, seconds(of('ours')), median)
    agreement.median(`caught without history, ${label}`, seconds(of('without')), without)
    const limitSeconds = Math.max(15, Math.ceil(limit / (rps * 0.1) / 15) * 15)
    rows.push([
      rateName(base),
      rateName(canary),
      String(rps),
      String(limitSeconds),
      `${percent(share(of('ours')))}% ${times(seconds(of('ours')))}`,
      `${number(quantile(requests, 0.5))} / ${number(mean(requests))}`,
      number(mean(of('ours').caught.map((run) => run.canaryBad))),
      `${percent(share(of('without')))}% ${times(seconds(of('without')))}`,
      ...Object.keys(peersAtOneShare).map(
        (name) => `${percent(share(of(name)))}% ${times(seconds(of(name)))}`,
      ),
    ])
    chart.push({
      label,
      limit: limitSeconds,
      ours: { median: quantile(seconds(of('ours')), 0.5), late: quantile(seconds(of('ours')), 0.95) },
      peers: Object.fromEntries(
        Object.keys(peersAtOneShare).map((name) => [name, medianOf(of(name))] as const),
      ),
    })
  }
  return { table: { title: 'Time to catch', text, head, rows }, chart }
}

function medianOf(tally: Tally): number | null {
  return share(tally) >= 0.5 ? quantile(seconds(tally), (0.5 * tally.runs) / tally.caught.length) : null
}

const head = [
  'stable',
  'canary',
  'req/s',
  'limit s',
  'Shiftgate: caught, s median/p95',
  'canary requests ÷ limit: median / mean',
  'failed requests until caught',
  'without history',
  'Flagger',
  'Argo Rollouts',
  'Kayenta',
]
const text =
  'Share 10%, half an hour. "Limit" is the least that any test with the same promise can need on average (Wald), in whole polls. Each rule looks at the same polls; for a peer, the share of releases it aborted and when: it promotes the rest.'
