import { describe, expect, test } from '@jest/globals'
import { openMetrics } from '../../src/metrics/metrics.ts'
import type { CountsQuery } from '../../src/metrics/request-counter.ts'
import { createPrometheus } from '../../src/sandbox/prometheus/prometheus.ts'
import type { ExposedSample, Labels } from '../../src/sandbox/prometheus/target.ts'
import { shortSleep } from '../support/short-sleep.ts'
import { failure, never, plain } from './prometheus-stub.ts'

const host = 'my-api.shop.svc.cluster.local'
const start = 1_700_000_000_000
const ready = ['v1-a', 'v2-a', 'v2-b']

interface World {
  /** What a pod's page has beside its requests. */
  page: 'build' | 'agent' | 'none'
  /** Label that holds the pod's name; null: the page itself names the pod, as federation keeps it, and there is no `up`. */
  label: string | null
  reporter: 'source' | 'destination'
  /** Pods that stop answering scrapes at a second after the start, though they are ready. */
  down: Record<string, number>
  /** Pods whose samples vanish from the store at a second after the start. */
  gone: Record<string, number>
  /** Pods that never had a request. */
  idle: string[]
  scrapeInterval: number
  /** Seconds after the start at which is asked. */
  asked: number
  /** Seconds after the start since when pods are ready, where it isn't long before. */
  since: Record<string, number>
  /** Requests per scrape that each caller reports; the pods answer 20 each. */
  called: Record<string, number>
  /** Codes of what the pods answer. */
  code: string
}

const usual: World = {
  page: 'build',
  label: 'pod',
  reporter: 'destination',
  down: {},
  gone: {},
  idle: [],
  scrapeInterval: 15,
  asked: 240,
  since: {},
  called: {},
  code: '200',
}

function samplesOf(world: World, pod: string): ExposedSample[] {
  const own: Labels = world.label === null ? { pod, instance: pod } : {}
  const reporter = pod in world.called ? 'source' : 'destination'
  const requests = {
    labels: {
      __name__: 'istio_requests_total',
      reporter,
      destination_service: host,
      destination_workload: pod.slice(0, 2),
      response_code: reporter === 'source' ? '200' : world.code,
      ...own,
    },
    value: 0,
  }
  const alive = {
    build: { __name__: 'istio_build', component: 'proxy' },
    agent: { __name__: 'istio_agent_process_start_time_seconds' },
  }
  return [
    ...(world.idle.includes(pod) ? [] : [requests]),
    ...(world.page === 'none' ? [] : [{ labels: { ...alive[world.page], ...own }, value: 1 }]),
  ]
}

/** ask lives through a world up to the moment of the question, and asks for the counts as a release does at a poll. */
async function ask(changes: Partial<World>) {
  const world = { ...usual, ...changes }
  let now = start - 600_000
  const pods = [...ready, ...Object.keys(world.called)]
  const seconds = () => (now - start) / 1000
  const targets = pods.map((pod) => {
    const samples = samplesOf(world, pod)
    const labels: Labels =
      world.label === null ? { job: pod } : { job: 'pods', instance: pod, [world.label]: pod }
    const scrape = () => {
      if (seconds() >= (world.down[pod] ?? Number.POSITIVE_INFINITY)) return null
      for (const sample of samples)
        if (sample.labels.__name__ === 'istio_requests_total')
          (sample as { value: number }).value += world.called[pod] ?? 20
      return samples
    }
    return { labels, scrape }
  })
  const prometheus = createPrometheus({
    targets: () => targets,
    now: () => now,
    scrapeInterval: world.scrapeInterval * 1000,
  })
  const answer = async (path: string, form: Record<string, string>) => {
    const parameters = new URLSearchParams(form)
    const { status, contentType, body } = prometheus.answer({ method: 'GET', path, parameters })
    const lost = Object.keys(world.gone).filter((pod) => seconds() >= (world.gone[pod] as number))
    const parsed = JSON.parse(body)
    const rows: { metric: Labels }[] = parsed.data.result
    parsed.data.result = rows.filter(({ metric }) => !lost.some((pod) => Object.values(metric).includes(pod)))
    return { status, contentType, text: JSON.stringify(parsed) }
  }
  const metrics = openMetrics(
    { ...plain, url: 'k8s://m/prometheus' },
    { random: () => 0.5, sleep: shortSleep, userAgent: 'test', transport: answer },
  )
  const query = (): CountsQuery => ({
    host,
    namespace: 'shop',
    source: { reporter: world.reporter, label: 'destination_workload', canary: 'v2', stable: 'v1' },
    start,
    until: now,
    interval: 15_000,
    podBirths: {},
    readyPods: ready.map((name) => ({ name, since: start + 1000 * (world.since[name] ?? -600) })),
  })
  const liveUntil = (second: number) => {
    for (; seconds() < second; now += 1000) prometheus.tick(now, 1)
  }
  liveUntil(15)
  // a release asks at every poll; here at its first, before anything is missing, and at the one in question
  await metrics.counts(query(), never)
  liveUntil(world.asked)
  return { counts: () => metrics.counts(query(), never) }
}

const incomplete: [name: string, world: Partial<World>, says: RegExp][] = [
  ['the store with a pod vanished', { gone: { 'v2-b': 230 } }, /2 of 3 ready pods: nothing new of v2-b$/],
  ['two stores vanished', { gone: { 'v2-a': 200, 'v2-b': 230 } }, /1 of 3 ready pods.*v2-a, v2-b$/],
  ['all vanished', { gone: { 'v1-a': 100, 'v2-a': 100, 'v2-b': 100 } }, /0 of 3 ready pods/],
  ['a pod whose scrapes fail', { down: { 'v2-a': 150 } }, /2 of 3.*v2-a/],
  ['known by its agent alone', { page: 'agent', gone: { 'v2-b': 230 } }, /2 of 3.*v2-b/],
  ['known by up alone', { page: 'none', gone: { 'v2-b': 230 } }, /2 of 3.*v2-b/],
  ['up is 0', { page: 'none', down: { 'v2-b': 150 } }, /2 of 3.*v2-b/],
  ['a label of older scrape rules', { label: 'kubernetes_pod_name', gone: { 'v2-b': 230 } }, /2 of 3.*v2-b/],
  ['federation without up', { page: 'none', label: null, down: { 'v2-b': 150 } }, /2 of 3.*v2-b/],
  [
    'scraped once a minute',
    { scrapeInterval: 60, asked: 400, down: { 'v2-b': 190 } },
    /2 of 3 ready pods.*v2-b/,
  ],
  [
    'callers of another store',
    { reporter: 'source', called: { web: 24, gateway: 36 }, gone: { gateway: 200 } },
    /callers report \d+ requests.*the pods answered \d+: callers are missing/,
  ],
]

const whole: [name: string, world: Partial<World>][] = [
  ['all is there', {}],
  ['one scrape that failed', { down: { 'v2-b': 215 } }],
  ['scraped once a minute', { scrapeInterval: 60, asked: 400 }],
  ['a pod that is too young', { since: { 'v2-b': 205 }, gone: { 'v2-b': 0 } }],
  [
    'a young pod of a store that is scraped once a minute',
    { scrapeInterval: 60, asked: 400, since: { 'v2-b': 290 }, gone: { 'v2-b': 0 } },
  ],
  ['nothing that carries a pod’s name', { label: 'who' }],
  ['federation without up, an idle pod', { page: 'none', label: null, idle: ['v2-b'] }],
  ['an idle pod whose page is scraped', { idle: ['v2-b'] }],
  ['all callers', { reporter: 'source', called: { web: 24, gateway: 36 } }],
  ['a caller of little weight', { reporter: 'source', called: { web: 54, batch: 6 }, gone: { batch: 200 } }],
  ['retries of what failed', { reporter: 'source', called: { web: 20 }, code: '503' }],
  ['the pods count, and no caller is scraped', { called: {} }],
]

describe('counts are whole or missing', () => {
  test.each(incomplete)('missing: %s', async (_name, world, says) => {
    const { counts } = await ask(world)
    const { code, message } = await failure(counts())
    expect([code, message]).toEqual(['incomplete', expect.stringMatching(says)])
  })

  test.each(whole)('whole: %s', async (_name, world) => {
    const { counts } = await ask(world)
    expect((await counts()).points.length).toBeGreaterThan(10)
  })

  test('when the store is back, so is all that it had', async () => {
    const world = { ...usual, gone: { 'v2-b': 100 } as Record<string, number> }
    const { counts } = await ask(world)
    expect((await failure(counts())).code).toBe('incomplete')
    delete world.gone['v2-b']
    const { counts: known } = await ask({})
    expect(await counts()).toEqual(await known())
  })
})
