import { afterEach, describe, expect, test } from '@jest/globals'
import { closeServers, door, failure, json, never, serve, wholeAnswers } from './prometheus-stub.ts'

afterEach(closeServers)

const vector = { resultType: 'vector', result: [{ metric: { le: '1' }, value: [1.5, '7'] }] }

/** answering serves one body for every call, and keeps the calls' parameters. */
async function answering(more: Record<string, unknown>, data: unknown = vector) {
  const seen: URLSearchParams[] = []
  const url = await serve((request, response) => {
    seen.push(new URL(request.url ?? '', 'http://x').searchParams)
    response.writeHead(200, json)
    response.end(JSON.stringify({ status: 'success', data, ...more }))
  })
  return { metrics: door({ url }).metrics, seen }
}

const incomplete: [name: string, more: Record<string, unknown>, says: RegExp][] = [
  ['Thanos, a store away', { warnings: ['receive series from Addr: prom-b: connection refused'] }, /prom-b/],
  [
    'Thanos, an info before it',
    { warnings: ['PromQL info: x', 'fetch series for store: EOF'] },
    /fetch series/,
  ],
  ['Prometheus, remote read', { warnings: ['remote_read: 503'] }, /remote_read/],
  ['a text among the infos', { infos: ['query result may contain partial data'] }, /partial data/],
  ['VictoriaMetrics', { isPartial: true }, /isPartial/],
]

describe('an incomplete answer is no answer', () => {
  test.each(incomplete)('%s', async (_name, more, says) => {
    const { metrics } = await answering(more)
    const { code, message } = await failure(metrics.instant('up', 0, never))
    expect([code, message]).toEqual(['incomplete', expect.stringMatching(says)])
    const range = await answering(more, { resultType: 'matrix', result: [] })
    expect((await failure(range.metrics.range('up', 0, 1000, 1000, never))).code).toBe('incomplete')
  })

  const latency = {
    host: 'a.b.svc',
    source: { reporter: 'source', label: 'x', canary: 'a', stable: 'b' },
  } as const

  test('a PromQL warning on a query of ours is one, on a query of the user it is passed on', async () => {
    const text = 'PromQL warning: encountered a mix of histograms and floats'
    const { metrics } = await answering({ warnings: [text] })
    expect((await metrics.instant('up', 0, never)).warnings).toEqual([text])
    const asked = metrics.latencyBounds({ ...latency, until: 0, threshold: 100 }, never)
    expect(await failure(asked)).toMatchObject({ code: 'incomplete', message: expect.stringContaining(text) })
  })

  test.each([
    ['false', { isPartial: false }],
    ['an info', { infos: ['PromQL info: metric might not be a counter'] }],
    ['an info among the warnings', { warnings: ['PromQL info: metric might not be a counter'] }],
  ])('%s is complete', async (_name, more) => {
    const { metrics } = await answering(more)
    expect(await metrics.latencyBounds({ ...latency, until: 0, threshold: 1 }, never)).toEqual({
      bound: 1,
      bounds: [1],
    })
  })

  test('every query refuses partial answers and moved times', async () => {
    const { metrics, seen } = await answering({})
    await metrics.instant('up', 0, never)
    await metrics.range('up', 0, 1500, 1500, never)
    for (const parameters of seen) expect(Object.fromEntries(parameters)).toMatchObject(wholeAnswers)
    expect(seen).toHaveLength(2)
  })
})

describe('the grid that was asked', () => {
  const row = (...times: number[]) => ({
    resultType: 'matrix',
    result: [{ metric: {}, values: times.map((time) => [time, '1']) }],
  })

  test.each<[string, number[]]>([
    ['floored to a multiple of the step', [1_700_000_000, 1_700_000_015]],
    ['ten minutes ahead', [1_700_000_607, 1_700_000_622]],
    ['before it', [1_699_999_992, 1_700_000_007]],
    ['after it', [1_700_000_037, 1_700_000_052]],
    ['one sample between', [1_700_000_007, 1_700_000_014]],
  ])('an answer %s is refused', async (_name, times) => {
    const { metrics } = await answering({}, row(...times))
    const asked = metrics.range('up', 1_700_000_007_000, 1_700_000_037_000, 15_000, never)
    expect(await failure(asked)).toMatchObject({
      code: 'bad-answer',
      message: expect.stringMatching(/other times than asked.*align-range-with-step/),
    })
  })

  test('an answer on it is taken, whatever lacks', async () => {
    const { metrics } = await answering({}, row(1_700_000_007, 1_700_000_037.0004))
    const { series } = await metrics.range('up', 1_700_000_007_000, 1_700_000_037_000, 15_000, never)
    expect(series[0]?.samples).toHaveLength(2)
  })
})
