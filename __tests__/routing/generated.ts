import fc from 'fast-check'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'

const host = 'reviews.prod.svc.cluster.local'

const weight = fc.oneof(fc.integer({ min: 0, max: 100 }), fc.integer({ min: 0, max: 1000 }))
const maybeWeight = fc.option(weight, { nil: undefined })
const headers = fc.option(fc.constant({ request: { set: { 'x-a': 'b', 'x-c': '' } } }), { nil: undefined })

const destination = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ host: fc.constantFrom(host, 'reviews'), subset: fc.constantFrom('v1', 'v2') }),
  },
  { weight: 2, arbitrary: fc.record({ host: fc.constantFrom(host, 'reviews') }) },
  { weight: 1, arbitrary: fc.record({ host: fc.constant(host), subset: fc.constant('v0') }) },
  {
    weight: 3,
    arbitrary: fc.record({
      host: fc.constantFrom('legacy.prod.svc.cluster.local', 'ratings', 'reviews.other.svc.cluster.local'),
      port: fc.constant({ number: 9080 }),
    }),
  },
)

const entry = fc
  .record({ destination, weight: maybeWeight, headers })
  .map((fields) => Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)))

const route = fc
  .array(entry, { minLength: 1, maxLength: 5 })
  .filter((list) => list.length === 1 || list.some((item) => Number(item.weight ?? 0) > 0))

/** Only http destinations have headers. */
const plainRoute = route.map((list) => list.map(({ headers: _, ...entry }) => entry))

const match = fc.constantFrom(
  [{ uri: { prefix: '/a' } }],
  [{ headers: { 'x-debug': {} } }, { sourceLabels: { app: 'smoke' } }],
  [{ queryParams: { q: { exact: '' } }, ignoreUriCase: true }],
  [{ port: 8080 }],
)

const extras = fc.record(
  {
    name: fc.constantFrom('primary', 'b/c~d'),
    timeout: fc.constant('1.5s'),
    retries: fc.constantFrom({}, { attempts: 3, perTryTimeout: '4s', retryOn: 'gateway-error,503' }),
    rewrite: fc.constant({ uri: '/' }),
    mirrors: fc.constant([{ destination: { host: 'audit' }, percentage: { value: 0.1 } }]),
    corsPolicy: fc.constant({ allowOrigins: [{ exact: 'https://shop.example.com' }], maxAge: '24h' }),
  },
  { requiredKeys: [] },
)

const httpRule = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.tuple(extras, fc.record({ match, route })).map(([some, rest]) => ({ ...some, ...rest })),
  },
  { weight: 1, arbitrary: fc.constant({ match: [{ uri: { exact: '/old' } }], redirect: { uri: '/new' } }) },
)

const lastRule = fc.tuple(extras, fc.record({ route })).map(([some, rest]) => ({ ...some, ...rest }))
const tcpRule = fc.record({ match: fc.constant([{ port: 61616 }]), route: plainRoute })
const tlsRule = fc.record({
  match: fc.constant([{ port: 8883, sniHosts: [host] }]),
  route: plainRoute,
})

/** anyVirtualService generates VirtualServices as people write them, with routes of the host among others. */
export const anyVirtualService: fc.Arbitrary<KubeObject> = fc
  .record({
    rules: fc.array(httpRule, { maxLength: 4 }),
    last: lastRule,
    tcp: fc.array(tcpRule, { maxLength: 1 }),
    tls: fc.array(tlsRule, { maxLength: 1 }),
    annotated: fc.boolean(),
  })
  .map(({ rules, last, tcp, tls, annotated }) => ({
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: {
      name: 'reviews',
      namespace: 'prod',
      resourceVersion: '77',
      labels: { team: 'a/b' },
      ...(annotated ? { annotations: { 'example.com/note~x': '{"a": 1}' } } : {}),
    },
    spec: {
      hosts: [host],
      http: [...rules, last],
      ...(tls.length > 0 ? { tls } : {}),
      ...(tcp.length > 0 ? { tcp } : {}),
    },
  })) as unknown as fc.Arbitrary<KubeObject>

/** around puts a VirtualService beside the DestinationRule that its subsets need. */
export function around(object: KubeObject): RoutingSnapshot {
  return {
    apiVersion: 'v1',
    virtualServices: [object],
    destinationRules: [
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata: { name: 'reviews', namespace: 'prod', resourceVersion: '78' },
        spec: { host, subsets: ['v0', 'v1', 'v2'].map((name) => ({ name, labels: { version: name } })) },
      },
    ],
    unreadable: [],
  }
}

/** percents are shares that people and schedules ask for. */
export const percents = fc.oneof(
  fc.integer({ min: 0, max: 100 }),
  fc.integer({ min: 0, max: 1000 }).map((tenths) => tenths / 10),
  fc.integer({ min: 0, max: 100_000 }).map((thousandths) => thousandths / 1000),
)
