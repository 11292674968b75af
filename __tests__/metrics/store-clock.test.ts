import { expect, test } from '@jest/globals'
import { createApi, type PrometheusApi } from '../../src/metrics/http/api.ts'
import { fetchMetricsFacts } from '../../src/metrics/operations/facts/metrics-facts.ts'
import { Failure } from '../../src/release/failure.ts'
import { good, never } from './prometheus-stub.ts'

const ours = 1_700_000_000_250

/** Each row: what the answer's header shows, and by how many ms the store is ahead of us then. */
test.each<[string, string | null, number | null]>([
  ['the same second', new Date(ours).toUTCString(), 250],
  ['a minute ahead', new Date(ours + 60_000).toUTCString(), 60_250],
  ['behind', new Date(ours - 7_000).toUTCString(), -6_750],
  ['no header', null, null],
  ['no date', 'yesterday', null],
])('%s', async (_name, date, skew) => {
  const transport = async () => ({
    status: 200,
    contentType: 'application/json',
    text: good,
    retryAfter: null,
    date,
  })
  const policy = {
    callTimeout: 1000,
    deadline: 1000,
    random: () => 0.5,
    now: () => ours,
    sleep: async () => {},
  }
  expect(await createApi(transport, policy, (text) => text).clockSkew(never)).toBe(skew)
})

/** factsWhere asks for the facts of a store that has two requests and refuses some questions. */
function factsWhere(refuses: (query: string) => boolean) {
  const instant: PrometheusApi['instant'] = async (query, at) => {
    if (refuses(query)) throw new Failure('bad-query', 'this gateway asks for a namespace')
    const labels = { reporter: 'destination', pod: 'a-1', instance: '10.0.0.1' }
    return { series: [{ labels, samples: [[at, 2]] }], warnings: [] }
  }
  const clockSkew = async () => (await instant('vector(1)', ours, never)).series.length
  const api = { instant, range: instant, clockSkew } as unknown as PrometheusApi
  const workloads = { canary: 'a-v2', stable: 'a-v1' }
  const query = {
    host: 'a.shop.svc',
    namespace: 'shop',
    service: 'a',
    workloads,
    readyPods: [],
    knownPods: [],
  }
  return fetchMetricsFacts(
    { api, bare: api, match: [] },
    { ...query, from: ours - 900_000, until: ours },
    never,
  )
}

test('a gateway that refuses what only warnings come of stands in no release’s way', async () => {
  expect(await factsWhere(() => false)).toMatchObject({ clockSkew: 1, longRequests: { perSecond: 2 / 900 } })
  const refused = await factsWhere((query) => /vector|messages/.test(query))
  expect(refused).toMatchObject({ clockSkew: null, longRequests: null, canaryRequests: 2 })
  await expect(factsWhere((query) => query.startsWith('last_over_time'))).rejects.toThrow(
    'asks for a namespace',
  )
})
