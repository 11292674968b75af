import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { overlap } from '../../src/metrics/http/range-increments.ts'
import { openMetrics } from '../../src/metrics/metrics.ts'
import { instantQuery, rangeQuery } from '../../src/sandbox/prometheus/engine/query.ts'
import { createStorage } from '../../src/sandbox/prometheus/storage.ts'
import { shortSleep } from '../support/short-sleep.ts'
import { never, plain } from './prometheus-stub.ts'

const host = 'my-api.shop.svc.cluster.local'
const start = 1_700_000_000_137
const source = { reporter: 'destination', label: 'destination_workload', canary: 'v2', stable: 'v1' } as const
const query = { host, namespace: 'shop', source, start, podBirths: {} }

/** LateSample is a sample, and when the store knows of it. Value null: the series was marked stale. */
interface LateSample {
  labels: Record<string, string>
  time: number
  value: number | null
  arrives: number
}

/** Scrape is what happens from one scrape to the next. */
interface Scrape {
  good: number
  bad: number
  event: 'none' | 'spike' | 'restart' | 'missed' | 'vanish'
  /** ms until the store knows of it. */
  late: number
}

const interval = 15_000
const scrapeEvery = 10_000

const scrape: fc.Arbitrary<Scrape> = fc.record({
  good: fc.nat(30),
  bad: fc.nat(3),
  event: fc.oneof(
    { weight: 8, arbitrary: fc.constant('none' as const) },
    { weight: 2, arbitrary: fc.constantFrom('spike' as const, 'restart' as const, 'vanish' as const) },
    { weight: 2, arbitrary: fc.constant('missed' as const) },
  ),
  late: fc.oneof(
    { weight: 6, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 1, max: overlap }) },
  ),
})

const pods = fc.array(
  fc.record({
    workload: fc.constantFrom('v1', 'v2'),
    born: fc.integer({ min: -40, max: 40 }),
    scrapes: fc.array(scrape, { minLength: 1, maxLength: 120, size: 'max' }),
    knownStart: fc.boolean(),
  }),
  { minLength: 1, maxLength: 3 },
)

/** samplesOf scrapes a pod: counters that rise, spike and fall back, start anew, vanish class by class, or are missed. */
function samplesOf(
  pod: { workload: string; born: number; scrapes: Scrape[]; knownStart: boolean },
  name: string,
) {
  const target = { job: 'pods', instance: `${name}:15020`, pod: name }
  const series = (code: string) => ({
    __name__: 'istio_requests_total',
    ...target,
    reporter: 'destination',
    destination_service: host,
    destination_workload: pod.workload,
    response_code: code,
    response_flags: '-',
    request_protocol: 'http',
  })
  const samples: LateSample[] = []
  let [good, bad, began] = [100, 5, start + (pod.born - 1) * scrapeEvery]
  for (const [index, { event, late, ...rise }] of pod.scrapes.entries()) {
    const time = start + (pod.born + index) * scrapeEvery + 501
    if (event === 'restart') [good, bad, began] = [0, 0, time - 5000]
    good += rise.good
    bad += rise.bad
    const add = (labels: Record<string, string>, value: number | null) =>
      samples.push({ labels, time, value, arrives: time + late })
    add({ __name__: 'up', ...target }, event === 'missed' ? 0 : 1)
    const gone = event === 'missed'
    add(series('200'), gone ? null : good + (event === 'spike' ? 5000 : 0))
    add(series('503'), gone || event === 'vanish' ? null : bad)
    if (pod.knownStart)
      add({ __name__: 'istio_agent_process_start_time_seconds', ...target }, gone ? null : began / 1000)
  }
  return samples
}

/** storeAt holds what the store knows at a time. */
function storeAt(samples: readonly LateSample[], now: number) {
  const storage = createStorage()
  for (const { labels, time, value } of samples.filter(({ arrives }) => arrives <= now)) {
    storage.append(storage.series(labels), time, value)
  }
  return storage
}

type Form = Readonly<Record<string, string | undefined>>

/** metricsOf asks whatever store is current, and counts what it asked for. */
function metricsOf(answer: (path: string, form: Form) => unknown) {
  const asked = { points: 0, bytes: 0, longest: 0 }
  const metrics = openMetrics(
    { ...plain, url: 'k8s://monitoring/prometheus' },
    {
      random: () => 0.5,
      sleep: shortSleep,
      userAgent: 'test',
      transport: async (path, form) => {
        if (path.endsWith('query_range')) {
          const points = Math.round((Number(form.end) - Number(form.start)) / Number(form.step)) + 1
          asked.points += points
          asked.longest = Math.max(asked.longest, points)
        }
        const text = JSON.stringify({ status: 'success', data: answer(path, form) })
        asked.bytes += text.length
        return { status: 200, contentType: 'application/json', text }
      },
    },
  )
  return { metrics, asked }
}

const rules = { lookback: 300_000, rangeStart: 'open' } as const
const ms = (seconds: string | undefined) => Math.round(Number(seconds) * 1000)

function answerFrom(store: () => ReturnType<typeof createStorage>) {
  return (path: string, form: Form) =>
    path.endsWith('query_range')
      ? rangeQuery(
          store(),
          form.query ?? '',
          { start: ms(form.start), end: ms(form.end), step: ms(form.step) },
          rules,
        )
      : instantQuery(store(), form.query ?? '', ms(form.time), rules)
}

describe('evidence in increments', () => {
  test('is that of one whole query: late samples, spikes, restarts, returns, vanished classes, missed polls', async () => {
    await fc.assert(
      fc.asyncProperty(
        pods,
        fc.uniqueArray(fc.nat(70), { minLength: 2, maxLength: 7, size: 'max' }),
        async (all, polls) => {
          const samples = all
            .flatMap((pod, index) => samplesOf(pod, `${pod.workload}-p${index}`))
            .sort((a, b) => a.time - b.time)
          let store = createStorage()
          const answer = answerFrom(() => store)
          const { metrics } = metricsOf(answer)
          for (const poll of polls.sort((a, b) => a - b)) {
            const until = start + poll * interval
            store = storeAt(samples, until)
            const counted = await metrics.counts({ ...query, until, interval }, never)
            const whole = await metricsOf(answer).metrics.counts({ ...query, until, interval }, never)
            expect(counted).toEqual(whole)
          }
        },
      ),
      { numRuns: 20 },
    )
  }, 60_000)

  test('a release of 1,440 polls asks for a number of points that grows with the polls, not with their square', async () => {
    const polls = 1440
    const values = (form: Form, value: (index: number) => number) => {
      const rows: [number, string][] = []
      for (let at = ms(form.start); at <= ms(form.end); at += ms(form.step))
        rows.push([at / 1000, String(value((at - start) / interval))])
      return rows
    }
    const labels = (workload: string) => ({
      instance: `${workload}:15020`,
      pod: workload,
      destination_workload: workload,
      response_code: '200',
    })
    let queries = 0
    const { metrics, asked } = metricsOf((_path, form) => {
      const text = form.query ?? ''
      queries += 1
      const result = text.startsWith('count(up)')
        ? [{ metric: {}, values: values(form, () => 2) }]
        : text.includes('destination_workload=~')
          ? []
          : text.startsWith('sum')
            ? ['v1', 'v2'].map((workload) => ({
                metric: labels(workload),
                values: values(form, (index) => 40 * index),
              }))
            : []
      return { resultType: 'matrix', result }
    })
    let last = null
    const between = 40
    for (let poll = 0; poll < polls; poll += 1) {
      const until = start + poll * interval
      await metrics.range('count(up)', start, until, interval, never)
      if (poll % between !== 0) continue
      last = (await metrics.counts({ ...query, until, interval }, never)).points.at(-1)
    }
    const until = start + (polls - between) * interval
    const total = 40 * (polls - between)
    expect(last).toMatchObject({ canary: { total }, stable: { total } })
    // the counts were asked for at one poll of forty: those between are asked for with it
    const most = overlap / interval + 1 + between
    expect(asked.longest).toBeLessThanOrEqual(most)
    expect(asked.points).toBeLessThanOrEqual(queries * most)
    expect(asked.bytes).toBeLessThanOrEqual(queries * most * 60)
    const fresh = metricsOf(() => ({ resultType: 'matrix', result: [] }))
    await fresh.metrics.counts({ ...query, until, interval }, never)
    expect(fresh.asked.longest).toBe(polls - between + 1)
  })

  test('a store that was silent for longer than the overlap and has it all afterwards is asked again for all of it', async () => {
    const outage = overlap + 600_000
    const from = start + 60_000
    let now = start
    const { metrics } = metricsOf((_path, form) => {
      const rows: [number, string][] = []
      for (let at = ms(form.start); at <= ms(form.end); at += ms(form.step)) {
        if (at < from || now > from + outage) rows.push([at / 1000, '1'])
      }
      return { resultType: 'matrix', result: [{ metric: {}, values: rows }] }
    })
    for (now = start; now <= from + outage + interval; now += interval) {
      await metrics.range('count(up)', start, now, interval, never)
    }
    const { series } = await metrics.range('count(up)', start, now - interval, interval, never)
    expect(series[0]?.samples).toHaveLength((now - start) / interval)
  })

  test.each([
    ['rate(http_requests_total[1m])', true],
    ['sum(x offset 5m)', true],
    ['sum(x @ end())', false],
    ['sum(x offset -5m)', false],
    ['running_sum(x)', false],
    ['range_avg(x)', false],
  ])('of %s only the rest is asked: %s', async (text, rest) => {
    const { metrics, asked } = metricsOf((_path, form) => ({
      resultType: 'matrix',
      result: [{ metric: {}, values: [[Number(form.end), '1']] }],
    }))
    await metrics.range(text, start, start + 1000 * interval, interval, never)
    const before = asked.points
    await metrics.range(text, start, start + 1001 * interval, interval, never)
    expect(asked.points - before < 100).toBe(rest)
  })

  test('a failed query changes nothing of what is kept', async () => {
    let broken = false
    const { metrics, asked } = metricsOf((_path, form) => {
      if (broken) return { resultType: 'nothing' }
      return { resultType: 'matrix', result: [{ metric: {}, values: [[Number(form.end), '1']] }] }
    })
    await metrics.range('up', start, start + 100 * interval, interval, never)
    const whole = asked.points
    broken = true
    const next = () => metrics.range('up', start, start + 101 * interval, interval, never)
    await expect(next()).rejects.toMatchObject({ code: 'bad-answer' })
    broken = false
    const { series } = await next()
    // the odd answer is asked for again three times; each asks for the overlap, and for the one point that is new
    expect(asked.points).toBe(whole + 5 * (overlap / interval + 2))
    expect(series[0]?.samples).toEqual([[start + 101 * interval, 1]])
  })
})
