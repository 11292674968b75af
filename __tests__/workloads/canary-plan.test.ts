import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import { canaryObjects } from '../../src/workloads/canary/canary-objects.ts'
import { planCanary } from '../../src/workloads/canary-plan.ts'
import { deploymentView, podSpecOf, selects } from '../../src/workloads/deployment.ts'
import { isMadeBy } from '../../src/workloads/marks.ts'
import { deployment, seen } from './cluster.ts'

const plan = (stable: KubeObject, image: string, others: KubeObject[] = []) =>
  planCanary(seen([stable, ...others]), {
    image,
    version: null,
    choice: 'auto',
    size: 'proportional',
    copyPolicies: false,
    policy: null,
    ending: null,
    hostOf: (name) => `${name}.shop.svc.cluster.local`,
    serving: 'v1',
    releaseId: (version) => `my-api-${version}-17`,
    replicas: (count) => Math.ceil(count / 10),
  })

function madeOf(stable: KubeObject, image: string): KubeObject {
  const found = plan(stable, image)
  if (found.kind !== 'make') throw new Error(JSON.stringify(found))
  return found.objects[0] as KubeObject
}

const spread = (labels: Record<string, string>) => ({ maxSkew: 1, labelSelector: { matchLabels: labels } })
const apart = (version: string) => ({
  podAntiAffinity: {
    preferredDuringSchedulingIgnoredDuringExecution: [
      {
        weight: 1,
        podAffinityTerm: {
          labelSelector: { matchExpressions: [{ key: 'version', operator: 'In', values: [version] }] },
        },
      },
    ],
  },
})
/** A pod spec with everything that must be carried over, of one version. */
const podSpec = (version: string): JsonObject => ({
  containers: [
    {
      name: 'my-api',
      image: `ghcr.io/octo/my-api:${version}`,
      env: [{ name: 'A', value: 'b' }],
      envFrom: [{ secretRef: { name: 's' } }],
      readinessProbe: { httpGet: { path: '/', port: 80 } },
    },
    { name: 'istio-proxy', image: 'auto' },
  ],
  initContainers: [{ name: 'migrate', image: `ghcr.io/octo/my-api:${version}` }],
  serviceAccountName: 'my-api',
  terminationGracePeriodSeconds: 45,
  topologySpreadConstraints: [
    spread({ app: 'my-api', version }),
    // Another workload's pods, whatever its version is called.
    spread({ app: 'db', version: 'v1' }),
  ],
  affinity: apart(version),
})

test('the canary is stable’s Deployment with another image, version and name, and nobody else’s marks', () => {
  const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: 1 } }
  const stable = deployment({
    labels: {
      app: 'my-api',
      version: 'v1',
      team: 'shop',
      'app.kubernetes.io/managed-by': 'Helm',
      'app.kubernetes.io/instance': 'shop',
      'helm.toolkit.fluxcd.io/name': 'shop',
    },
    annotations: {
      'argocd.argoproj.io/tracking-id': 'shop:apps/Deployment:shop/my-api-v1',
      'meta.helm.sh/release-name': 'shop',
      'kubectl.kubernetes.io/last-applied-configuration': '{}',
      'deployment.kubernetes.io/revision': '7',
      note: 'kept',
    },
    templateLabels: { app: 'my-api', version: 'v1', 'app.kubernetes.io/version': 'v1', tier: 'api' },
    pod: podSpec('v1'),
    spec: { strategy },
  })
  expect(madeOf(stable, 'ghcr.io/octo/my-api:v2')).toEqual({
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name: 'my-api-v2',
      namespace: 'shop',
      labels: {
        app: 'my-api',
        version: 'v2',
        team: 'shop',
        'shiftgate.io/release': 'my-api-v2-17',
        'shiftgate.io/service': 'my-api',
      },
      annotations: { note: 'kept' },
    },
    spec: {
      strategy,
      replicas: 1,
      selector: { matchLabels: { app: 'my-api', version: 'v2' } },
      template: {
        metadata: {
          labels: { app: 'my-api', version: 'v2', 'app.kubernetes.io/version': 'v2', tier: 'api' },
        },
        spec: podSpec('v2'),
      },
    },
  })
})

test('the same image makes nothing, and one that is deployed already is released as it is', () => {
  expect(plan(deployment(), 'ghcr.io/octo/my-api:v1')).toEqual({
    kind: 'deployed',
    version: 'v1',
    inPlace: false,
  })
  const there = deployment({
    name: 'my-api-v2',
    selector: { app: 'my-api', version: 'v2' },
    containers: [{ name: 'my-api', image: 'ghcr.io/octo/my-api:v2' }],
  })
  expect(plan(deployment(), 'ghcr.io/octo/my-api:v2', [there])).toEqual({
    kind: 'deployed',
    version: 'v2',
    inPlace: false,
  })
})

test('pairs give each container its image, and the version is the first ordinary one’s', () => {
  const stable = deployment({
    containers: [
      { name: 'web', image: 'a/web:v1' },
      { name: 'log', image: 'b/log:v1' },
    ],
  })
  const made = madeOf(stable, 'web=a/web:v5, log=b/log:v3')
  expect(deploymentView(made).containers.map(({ image }) => image)).toEqual(['a/web:v5', 'b/log:v3'])
  expect(made.metadata.name).toBe('my-api-v5')
})

test('the names of very long versions fit, and differ', () => {
  const names = ['a', 'b'].map(
    (end) => madeOf(deployment(), `ghcr.io/octo/my-api:${'x'.repeat(120)}${end}`).metadata.name,
  )
  expect(new Set(names).size).toBe(2)
  for (const name of names) expect(name).toMatch(/^my-api-[a-z0-9-]{1,45}$/)
})

const word = fc.stringMatching(/^[a-z][a-z0-9]{0,7}$/)
/** Any Deployment that is named after its version, with labels, spread terms and containers of any kind. */
const anyStable = fc
  .record({
    version: fc.stringMatching(/^[a-z0-9]([a-z0-9-]{0,8}[a-z0-9])?$/),
    extra: fc.dictionary(word, word, { maxKeys: 4 }),
    replicas: fc.integer({ min: 1, max: 30 }),
    sidecars: fc.uniqueArray(word, { maxLength: 3 }),
    own: fc.boolean(),
  })
  .map(({ version, extra, replicas, sidecars, own }) => {
    const selector = { ...extra, app: 'my-api', version }
    return deployment({
      name: `my-api-${version}`,
      selector,
      containers: [
        { name: 'main-app', image: 'ghcr.io/octo/my-api:before' },
        ...sidecars.map((name) => ({ name, image: `b/${name}:1` })),
      ],
      pod: own ? { topologySpreadConstraints: [spread({ ...selector })] } : {},
      spec: { replicas },
      status: { replicas, updatedReplicas: replicas },
    })
  })

test('law: the canary’s pods are behind the Service and never stable’s, and stable is only read', () => {
  fc.assert(
    fc.property(anyStable, fc.stringMatching(/^[A-Za-z0-9_][A-Za-z0-9._-]{0,60}$/), (stable, tag) => {
      const before = structuredClone(stable)
      const found = plan(stable, `ghcr.io/octo/my-api:${tag}`)
      expect(stable).toEqual(before)
      if (found.kind !== 'make') {
        // A tag that is stable's own version by name is its own Deployment's name.
        expect(found).toMatchObject({ kind: 'refused', refusals: [{ code: 'name-taken' }] })
        return
      }
      const made = found.objects[0] as KubeObject
      const [one, other] = [deploymentView(stable), deploymentView(made)]
      expect(selects(one.selector, other.templateLabels)).toBe(false)
      expect(selects(other.selector, one.templateLabels)).toBe(false)
      expect(selects(other.selector, other.templateLabels)).toBe(true)
      expect(other.templateLabels).toEqual({ ...one.templateLabels, version: found.version })
      expect(other.name).not.toBe(one.name)
      expect(other.name).toMatch(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/)
      expect(isMadeBy(made, `my-api-${found.version}-17`)).toBe(true)
      // Nothing but image, version and own terms differs in the pod.
      const bare = ({ object, templateLabels }: typeof one) =>
        JSON.stringify(podSpecOf(object))
          .replaceAll(/"image":"ghcr[^"]*"/g, '')
          .replaceAll(`"version":"${templateLabels.version}"`, '')
      expect(bare(other)).toBe(bare(one))
    }),
    { numRuns: 300 },
  )
})

test('law: whoever goes on with a release makes the very same objects', () => {
  fc.assert(
    fc.property(anyStable, (stable) => {
      const found = plan(stable, 'ghcr.io/octo/my-api:NEXT')
      if (found.kind !== 'make') throw new Error(JSON.stringify(found))
      const { version } = found
      const replicas = Number(found.objects[0]?.spec?.replicas)
      const release = { id: `my-api-${version}-17`, service: 'my-api', version, replicas }
      expect(canaryObjects(stable, found.workload, release, null)).toEqual(found.objects)
    }),
    { numRuns: 100 },
  )
})
