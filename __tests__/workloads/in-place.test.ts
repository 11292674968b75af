import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import { changedLabels } from '../../src/workloads/canary/in-place.ts'
import { type CanaryPlan, planCanary } from '../../src/workloads/canary-plan.ts'
import { deploymentView, labelsAt, selects } from '../../src/workloads/deployment.ts'
import { isMadeBy } from '../../src/workloads/marks.ts'
import { deployment, seen } from './cluster.ts'

const serviceOf = (
  selector: Record<string, string>,
  more: Partial<KubeObject['metadata']> = {},
): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: 'my-api', namespace: 'shop', ...more },
  spec: {
    type: 'LoadBalancer',
    selector,
    ports: [{ name: 'http', port: 80, targetPort: 'web', nodePort: 30_080, appProtocol: 'http' }],
  },
})
const plain = (selector: Record<string, string> = { app: 'my-api' }) =>
  deployment({ name: 'my-api', selector })

function plan(
  objects: KubeObject[],
  policy: { apiVersion: string; spec: JsonObject } | null = null,
  copyPolicies = false,
): CanaryPlan {
  const selector = labelsAt(objects.find(({ kind }) => kind === 'Service')?.spec?.selector)
  const all = seen(objects)
  return planCanary(
    { ...all, service: { ...all.service, selector } },
    {
      image: 'ghcr.io/octo/my-api:v2',
      version: null,
      choice: 'auto',
      size: 'proportional',
      copyPolicies,
      serving: null,
      policy,
      ending: null,
      hostOf: (name) => `${name}.shop.svc.cluster.local`,
      releaseId: (version) => `my-api-${version}-17`,
      replicas: () => 1,
    },
  )
}

function made(found: CanaryPlan) {
  if (found.kind !== 'make') throw new Error(JSON.stringify(found))
  const of = (kind: string) => found.objects.find((object) => object.kind === kind)
  return {
    ...found,
    deployment: of('Deployment') as KubeObject,
    service: of('Service') as KubeObject,
    rule: of('DestinationRule'),
  }
}

test('a temporary canary is stable’s Deployment with another image, a label that changes, and a Service of its own', () => {
  const metadata = {
    labels: { 'istio.io/use-waypoint': 'w', team: 'shop' },
    annotations: {
      'networking.istio.io/exportTo': '.',
      'external-dns.alpha.kubernetes.io/hostname': 'a.example',
    },
  }
  const found = made(plan([plain(), serviceOf({ app: 'my-api' }, metadata)]))
  expect(found).toMatchObject({ version: 'v2', workload: { shape: 'in-place', source: 'my-api' } })
  expect(found.deployment.metadata).toMatchObject({
    name: 'my-api-canary',
    ownerReferences: [
      {
        kind: 'Deployment',
        name: 'my-api',
        uid: 'uid-of-my-api',
        controller: false,
        blockOwnerDeletion: false,
      },
    ],
  })
  expect(deploymentView(found.deployment).templateLabels).toEqual({
    app: 'my-api-canary',
    'service.istio.io/canonical-name': 'my-api',
  })
  expect(found.service).toMatchObject({
    metadata: { name: 'my-api-canary', annotations: { 'networking.istio.io/exportTo': '.' } },
    spec: {
      type: 'ClusterIP',
      selector: { app: 'my-api-canary' },
      ports: [{ name: 'http', port: 80, targetPort: 'web', appProtocol: 'http' }],
    },
  })
  expect(Object.keys(found.service.metadata.labels ?? {})).toEqual([
    'istio.io/use-waypoint',
    'shiftgate.io/release',
    'shiftgate.io/service',
  ])
  expect(JSON.stringify(found.service)).not.toMatch(/nodePort|external-dns|team/)
  expect(found.rule).toBeUndefined()
  expect(found.workload.inPlace).toMatchObject({
    service: 'my-api-canary',
    before: 'my-api=ghcr.io/octo/my-api:v1',
    stable: { version: 'v1', workload: 'my-api', host: 'my-api.shop.svc.cluster.local' },
  })
})

test('what the mesh is told about stable’s host is told about the canary’s', () => {
  const policy = {
    apiVersion: 'networking.istio.io/v1',
    spec: { trafficPolicy: { tls: { mode: 'ISTIO_MUTUAL' } } },
  }
  const found = made(plan([plain(), serviceOf({ app: 'my-api' })], policy))
  expect(found.objects.map(({ kind }) => kind)).toEqual(['Service', 'DestinationRule', 'Deployment'])
  expect(found.rule?.spec).toEqual({ ...policy.spec, host: 'my-api-canary.shop.svc.cluster.local' })
})

const mine = { matchLabels: { app: 'my-api' } }
test.each<[string, JsonObject, JsonObject]>([
  [
    'AuthorizationPolicy',
    { selector: mine, rules: [{}] },
    { selector: { matchLabels: { app: 'my-api-canary' } } },
  ],
  [
    'Sidecar',
    { workloadSelector: { labels: { app: 'my-api' } } },
    { workloadSelector: { labels: { app: 'my-api-canary' } } },
  ],
  [
    'NetworkPolicy',
    { podSelector: mine, ingress: [{}] },
    { podSelector: { matchLabels: { app: 'my-api-canary' } } },
  ],
])(
  'a %s of stable’s pods is refused, or copied for the canary where that is asked for',
  (kind, spec, own) => {
    const apiVersion = 'example.io/v1'
    const metadata = {
      name: 'only',
      namespace: 'shop',
      labels: { 'argocd.argoproj.io/instance': 'x', team: 'a' },
    }
    const objects = [plain(), serviceOf({ app: 'my-api' }), { apiVersion, kind, metadata, spec }]
    expect(plan(objects)).toMatchObject({ kind: 'refused', refusals: [{ code: 'treated-apart' }] })
    const found = made(plan(objects, null, true))
    expect(found.objects.map((object) => object.kind)).toEqual(['Service', kind, 'Deployment'])
    const copy = found.objects[1] as KubeObject
    expect(copy).toMatchObject({ apiVersion, metadata: { name: 'only-canary', labels: { team: 'a' } } })
    expect(copy.spec).toEqual({ ...spec, ...own })
    expect([isMadeBy(copy), Object.keys(copy.metadata.labels ?? {})]).toEqual([
      true,
      ['team', 'shiftgate.io/release', 'shiftgate.io/service'],
    ])
    expect(found.workload.inPlace?.policies).toEqual([{ kind, name: 'only' }])
  },
)

test('a policy that names stable’s pods as a peer, or in another way than by labels, is never copied', () => {
  const policy = (spec: JsonObject): KubeObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: 'p', namespace: 'shop' },
    spec,
  })
  const refused = (spec: JsonObject) =>
    plan([plain(), serviceOf({ app: 'my-api' }), policy(spec)], null, true).kind
  const peer = [{ from: [{ podSelector: mine }] }]
  expect(refused({ podSelector: { matchLabels: { app: 'db' } }, ingress: peer })).toBe('refused')
  expect(refused({ podSelector: mine, ingress: peer })).toBe('refused')
  const matchExpressions = [{ key: 'app', operator: 'In', values: ['my-api'] }]
  expect(refused({ podSelector: { matchExpressions } })).toBe('refused')
})

test('of the labels that both select by, the one that the fewest others select by changes', () => {
  const stable = deploymentView(plain({ app: 'my-api', tier: 'web' }))
  const other = (key: string): KubeObject => ({
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    metadata: { name: `by-${key}`, namespace: 'shop' },
    spec: { podSelector: { matchLabels: { [key]: 'x' } } },
  })
  const both = { app: 'my-api', tier: 'web' }
  expect(changedLabels(stable, both, [other('app')])).toEqual({ tier: { from: 'web', to: 'web-canary' } })
  expect(changedLabels(stable, both, [other('tier')])).toEqual({
    app: { from: 'my-api', to: 'my-api-canary' },
  })
  const apart = deploymentView(
    deployment({ name: 'my-api', selector: { app: 'my-api' }, templateLabels: { app: 'my-api', svc: 'a' } }),
  )
  expect(Object.keys(changedLabels(apart, { svc: 'a' }, []))).toEqual(['app', 'svc'])
})

test('callers past the route are named', () => {
  const another = (name: string, selector: Record<string, string>): KubeObject => ({
    ...serviceOf(selector),
    metadata: { name, namespace: 'shop' },
  })
  const stable = plain({ app: 'my-api', tier: 'web' })
  const found = made(
    plan([
      stable,
      serviceOf({ app: 'my-api', tier: 'web' }),
      another('by-app', { app: 'my-api' }),
      another('by-tier', { tier: 'web' }),
      another('other', { app: 'web' }),
    ]),
  )
  expect(found.notes.join('\n')).toMatch(
    /by-app selects the pods of both[\s\S]*by-tier selects stable's pods alone/,
  )
})

const name = fc.stringMatching(/^[a-z]([a-z0-9-]{0,8}[a-z0-9])?$/)
const keys = ['app', 'tier', 'app.kubernetes.io/name', 'team', 'version']
const labels = fc.dictionary(fc.constantFrom(...keys), name, { minKeys: 1 })

test('law: no selector of stable’s ever reaches the canary’s pods, and none of the canary’s stable’s', () => {
  fc.assert(
    fc.property(labels, fc.nat(), fc.nat(), (podLabels, first, second) => {
      const all = Object.keys(podLabels)
      const some = (seed: number) =>
        Object.fromEntries(
          all
            .filter((_, index) => (seed >> index) % 2 === 1 || index === seed % all.length)
            .map((key) => [key, podLabels[key] ?? '']),
        )
      const selector = some(first)
      const stable = deployment({ name: 'my-api', selector, templateLabels: podLabels })
      const service = serviceOf(some(second))
      const found = plan([stable, service])
      // A Deployment that is named after its version is one of another shape.
      if (found.kind !== 'make' || found.workload.inPlace === undefined) return
      const canary = made(found)
      const mine = deploymentView(stable)
      const its = deploymentView(canary.deployment)
      expect(selects(mine.selector, its.templateLabels)).toBe(false)
      expect(selects(labelsAt(service.spec?.selector), its.templateLabels)).toBe(false)
      expect(selects(its.selector, mine.templateLabels)).toBe(false)
      expect(selects(its.selector, its.templateLabels)).toBe(true)
      const own = labelsAt(canary.service.spec?.selector)
      expect(selects(own, its.templateLabels)).toBe(true)
      expect(selects(own, mine.templateLabels)).toBe(false)
      const changed = Object.keys(its.templateLabels).filter(
        (key) => its.templateLabels[key] !== mine.templateLabels[key],
      )
      expect(changed.filter((key) => !key.startsWith('service.istio.io/')).length).toBeLessThanOrEqual(2)
      expect(canary.objects.filter((object) => !isMadeBy(object, 'my-api-v2-17'))).toEqual([])
    }),
    { numRuns: 500 },
  )
})
