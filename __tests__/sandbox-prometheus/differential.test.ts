import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createPrometheus, type EmbeddedPrometheus } from '../../src/sandbox/prometheus/prometheus.ts'
import { type RealPrometheus, startPrometheus } from '../support/prometheus.ts'
import { remoteWrite } from '../support/remote-write.ts'
import { expression } from './expressions.ts'
import { queries } from './queries.ts'
import { interval, samples, scrapes, start } from './samples.ts'

let real: RealPrometheus
let ours: EmbeddedPrometheus

beforeAll(async () => {
  const series = samples()
  ours = createPrometheus({ targets: () => [], now: () => start + scrapes * interval })
  for (const one of series) {
    const stored = ours.storage.series(one.labels)
    for (const [index, time] of one.times.entries())
      ours.storage.append(stored, time, one.values[index] ?? null)
  }
  real = await startPrometheus({ receiver: true })
  await remoteWrite(real.url, series)
}, 60_000)

afterAll(async () => {
  await real?.stop()
})

/** Moments at a sample, between samples, in the gap of a pod, before, at the edge of the lookback, long after. */
const moments = [10, 33.5, 41, 52.2, 79, 97, 99, 101, 130].map((tick) => start + tick * interval)

interface Answer {
  status: number
  body: { status: string; errorType?: string; error?: string; data?: unknown }
}

async function both(path: string, parameters: Record<string, string>): Promise<[Answer, Answer]> {
  const search = new URLSearchParams(parameters)
  const theirs = await fetch(`${real.url}/api/v1/${path}?${search}`)
  const mine = ours.answer({ method: 'GET', path: `/api/v1/${path}`, parameters: search })
  return [
    { status: theirs.status, body: (await theirs.json()) as Answer['body'] },
    { status: mine.status, body: JSON.parse(mine.body) as Answer['body'] },
  ]
}

/** comparable sorts series by labels and rounds numbers to 10 digits: sums may be added in another order. */
function comparable(answer: Answer): unknown {
  const { status, body } = answer
  if (body.status !== 'success') return { status, errorType: body.errorType }
  const data = body.data as { resultType: string; result: unknown }
  if (data.resultType === 'scalar') return { type: 'scalar', point: point(data.result as [number, string]) }
  if (data.resultType === 'string') return data
  const rows = (
    data.result as { metric: Record<string, string>; value?: [number, string]; values?: [number, string][] }[]
  ).map((row) => ({
    key: JSON.stringify(Object.entries(row.metric).sort(([a], [b]) => (a < b ? -1 : 1))),
    points: (row.values ?? (row.value === undefined ? [] : [row.value])).map(point),
  }))
  return { type: data.resultType, rows: rows.sort((a, b) => (a.key < b.key ? -1 : 1)) }
}

function point([time, value]: [number, string]): [number, string] {
  const number = Number(value)
  if (!Number.isFinite(number)) return [time, value]
  const rounded = Number(number.toPrecision(10))
  return [time, String(Math.abs(rounded) < 1e-12 ? 0 : rounded)]
}

async function expectAgreement(query: string): Promise<void> {
  const span = { start: String(start / 1000), end: String((start + 120 * interval) / 1000), step: '20' }
  const pairs = await Promise.all([
    ...moments.map((time) => both('query', { query, time: String(time / 1000) })),
    both('query_range', { query, ...span }),
  ])
  for (const [index, [theirs, mine]] of pairs.entries()) {
    const place = { query, time: moments[index] ?? 'range' }
    expect({ ...place, answer: comparable(mine) }).toEqual({ ...place, answer: comparable(theirs) })
  }
}

describe('the embedded Prometheus answers as a real one', () => {
  test.each(queries)('%s', (query) => expectAgreement(query))

  test('expressions made at random', async () => {
    await fc.assert(
      fc.asyncProperty(expression, (query) => expectAgreement(query)),
      { numRuns: 60, seed: 20260302 },
    )
  }, 60_000)

  test.each([
    ['query', { query: 'up', time: 'x' }],
    ['query', { query: 'up', time: '2026-03-01T12:05:00Z' }],
    ['query', { query: 'up', time: '2026-03-01T12:05:00.250+01:00' }],
    ['query_range', { query: 'up', start: '5', end: '1', step: '1' }],
    ['query_range', { query: 'up', start: '1', end: '5', step: '0' }],
    ['query_range', { query: 'up', start: '1', end: '5', step: '-1' }],
    ['query_range', { query: 'up', start: '1', end: '5', step: 'x' }],
    ['query_range', { query: 'up', start: '1', end: '99999', step: '1' }],
    ['query_range', { query: 'up', start: '', end: '5', step: '1' }],
    ['query_range', { query: 'up', start: String(start / 1000), end: String(start / 1000 + 60), step: '1m' }],
    ['query_range', { query: 'up[1m]', start: '1', end: '5', step: '1' }],
    ['query_range', { query: '"a"', start: '1', end: '5', step: '1' }],
  ])('parameters of %s: %j', async (path, parameters) => {
    const [theirs, mine] = await both(path, parameters as unknown as Record<string, string>)
    expect(comparable(mine)).toEqual(comparable(theirs))
    if (theirs.body.status === 'error') expect(mine.body.error).toBe(theirs.body.error)
  })

  test.each([
    ['series', { 'match[]': 'up' }],
    ['series', { 'match[]': 'istio_requests_total{pod="pod-1"}' }],
    ['series', { 'match[]': 'nothing' }],
    ['series', {}],
    ['labels', {}],
    ['labels', { 'match[]': 'up' }],
    ['label/pod/values', {}],
    ['label/zone/values', { 'match[]': 'temperature' }],
    ['label/nothing/values', {}],
    ['label/0bad/values', {}],
  ])('metadata of %s: %j', async (path, parameters) => {
    const span = { start: String(start / 1000), end: String(start / 1000 + 3600) }
    const [theirs, mine] = await both(path, { ...(parameters as Record<string, string>), ...span })
    const sorted = (answer: Answer): unknown => ({
      status: answer.status,
      errorType: answer.body.errorType,
      data: Array.isArray(answer.body.data)
        ? answer.body.data.map((item) => JSON.stringify(item, Object.keys(item as object).sort())).sort()
        : answer.body.data,
    })
    expect(sorted(mine)).toEqual(sorted(theirs))
  })
})
