import { afterEach, describe, expect, test } from '@jest/globals'
import {
  createPrometheus,
  type EmbeddedOptions,
  type EmbeddedPrometheus,
} from '../../src/sandbox/prometheus/prometheus.ts'

const now = Date.UTC(2026, 2, 1, 12)
const open: EmbeddedPrometheus[] = []

async function start(
  options: Partial<EmbeddedOptions> = {},
): Promise<{ prometheus: EmbeddedPrometheus; url: string }> {
  const target = { labels: { job: 'pods', instance: 'a:1', pod: 'a' }, scrape: () => [] }
  const prometheus = createPrometheus({ targets: () => [target], now: () => now, ...options })
  open.push(prometheus)
  prometheus.tick(now, 15)
  return { prometheus, url: await prometheus.listen() }
}

afterEach(async () => {
  for (const prometheus of open.splice(0)) await prometheus.close()
})

describe('over HTTP', () => {
  test('GET and POST with a form give the same answer', async () => {
    const { url } = await start()
    const get = await fetch(`${url}/api/v1/query?query=up`)
    const post = await fetch(`${url}/api/v1/query`, {
      method: 'POST',
      body: new URLSearchParams({ query: 'up' }),
    })
    const body = await get.text()
    expect(get.headers.get('content-type')).toBe('application/json')
    expect(JSON.parse(body)).toMatchObject({
      status: 'success',
      data: {
        resultType: 'vector',
        result: [{ metric: { __name__: 'up', pod: 'a' }, value: [expect.any(Number), '1'] }],
      },
    })
    expect(await post.text()).toBe(body)
  })

  test.each([
    ['GET', '/-/ready', 200, 'Prometheus Server is Ready.\n'],
    ['GET', '/api/v1/nope', 404, '404 page not found\n'],
    ['GET', '/', 404, '404 page not found\n'],
    ['DELETE', '/api/v1/query', 405, 'Method Not Allowed\n'],
  ])('%s %s: %d', async (method, path, status, text) => {
    const { url } = await start()
    const answer = await fetch(url + path, { method })
    expect([answer.status, await answer.text()]).toEqual([status, text])
  })

  test('what is outside the subset is a 400 that says so', async () => {
    const { url } = await start()
    for (const query of [
      'stddev(up)',
      'predict_linear(up[5m], 60)',
      'max_over_time(up[5m:1m])',
      'up atan2 up',
    ]) {
      const answer = await fetch(`${url}/api/v1/query?${new URLSearchParams({ query })}`)
      expect(answer.status).toBe(400)
      expect(await answer.json()).toMatchObject({
        status: 'error',
        errorType: 'bad_data',
        error: expect.stringMatching(
          /^invalid parameter "query": 1:\d+: parse error: .*(subset|unknown function)/,
        ),
      })
    }
  })

  test('targets, build info and config tell what is scraped, how often', async () => {
    const { url } = await start()
    const data = async (path: string): Promise<unknown> =>
      ((await (await fetch(`${url}/api/v1/${path}`)).json()) as { data: unknown }).data
    expect(await data('targets')).toMatchObject({
      activeTargets: [{ labels: { pod: 'a' }, health: 'up', scrapeInterval: '15s' }],
      droppedTargets: [],
    })
    expect(await data('status/buildinfo')).toMatchObject({ version: '2.42.0' })
    expect(await data('status/config')).toEqual({ yaml: expect.stringContaining('scrape_interval: 15s') })
  })
})

describe('credentials', () => {
  const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
  test.each([
    [{ bearer: 'T0ken' }, 'Bearer T0ken', 200],
    [{ bearer: 'T0ken' }, 'Bearer other', 401],
    [{ bearer: 'T0ken' }, null, 401],
    [{ username: 'u', password: 'p' }, basic('u:p'), 200],
    [{ username: 'u', password: 'p' }, basic('u:x'), 401],
  ])('%j with %s: %d', async (auth, authorization, status) => {
    const { url } = await start({ auth })
    const headers: Record<string, string> = authorization === null ? {} : { authorization }
    const answer = await fetch(`${url}/api/v1/query?query=up`, { headers })
    expect(answer.status).toBe(status)
    if (status === 401) expect(await answer.text()).toBe('Unauthorized\n')
  })
})

describe('faults', () => {
  test('down: refused and nothing scraped; up again on the same port, with the samples of before', async () => {
    const { prometheus, url } = await start()
    await prometheus.setFault({ kind: 'down' })
    await expect(fetch(`${url}/api/v1/query?query=up`)).rejects.toMatchObject({
      cause: { code: 'ECONNREFUSED' },
    })
    prometheus.tick(now + 15_000, 15)
    await prometheus.setFault(null)
    const answer = await fetch(`${url}/api/v1/query?query=count_over_time(up[5m])&time=${now / 1000 + 60}`)
    expect(await answer.json()).toMatchObject({ data: { result: [{ value: [now / 1000 + 60, '1'] }] } })
  })

  test.each([
    ['unavailable', 503, /Unavailable/],
    ['html', 200, /<html>/],
    ['empty', 200, /"result":\[\]/],
  ] as const)('%s', async (kind, status, body) => {
    const { prometheus, url } = await start()
    await prometheus.setFault({ kind })
    const answer = await fetch(`${url}/api/v1/query?query=up`)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toMatch(body)
    await prometheus.setFault(null)
    expect((await fetch(`${url}/api/v1/query?query=up`)).status).toBe(200)
  })

  test('hang: no answer until the caller gives up, and closing does not wait for it', async () => {
    const { prometheus, url } = await start()
    await prometheus.setFault({ kind: 'hang' })
    await expect(fetch(`${url}/api/v1/query?query=up`, { signal: AbortSignal.timeout(50) })).rejects.toThrow(
      /timeout|abort/i,
    )
  })

  test('slow: answers after its time', async () => {
    const { prometheus, url } = await start()
    await prometheus.setFault({ kind: 'slow', ms: 80 })
    const before = performance.now()
    expect((await fetch(`${url}/api/v1/query?query=up`)).status).toBe(200)
    expect(performance.now() - before).toBeGreaterThan(75)
  })
})
