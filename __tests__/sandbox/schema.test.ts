import { describe, expect, test } from '@jest/globals'
import { parseNanoseconds, prune, type Schema, validateSchema } from '../../src/sandbox/api/schema/schema.ts'
import { schemaOf } from '../../src/sandbox/api/schema/schemas.ts'

const route = { destination: { host: 'a' } }
const virtualService = (rule: object): unknown => ({
  spec: { hosts: ['a'], http: [{ route: [route], ...rule }] },
})
const policy = (trafficPolicy: object): unknown => ({ spec: { host: 'a', trafficPolicy } })

describe("Istio's schemas", () => {
  test.each<[string, string, unknown, string[]]>([
    ['a plain route', 'VirtualService', virtualService({}), []],
    ['a timeout', 'VirtualService', virtualService({ timeout: '1.5s' }), []],
    ['a timeout of 0', 'VirtualService', virtualService({ timeout: '0s' }), ['spec.http[0].timeout']],
    ['a timeout in days', 'VirtualService', virtualService({ timeout: '1d' }), ['spec.http[0].timeout']],
    [
      'two ways to match',
      'VirtualService',
      virtualService({ match: [{ uri: { exact: '/', prefix: '/' } }] }),
      ['spec.http[0].match[0].uri'],
    ],
    [
      'a port that is negative',
      'VirtualService',
      virtualService({ match: [{ port: -1 }] }),
      ['spec.http[0].match[0].port'],
    ],
    [
      'a fractional weight',
      'VirtualService',
      virtualService({ route: [{ ...route, weight: 0.5 }] }),
      ['spec.http[0].route[0].weight'],
    ],
    [
      'a weight beyond 32 bits',
      'VirtualService',
      virtualService({ route: [{ ...route, weight: 3e9 }] }),
      ['spec.http[0].route[0].weight'],
    ],
    ['null for a list', 'VirtualService', { spec: { hosts: null } }, ['spec.hosts']],
    [
      'no destination',
      'VirtualService',
      virtualService({ route: [{ weight: 1 }] }),
      ['spec.http[0].route[0].destination'],
    ],
    ['a known balancer', 'DestinationRule', policy({ loadBalancer: { simple: 'ROUND_ROBIN' } }), []],
    [
      'an unknown balancer',
      'DestinationRule',
      policy({ loadBalancer: { simple: 'BEST' } }),
      ['spec.trafficPolicy.loadBalancer.simple'],
    ],
    [
      'two balancers',
      'DestinationRule',
      policy({ loadBalancer: { simple: 'RANDOM', consistentHash: { useSourceIp: true } } }),
      ['spec.trafficPolicy.loadBalancer'],
    ],
    [
      'two hashes',
      'DestinationRule',
      policy({ loadBalancer: { consistentHash: { useSourceIp: true, httpHeaderName: 'x' } } }),
      ['spec.trafficPolicy.loadBalancer.consistentHash'],
    ],
    ['no host', 'DestinationRule', { spec: { subsets: [{ name: 'v1' }] } }, ['spec.host']],
    [
      'a subset without a name',
      'DestinationRule',
      { spec: { host: 'a', subsets: [{}] } },
      ['spec.subsets[0].name'],
    ],
    [
      'a selector with a wildcard',
      'DestinationRule',
      { spec: { host: 'a', workloadSelector: { matchLabels: { 'a*': 'b' } } } },
      ['spec.workloadSelector.matchLabels'],
    ],
  ])('%s', (_what, kind, object, fields) => {
    expect(validateSchema(object, schemaOf(kind) as Schema).map(({ field }) => field)).toEqual(fields)
  })

  test('what they do not know is dropped, in maps of labels nothing is', () => {
    const rule = {
      spec: { host: 'a', subsets: [{ name: 'v1', labels: { any: 'x' }, colour: 'red' }], size: 1 },
      extra: {},
    }
    const { value, unknown } = prune(rule, schemaOf('DestinationRule') as Schema)
    expect(unknown).toEqual(['spec.subsets[0].colour', 'spec.size', 'extra'])
    expect(value).toEqual({ spec: { host: 'a', subsets: [{ name: 'v1', labels: { any: 'x' } }] } })
  })

  test.each<[string, number | null]>([
    ['1ms', 1e6],
    ['1h1m1.5s', 3661.5e9],
    ['-2s', -2e9],
    ['.5s', 5e8],
    ['0', 0],
    ['', null],
    ['5', null],
    ['1 s', null],
  ])('the duration %j', (text, expected) => {
    expect(parseNanoseconds(text)).toBe(expected)
  })
})
