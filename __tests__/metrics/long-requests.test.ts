import { expect, test } from '@jest/globals'
import type { PrometheusApi } from '../../src/metrics/http/api.ts'
import { longRequestsOf } from '../../src/metrics/operations/facts/long-requests.ts'
import { streamMessagesOf } from '../../src/metrics/operations/stream-messages.ts'
import { createPrometheus } from '../../src/sandbox/prometheus/prometheus.ts'
import { never } from './prometheus-stub.ts'

const host = 'my-api.shop.svc.cluster.local'
const now = 1_700_000_000_000

/** served lets a proxy count for five minutes, each counter by its rise per scrape of 15 s, and answers instant queries. */
function served(rises: Record<string, number>): PrometheusApi {
  const page = Object.entries(rises).map(([text, rise]) => {
    const [name = '', protocol = '', code = '', workload = 'my-api-v1'] = text.split(' ')
    const labels = {
      __name__: name,
      reporter: 'destination',
      destination_service: host,
      request_protocol: protocol,
      response_code: code,
      destination_workload: workload,
    }
    return { labels, value: 0, rise }
  })
  let time = now - 300_000
  const scrape = () => {
    for (const sample of page) sample.value += sample.rise
    return page
  }
  const targets = () => [{ labels: { job: 'pods', instance: '10.0.0.1:15020', pod: 'v1-a-b' }, scrape }]
  const prometheus = createPrometheus({ targets, now: () => time })
  for (; time <= now; time += 1000) prometheus.tick(time, 1)
  const instant: PrometheusApi['instant'] = async (query, at) => {
    const parameters = new URLSearchParams({ query, time: String(at / 1000) })
    const { body } = prometheus.answer({ method: 'GET', path: '/api/v1/query', parameters })
    const rows: { metric: Record<string, string>; value: [number, string] }[] = JSON.parse(body).data.result
    return {
      series: rows.map(({ metric, value }) => ({
        labels: metric,
        samples: [[at, Number(value[1])] as const],
      })),
      warnings: [],
    }
  }
  return { instant } as PrometheusApi
}

function look(rises: Record<string, number>) {
  const query = { host, namespace: 'shop', service: 'my-api', readyPods: [], knownPods: [] }
  const workloads = { canary: 'my-api-v2', stable: 'my-api-v1' }
  const asked = { ...query, workloads, from: now - 285_000, until: now }
  return longRequestsOf(served(rises), asked, 'destination', never)
}

const duration = 'istio_request_duration_milliseconds_sum'

test('streams, websockets and plain requests are told apart, with what they lasted', async () => {
  const seen = await look({
    'istio_requests_total http 200': 150,
    'istio_requests_total http 101': 15,
    'istio_requests_total grpc 200': 3,
    [`${duration} http 200`]: 1500,
    [`${duration} http 101`]: 15 * 600_000,
    [`${duration} grpc 200`]: 3 * 120_000,
    'istio_request_messages_total grpc': 30,
    'istio_response_messages_total grpc': 450,
  })
  expect(seen.perSecond).toBeCloseTo(168 / 15, 0)
  expect(seen.websockets.perSecond).toBeCloseTo(1, 1)
  expect(seen.websockets.meanSeconds).toBeCloseTo(600, 3)
  expect(seen.grpc.perSecond).toBeCloseTo(0.2, 1)
  expect(seen.grpc.meanSeconds).toBeCloseTo(120, 3)
  expect(seen.messagesPerSecond).toBeCloseTo(30, 0)
})

test('plain requests have none, and nothing is nothing', async () => {
  const none = { perSecond: 0, meanSeconds: null }
  const plain = await look({ 'istio_requests_total http 200': 150 })
  expect(plain).toMatchObject({ websockets: none, grpc: none, messagesPerSecond: 0 })
  expect(await look({})).toEqual({ perSecond: 0, websockets: none, grpc: none, messagesPerSecond: 0 })
})

test('messages are those of each version, of the direction with more of them', async () => {
  const source = {
    reporter: 'destination',
    label: 'destination_workload',
    canary: 'my-api-v2',
    stable: 'my-api-v1',
  } as const
  const query = { host, source, start: now - 240_000, until: now }
  const request = 'istio_request_messages_total grpc 0'
  const response = 'istio_response_messages_total grpc 0'
  const api = served({
    [`${request} my-api-v1`]: 10,
    [`${response} my-api-v1`]: 90,
    [`${response} my-api-v2`]: 10,
    [`${response} other`]: 500,
  })
  const { canary, stable } = await streamMessagesOf(api, query, never)
  expect([canary / 160, stable / 1440].map((ratio) => Math.round(ratio * 10) / 10)).toEqual([1, 1])
  expect(await streamMessagesOf(served({}), query, never)).toEqual({ canary: 0, stable: 0 })
})
