import { expect, test } from '@jest/globals'
import { createGateHistory } from '../../src/gates/measurement.ts'
import { openMetrics } from '../../src/metrics/metrics.ts'
import { createPrometheus } from '../../src/sandbox/prometheus/prometheus.ts'
import type { ExposedSample } from '../../src/sandbox/prometheus/target.ts'
import { shortSleep } from '../support/short-sleep.ts'
import { failure, never, plain } from './prometheus-stub.ts'

const host = 'my-api.shop.svc.cluster.local'
const source = { reporter: 'destination', label: 'destination_workload', canary: 'v2', stable: 'v1' } as const
/** No multiple of any interval: a question about the past may be asked at any moment. */
const now = 1_700_000_007_123

/** behindFrontEnd is a store with ten minutes of history behind a front end that may move the times of ranges. */
function behindFrontEnd(move: (seconds: number, step: number) => number) {
  let time = now - 600_000
  const labels = (name: string, more: Record<string, string> = {}) => ({
    __name__: name,
    reporter: 'destination',
    destination_service: host,
    destination_workload: 'v1',
    response_code: '200',
    request_operation: 'list',
    ...more,
  })
  const page: { labels: ExposedSample['labels']; value: number }[] = [
    { labels: labels('istio_requests_total'), value: 0 },
    { labels: labels('istio_request_duration_milliseconds_bucket', { le: '100' }), value: 0 },
    { labels: labels('istio_request_duration_milliseconds_bucket', { le: '+Inf' }), value: 0 },
    { labels: labels('events_total'), value: 0 },
  ]
  const scrape = () => {
    for (const sample of page) sample.value += 60
    return page
  }
  const targets = () => [{ labels: { job: 'pods', instance: '10.0.0.1:15020', pod: 'v1-a-b' }, scrape }]
  const prometheus = createPrometheus({ targets, now: () => time })
  for (; time < now; time += 1000) prometheus.tick(time, 1)
  const transport = async (path: string, form: Record<string, string>) => {
    const parameters = new URLSearchParams(form)
    const step = Number(form.step)
    for (const name of ['start', 'end'])
      if (path.endsWith('_range')) parameters.set(name, String(move(Number(form[name]), step)))
    const { status, contentType, body } = prometheus.answer({ method: 'GET', path, parameters })
    return { status, contentType, text: body }
  }
  return openMetrics(
    { ...plain, url: 'k8s://m/front:9090' },
    { random: () => 0.5, sleep: shortSleep, userAgent: 'test', transport },
  )
}

const query = { host, namespace: 'shop', source, from: now - 400_000, until: now, interval: 15_000 }
const versions = {
  canary: { version: 'v2', workload: 'v2', subset: 'v2' },
  stable: { version: 'v1', workload: 'v1', subset: 'v1' },
}
type Door = ReturnType<typeof behindFrontEnd>

/** Every question about the past, with how many requests or events it must have seen. */
const questions: [name: string, ask: (metrics: Door) => Promise<number | undefined>][] = [
  ['the baseline', async (metrics) => (await metrics.baseline(query, never)).calibration?.n],
  ['the rate', async (metrics) => ((await metrics.baseline(query, never)).rate ?? 0) * 300],
  [
    'the reporters',
    async (metrics) => (await metrics.reporters({ ...query, workloads: ['v1'] }, never)).destination,
  ],
  [
    'the routes',
    async (metrics) =>
      (await metrics.routeCalibrations({ ...query, route: 'request_operation' }, never))[0]?.calibration.n,
  ],
  ['latency', async (metrics) => (await metrics.latencyCalibration({ ...query, bound: 100 }, never))?.n],
  [
    'a ratio of the user’s',
    async (metrics) => {
      const history = createGateHistory(metrics, { ...query, service: 'my-api', versions }, never)
      return (await history.events('events_total{code="no"}', 'events_total')).calibration?.n
    },
  ],
]

test.each(questions)(
  '%s: a front end that floors times to multiples of the step moves nothing',
  async (_name, ask) => {
    const floored = behindFrontEnd((seconds, step) => Math.floor(seconds / step) * step)
    const straight = behindFrontEnd((seconds) => seconds)
    const seen = await ask(floored)
    expect(seen).toBe(await ask(straight))
    // 60 every 15 s over nearly the time that was asked for
    expect(seen).toBeGreaterThan(1000)
  },
)

test.each(questions)('%s: one that moves them elsewhere is refused by name', async (_name, ask) => {
  const shifted = behindFrontEnd((seconds) => seconds - 7)
  expect(await failure(ask(shifted))).toMatchObject({
    code: 'bad-answer',
    message: expect.stringContaining('other times than asked'),
  })
})
