import type { Counts } from '../../release/evidence/counts.ts'
import type { LatencyView } from '../../release/evidence/gate-evidence.ts'
import { failureRate, formatCount, formatPercent } from '../../release/text/figures.ts'
import type { ReleaseView } from '../view/release-view.ts'
import { type Cell, type Column, type Table, textCell } from './table.ts'

const columns: readonly Column[] = [
  { head: 'Latency', align: 'left' },
  { head: 'Canary', align: 'right' },
  { head: 'Stable', align: 'right' },
]

const percentiles = ['p50', 'p95', 'p99'] as const

/**
 * latencyTable is the percentiles of both versions, and how many requests took over each of the compared bounds; null
 * where nothing is known of how long requests took.
 */
export function latencyTable({ latency }: ReleaseView): Table | null {
  if (latency === null) return null
  const { quantiles, slow } = latency
  const times = quantiles === null ? [] : percentiles.map((name, at) => percentileRow(name, at, quantiles))
  const shares = slow.map(({ bound, canary, stable }) => [
    textCell(bound),
    slowCell(canary),
    slowCell(stable),
  ])
  return { caption: 'How long requests took', columns, rows: [...times, ...shares] }
}

function percentileRow(name: string, at: number, { canary, stable }: LatencyView): Cell[] {
  const cell = (times: LatencyView['canary']): Cell =>
    times === null ? none : { text: `${Number((times[at] as number).toPrecision(2))} ms` }
  return [textCell(name), cell(canary), cell(stable)]
}

const none: Cell = { text: '–', faint: true }

function slowCell(counts: Counts | null): Cell {
  const rate = failureRate(counts)
  return rate === null ? none : { text: `${formatPercent(rate)} (${formatCount(counts?.bad ?? 0)})` }
}
