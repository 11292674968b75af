import { describe, expect, jest, test } from '@jest/globals'
import { startAgreement } from '../../bench/verdict/agreement.ts'
import { chart } from '../../bench/verdict/chart.ts'
import { behind, comparable, type RolloutOutcome } from '../../bench/verdict/comparison.ts'
import { correlation } from '../../bench/verdict/correlation.ts'
import { detection } from '../../bench/verdict/detection.ts'
import { severalGates } from '../../bench/verdict/several-gates.ts'
import { markdown } from '../../bench/verdict/table.ts'

// Seconds of work, on a machine that may be busy.
jest.setTimeout(60_000)

describe('the benchmark', () => {
  test('the same seed gives the same table and chart, another seed others', () => {
    const run = (seed: number) => detection({ seed, scale: 0.01 }, startAgreement())
    const [first, again, other] = [run(1), run(1), run(2)]
    expect(again).toEqual(first)
    expect(other.table.rows).not.toEqual(first.table.rows)
    const lines = markdown(first.table).trimEnd().split('\n').slice(4)
    expect(lines).toHaveLength(2 + first.table.rows.length)
    for (const line of lines) expect(line.split(' | ')).toHaveLength(first.table.head.length)
    const drawn = chart(first.chart, 1)
    for (const { label } of first.chart) expect(drawn).toContain(`>${label}</text>`)
    expect(drawn).not.toMatch(/NaN|Infinity|undefined/)
  })

  test.each([
    ['correlated errors', () => correlation({ seed: 1, scale: 0.002 }, startAgreement())],
    ['several gates', () => severalGates({ seed: 1, scale: 0.002 })],
  ])('%s have a cell for each head', (_name, measure) => {
    const { head, rows } = measure()
    expect(rows.length).toBeGreaterThan(7)
    for (const row of rows) expect(row).toHaveLength(head.length)
    expect(rows.flat().join()).not.toMatch(/NaN|undefined/)
  })

  test('agreement keeps what is outside the error of both, and nothing else', () => {
    const agreement = startAgreement()
    agreement.share('same', 0.02, 600, 0.01, 600)
    agreement.share('more', 0.1, 600, 0.01, 600)
    agreement.median('close', [30, 45, 60, 75, 90], 60)
    agreement.median('far', new Array<number>(100).fill(60), 120)
    expect(agreement.compared.count).toBe(4)
    expect(agreement.differing.map((line) => line.split(':')[0])).toEqual(['more', 'far'])
  })

  const outcome = (promoted: number, failed: number): RolloutOutcome => ({
    aborted: 1 - promoted,
    promoted,
    failed: Array.from({ length: 200 }, (_, i) => failed + (i % 2)),
    hour: Array.from({ length: 200 }, (_, i) => failed + (i % 2)),
    seconds: 300,
  })

  test.each([
    ['no worse', outcome(0, 5), outcome(0, 5), []],
    ['worse within the error', outcome(0.01, 5), outcome(0, 5), []],
    ['more promoted', outcome(0.2, 5), outcome(0, 5), ['**20** / 0', '5.5 / 5.5', '5.5 / 5.5']],
    ['more failed', outcome(0, 6), outcome(0, 5), ['0 / 0', '**6.5** / 5.5', '**6.5** / 5.5']],
  ])('behind is what is worse beyond the error: %s', (_name, ours, theirs, cells) => {
    const { rows } = behind([{ cell: 'a cell', peer: 'a peer', ours, theirs }])
    expect(rows).toEqual(cells.length === 0 ? [] : [['a cell', 'a peer', ...cells]])
  })

  test('a peer that aborts good releases is not compared', () => {
    expect(comparable(outcome(0.99, 0))).toBe(true)
    expect(comparable(outcome(0.98, 0))).toBe(false)
    expect(comparable(undefined)).toBe(false)
  })
})
