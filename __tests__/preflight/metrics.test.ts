import { describe, expect, test } from '@jest/globals'
import type { Check, PreflightInput } from '../../src/preflight/check.ts'
import { earlyRequests } from '../../src/preflight/metrics/early-requests.ts'
import { freshness } from '../../src/preflight/metrics/freshness.ts'
import { identity } from '../../src/preflight/metrics/identity.ts'
import { numbers } from '../../src/preflight/metrics/numbers.ts'
import { targets } from '../../src/preflight/metrics/targets.ts'
import type { MetricsFacts, SeriesLabels } from '../../src/release/evidence/metrics-facts.ts'

const host = 'my-api.shop.svc.cluster.local'
const asOf = 1_700_000_000_000
const one: SeriesLabels = {
  instance: '10.0.0.1:15020',
  pod: 'my-api-v1-5d5b-x1',
  reporter: 'destination',
  destination_service: host,
  destination_workload: 'my-api-v1',
  response_code: '200',
}
const facts: MetricsFacts = {
  host,
  series: [one],
  hasIstio: null,
  similar: null,
  newest: asOf - 9_000,
  asOf,
  interval: 15_000,
  pods: { ready: ['my-api-v1-5d5b-x1'], scraped: ['my-api-v1-5d5b-x1'] },
  canaryRequests: 0,
  repeatable: true,
  selector: `istio_requests_total{destination_service="${host}"}`,
}

const version = (name: string) => ({ version: name, workload: `my-api-${name}`, subset: name })

function find(check: Check, metrics: Partial<MetricsFacts> | null, first = false) {
  const input = {
    metrics: metrics === null ? null : { ...facts, ...metrics },
    metricsLag: 5_000,
    stable: first ? null : version('v1'),
  }
  return check.find(input as unknown as PreflightInput)
}

/** Each row: what was found, whether it refuses, and what its words name. */
type Row = [name: string, metrics: Partial<MetricsFacts>, level: 'error' | 'warning' | null, says: RegExp]

function table(check: Check, rows: Row[]) {
  test.each(rows)('%s', (_name, metrics, level, says) => {
    const found = find(check, metrics)
    expect(found.map((each) => each.level)).toEqual(level === null ? [] : [level])
    expect(found.map(({ text, remedy }) => `${text} ${remedy}`).join()).toMatch(says)
  })
  test('without a Prometheus there is nothing to find', () => expect(find(check, null)).toEqual([]))
}

const similar = (labels: SeriesLabels) => ({
  series: [],
  hasIstio: true,
  similar: { labels, query: 'istio_requests_total{destination_workload=~"my-api-v1"}' },
})

describe('metrics-numbers', () => {
  table(numbers, [
    ['all is there', {}, null, /^$/],
    [
      'another Prometheus',
      { series: [], hasIstio: false },
      'error',
      /no series of Istio.*prometheus-url.*Try this query: istio_requests_total/,
    ],
    [
      "another team's Prometheus",
      { series: [], hasIstio: true, pods: { ready: ['a', 'b'], scraped: null } },
      'error',
      /none of the 2 ready pods.*another cluster or team.*prometheus-url/,
    ],
    ['silence', { series: [], hasIstio: true }, 'warning', /no request to my-api.*no-traffic/],
    [
      'the label is gone',
      similar({ destination_workload: 'my-api-v1' }),
      'error',
      /without the label destination_service.*Telemetry.*destination_workload=~/,
    ],
    [
      'the host in another form',
      similar({ destination_service: 'my-api\u202e' }),
      'error',
      /destination_service is 'my-api ', not 'my-api\.shop/,
    ],
    [
      'the condition finds nothing',
      similar({ destination_service: host }),
      'error',
      /condition destination_service="my-api\.shop[^"]*" finds none/,
    ],
    ['a waypoint alone', { series: [{ ...one, reporter: 'waypoint' }] }, 'error', /only 'waypoint'/],
  ])

  test('a first version is not refused for silence', () => {
    expect(find(numbers, { series: [], hasIstio: false }, true)).toMatchObject([{ level: 'warning' }])
  })
})

const both = (label: string, ...values: string[]) => values.map((value) => ({ ...one, [label]: value }))
const pods = (label: string, ...values: string[]) =>
  values.map((value, index) => ({ ...one, pod: `p${index}`, instance: `i${index}`, [label]: value }))

describe('metrics-identity', () => {
  table(identity, [
    ['one of all', {}, null, /^$/],
    [
      'two replicas of an HA pair',
      { series: both('prometheus_replica', 'a', 'b') },
      'error',
      /prometheus_replica.*counted several times.*prometheus-match/,
    ],
    [
      'a replica label nobody heard of',
      { series: both('shard_copy', 'a', 'b') },
      'error',
      /shard_copy.*several times/,
    ],
    [
      'a copy with and one without the label',
      { series: [one, { ...one, replica: 'b' }] },
      'error',
      /replica/,
    ],
    ['a balanced pair without a label', { repeatable: false }, 'error', /back and forth.*one replica/],
    ['two jobs of one store', { series: pods('job', 'a', 'b') }, null, /^$/],
    [
      'two clusters',
      { series: pods('cluster', 'west', 'east') },
      'error',
      /cluster.*'east', 'west'.*requests of others.*prometheus-match: 'cluster="west"'/,
    ],
    ['two tenants', { series: pods('tenant_id', '1', '2') }, 'error', /tenant_id/],
    [
      'requests that reached nobody',
      { series: pods('destination_cluster', 'unknown', 'Kubernetes') },
      null,
      /^$/,
    ],
    [
      'endpoints in two clusters',
      { series: pods('destination_cluster', 'a', 'b') },
      'error',
      /destination_cluster/,
    ],
    ['pods and callers differ', { series: pods('source_workload', 'web', 'batch') }, null, /^$/],
    ['labels of the pods differ', { series: pods('pod_template_hash', '5d5b', '77fc') }, null, /^$/],
    ['answers differ', { series: both('response_code', '200', '503') }, null, /^$/],
  ])
})

describe('metrics-targets', () => {
  table(targets, [
    ['each proxy by itself', {}, null, /^$/],
    [
      'summed by a rule',
      { series: [one, { destination_service: host }] },
      'error',
      /1 of 2 series.*neither instance nor pod.*recording rules/,
    ],
    [
      'a pod that is not scraped',
      { pods: { ready: ['a', 'b'], scraped: ['b'] } },
      'error',
      /1 of 2 ready pods \(not a\).*up\{pod="a"\}/,
    ],
    ['nothing known of pods', { pods: { ready: ['a'], scraped: null } }, null, /^$/],
  ])
})

describe('metrics-early', () => {
  const early = (canaryRequests: number | null, max: number, more: Partial<PreflightInput> = {}) =>
    earlyRequests.find({
      metrics: { ...facts, canaryRequests },
      stable: version('v1'),
      canary: version('v2'),
      planner: { canaryShare: () => ({ min: 0, max }) },
      unpinned: false,
      ...more,
    } as unknown as PreflightInput)

  test('requests that no route sent are a finding, with the query that says who calls', () => {
    const [found, ...others] = early(12, 0)
    expect(others).toEqual([])
    expect(found?.level).toBe('warning')
    expect(`${found?.text} ${found?.remedy}`).toMatch(
      /^12 requests .* reached v2 \(my-api-v2\).*destination_workload="my-api-v2"\}\[2m\]/,
    )
  })

  test.each<[string, ReturnType<typeof early>]>([
    ['none', early(0, 0)],
    ['versions that nothing tells apart', early(null, 0)],
    ['a route that sends it some', early(12, 0.1)],
    ['a bare Service, which another check speaks of', early(12, 0, { unpinned: true })],
    ['a first version', early(12, 0, { stable: null })],
    ['no Prometheus', early(12, 0, { metrics: null })],
  ])('%s is none', (_name, found) => expect(found).toEqual([]))
})

describe('metrics-fresh', () => {
  table(freshness, [
    ['a scrape ago', {}, null, /^$/],
    ['scraped once a minute', { newest: asOf - 110_000, interval: 60_000 }, null, /^$/],
    [
      'three minutes late',
      { newest: asOf - 180_000 },
      'error',
      /3m old.*metrics-lag to at least 3m5s, or auto/,
    ],
    ['nothing newer than five minutes', { newest: null }, 'warning', /older than 5 minutes/],
    ['no series at all is another finding', { series: [], newest: null }, null, /^$/],
  ])

  test.each<[string, number, 'info' | 'error' | null, RegExp]>([
    ['as fresh as its scrapes', 9_000, null, /^$/],
    ['followed', 180_000, 'info', /3m old: metrics-lag: auto asks that far/],
    ['too late to be followed', 270_000, 'error', /4m30s old.*follows a store up to 4m/],
  ])('metrics-lag: auto, %s', (_name, age, level, says) => {
    const found = freshness.find({
      metrics: { ...facts, newest: asOf - age },
      metricsLag: 'auto',
      stable: version('v1'),
    } as unknown as PreflightInput)
    expect(found.map((each) => each.level)).toEqual(level === null ? [] : [level])
    expect(found.map(({ text, remedy }) => `${text} ${remedy}`).join()).toMatch(says)
  })
})
