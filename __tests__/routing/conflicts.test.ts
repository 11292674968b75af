import { describe, expect, it } from '@jest/globals'
import type { Pod, WorkloadsSnapshot } from '../../src/release/kubernetes.ts'
import { findConflicts } from '../../src/routing/istio/checks/conflicts.ts'
import { pairOf, snapshotOf } from './cluster.ts'

const virtualService = (http: string, more = '') => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]${more}
  http: ${http}`

const destinationRule = (spec: string) => `
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: reviews, namespace: prod}
spec: ${spec}`

const versions = destinationRule('{host: reviews, subsets: [{name: v1, labels: {version: v1}}]}')
const route = (subset: string) => `[{route: [{destination: {host: reviews, subset: ${subset}}}]}]`

const pod = (version: string): Pod => ({
  name: `reviews-${version}`,
  workload: `reviews-${version}`,
  version,
  labels: { app: 'reviews', version },
  ready: true,
  deleting: false,
  createdAt: 0,
  waiting: null,
  restarts: 0,
  injected: true,
})

const workloads = (
  pods: string[],
  service: Partial<NonNullable<WorkloadsSnapshot['service']>> = {},
): WorkloadsSnapshot => ({
  service: {
    name: 'reviews',
    namespace: 'prod',
    type: 'ClusterIP',
    clusterIP: '10.0.0.1',
    selector: { app: 'reviews' },
    ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: null }],
    ...service,
  },
  workloads: [],
  pods: pods.map(pod),
})

const edge = (name: string, http: string) => `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: prod}
spec:
  hosts: [shop.example.com]
  gateways: [public]
  http: ${http}`

describe('conflicts found before writing', () => {
  it.each<[string, string, WorkloadsSnapshot | null, string[]]>([
    ['none', `${virtualService(route('v1'))}\n---\n${versions}`, workloads(['v1']), []],
    [
      'two mesh VirtualServices for a host',
      `${virtualService(route('v1'))}\n---\n${virtualService(route('v1')).replace('name: reviews,', 'name: other,')}\n---\n${versions}`,
      null,
      ['IST0109'],
    ],
    ['a subset that no rule defines', `${virtualService(route('v9'))}\n---\n${versions}`, null, ['IST0101']],
    [
      'a subset without pods',
      `${virtualService(route('v1'))}\n---\n${versions}`,
      workloads(['v2']),
      ['IST0173'],
    ],
    [
      'a subset without pods and without traffic',
      `${virtualService('[{route: [{destination: {host: reviews, subset: v1}, weight: 100}, {destination: {host: reviews, subset: v0}, weight: 0}]}]')}\n---\n${destinationRule('{host: reviews, subsets: [{name: v1, labels: {version: v1}}, {name: v0, labels: {version: v0}}]}')}`,
      workloads(['v1']),
      [],
    ],
    [
      'a subset of several versions beside those of one',
      `${virtualService(route('v1'))}\n---\n${destinationRule('{host: reviews, subsets: [{name: v1, labels: {version: v1}}, {name: app, labels: {app: reviews}}]}')}`,
      workloads(['v1', 'v2']),
      ['SG-subsets-overlap'],
    ],
    [
      'a Service that pins a version',
      `${virtualService(route('v1'))}\n---\n${versions}`,
      workloads(['v1'], { selector: { app: 'reviews', version: 'v1' } }),
      ['SG-selector-pins-version'],
    ],
    [
      'no Service',
      `${virtualService(route('v1'))}\n---\n${versions}`,
      { ...workloads(['v1']), service: null },
      ['IST0101'],
    ],
    [
      'several ports and none named',
      `${virtualService(route('v1'))}\n---\n${versions}`,
      workloads(['v1'], {
        ports: [80, 90].map((port) => ({ name: `http-${port}`, port, protocol: 'TCP', appProtocol: null })),
      }),
      ['IST0112'],
    ],
    ['a DestinationRule whose host is no host', destinationRule('{host: reviews.prod}'), null, ['IST0174']],
    [
      'a wildcard rule that would be hidden',
      destinationRule('{host: "*.prod.svc.cluster.local"}'),
      null,
      ['SG-wildcard-hidden'],
    ],
    [
      'a route behind one without a match',
      `${virtualService(`[{route: [{destination: {host: reviews, subset: v1}}]}, {match: [{uri: {prefix: /a}}], route: [{destination: {host: reviews, subset: v1}}]}]`)}\n---\n${versions}`,
      null,
      ['IST0130'],
    ],
    [
      'the same match twice',
      `${virtualService(`[{match: [{uri: {prefix: /a}}], redirect: {uri: /b}}, {match: [{uri: {prefix: /a}}], route: [{destination: {host: reviews, subset: v1}}]}]`)}\n---\n${versions}`,
      null,
      ['IST0131'],
    ],
    [
      'two routes without a match for one host and gateway',
      `${edge('a', route('v1'))}\n---\n${edge('b', route('v1'))}\n---\n${versions}`,
      null,
      ['SG-gateway-shared'],
    ],
    [
      'two VirtualServices of one gateway host, one of them with matches only',
      `${edge('a', '[{match: [{uri: {prefix: /a}}], route: [{destination: {host: reviews, subset: v1}}]}]')}\n---\n${edge('b', route('v1'))}\n---\n${versions}`,
      null,
      [],
    ],
  ])('%s', (_, yaml, running, codes) => {
    const found = findConflicts(snapshotOf(yaml), pairOf(), running)
    expect(found.map(({ code }) => code)).toEqual(codes)
  })
})
