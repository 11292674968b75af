import { expect, test } from '@jest/globals'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import type { WorkloadChoice } from '../../src/release/request.ts'
import { type CanaryPlan, planCanary } from '../../src/workloads/canary-plan.ts'
import type { RefusalCode } from '../../src/workloads/refusal.ts'
import { deployment, seen } from './cluster.ts'

interface Case {
  objects: KubeObject[]
  image?: string
  version?: string
  choice?: WorkloadChoice
  serving?: string
  unreadable?: { kind: string; why: string }[]
}

const planOf = ({ objects, image, version, choice, serving, unreadable }: Case): CanaryPlan =>
  planCanary(seen(objects, unreadable), {
    image: image ?? 'ghcr.io/octo/my-api:v2',
    version: version ?? null,
    choice: choice ?? 'auto',
    size: 'proportional',
    copyPolicies: false,
    policy: null,
    ending: null,
    hostOf: (name) => `${name}.shop.svc.cluster.local`,
    serving: serving ?? null,
    releaseId: (version) => `my-api-${version}-1`,
    replicas: () => 1,
  })

const owner = (kind: string, more: JsonObject = {}): KubeObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'my-api', namespace: 'shop', uid: 'u' },
  spec: { replicas: 1, template: { metadata: { labels: { app: 'my-api' } } }, ...more },
})
const flagger = (name: string): KubeObject => ({
  apiVersion: 'flagger.app/v1beta1',
  kind: 'Canary',
  metadata: { name: 'my-api', namespace: 'shop' },
  spec: { targetRef: { apiVersion: 'apps/v1', kind: 'Deployment', name } },
})
const scaler = (kind: string): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'my-api', namespace: 'shop' },
  spec: { scaleTargetRef: { name: 'my-api-v1' } },
})
const scaledPlain = (
  metadata: Partial<KubeObject['metadata']>,
  kind = 'HorizontalPodAutoscaler',
): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind,
  metadata: { name: 'one', namespace: 'shop', ...metadata },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'my-api' }, minReplicas: 1, maxReplicas: 5 },
})
const fluxFields = (field: string) => ({
  manager: 'kustomize-controller',
  fieldsV1: { 'f:spec': { [field]: {} } },
})
const volumes = [{ name: 'data', persistentVolumeClaim: { claimName: 'data' } }]
const claimed = deployment({ pod: { volumes } })
const claim = (...accessModes: string[]): KubeObject => ({
  apiVersion: 'v1',
  kind: 'PersistentVolumeClaim',
  metadata: { name: 'data', namespace: 'shop' },
  spec: { accessModes },
})
const labelled = (name: string, more: Record<string, string> = {}) =>
  deployment({ name, selector: { app: 'my-api', ...more } })
const plain = labelled('my-api')
const named = (name: string): KubeObject => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name, namespace: 'shop' },
  spec: { selector: { app: 'other' }, ports: [] },
})
const ownService: KubeObject = { ...named('my-api'), spec: { selector: { app: 'my-api' }, ports: [] } }
const track = (value: string, key = 'track') => labelled(`my-api-${value}`, { [key]: value })
const v0 = labelled('my-api-v0', { version: 'v0' })
const expressions = {
  matchLabels: { app: 'my-api', version: 'v1' },
  matchExpressions: [{ key: 'tier', operator: 'Exists' }],
}
const bound = [
  { name: 'my-api', image: 'ghcr.io/octo/my-api:v1', ports: [{ containerPort: 80, hostPort: 80 }] },
]
const two = [
  { name: 'web', image: 'a/web:v1' },
  { name: 'log', image: 'b/log:v1' },
]
const git = (more: Parameters<typeof deployment>[0]) => deployment({ name: 'my-api', ...more })

/** What a plan of image ghcr.io/octo/my-api:v2 comes to; each row breaks one premise. */
const rows: [RefusalCode, string, Case][] = [
  ['no-workload', 'nothing runs', { objects: [] }],
  [
    'no-workload',
    'what runs is behind another Service',
    { objects: [deployment({ selector: { app: 'web' } })] },
  ],
  ['stateful-set', 'a StatefulSet', { objects: [owner('StatefulSet')] }],
  ['stateful-set', 'one beside the Deployment', { objects: [deployment(), owner('StatefulSet')] }],
  ['daemon-set', 'a DaemonSet', { objects: [owner('DaemonSet')] }],
  ['argo-rollout', 'a Rollout', { objects: [owner('Rollout')] }],
  ['bare-replica-set', 'a ReplicaSet of nobody', { objects: [owner('ReplicaSet')] }],
  ['flagger-target', 'a Canary of Flagger', { objects: [deployment(), flagger('my-api-v1')] }],
  ['tracks', 'two tracks of which none is called canary', { objects: [track('blue'), track('green')] }],
  [
    'several-workloads',
    'a canary whose label the other’s pods lack',
    { objects: [labelled('my-api'), labelled('my-api-canary', { track: 'canary' })] },
  ],
  ['no-track', 'one Deployment where tracks are asked for', { objects: [plain], choice: 'tracks' }],
  [
    'owned-by-git',
    'a canary of Git’s',
    {
      objects: [
        track('stable'),
        deployment({
          name: 'my-api-canary',
          selector: { app: 'my-api', track: 'canary' },
          labels: { 'argocd.argoproj.io/instance': 'shop' },
        }),
      ],
    },
  ],
  [
    'autoscaled',
    'a canary that is scaled by others',
    {
      objects: [
        track('stable'),
        track('canary'),
        { ...scaler('HorizontalPodAutoscaler'), spec: { scaleTargetRef: { name: 'my-api-canary' } } },
      ],
    },
  ],
  [
    'tracks',
    'two tracks by the label version, of which none is called canary',
    { objects: [track('blue', 'version'), track('green', 'version')] },
  ],
  ['several-workloads', 'no label tells them apart', { objects: [labelled('a'), labelled('b')] }],
  ['several-workloads', 'three tracks', { objects: [track('stable'), track('canary'), track('next')] }],
  [
    'several-workloads',
    'several versions in place',
    { objects: [deployment(), v0], choice: 'in-place', serving: 'v1' },
  ],
  ['unclear-stable', 'nothing says which version serves', { objects: [deployment(), v0] }],
  ['unclear-stable', 'what serves does not run', { objects: [deployment(), v0], serving: 'v9' }],
  ['unreadable', 'the Service is not among what was listed', { objects: [plain] }],
  [
    'name-taken',
    'a Deployment of the canary’s name',
    { objects: [plain, ownService, deployment({ name: 'my-api-canary', selector: { app: 'other' } })] },
  ],
  ['name-taken', 'a Service of the canary’s name', { objects: [plain, ownService, named('my-api-canary')] }],
  [
    'name-taken',
    'pods with the canary’s labels',
    { objects: [plain, ownService, labelled('other', { app: 'my-api-canary' })] },
  ],
  [
    'version-serves',
    'the version that serves, with another image',
    { objects: [plain, ownService], version: 'v1' },
  ],
  [
    'treated-apart',
    'a policy that selects by the label that changes',
    {
      objects: [
        plain,
        ownService,
        {
          apiVersion: 'security.istio.io/v1',
          kind: 'AuthorizationPolicy',
          metadata: { name: 'p', namespace: 'shop' },
          spec: { selector: { matchLabels: { app: 'my-api' } } },
        },
      ],
    },
  ],
  [
    'owned-by-git',
    'one plain Deployment of Argo CD',
    { objects: [git({ annotations: { 'argocd.argoproj.io/tracking-id': 'a' } })] },
  ],
  [
    'owned-by-git',
    'one plain Deployment of Flux',
    { objects: [git({ labels: { 'kustomize.toolkit.fluxcd.io/name': 'a' } })] },
  ],
  [
    'owned-by-git',
    'one that a GitOps tool wrote',
    { objects: [git({ metadata: { managedFields: [{ manager: 'helm-controller' }] } as never })] },
  ],
  ['overlapping-selector', 'no version in the selector', { objects: [plain], choice: 'per-version' }],
  [
    'version-label-mismatch',
    'pods of another version than the selector says',
    { objects: [deployment({ templateLabels: { app: 'my-api', version: 'v0' } })] },
  ],
  [
    'match-expressions',
    'a selector with them',
    { objects: [deployment({ spec: { selector: expressions } })] },
  ],
  ['paused', 'a paused Deployment', { objects: [deployment({ spec: { paused: true } })] }],
  [
    'no-replicas',
    'a Deployment of no pods',
    { objects: [deployment({ spec: { replicas: 0 }, status: { replicas: 0, updatedReplicas: 0 } })] },
  ],
  ['rolling-out', 'a template not yet seen', { objects: [deployment({ metadata: { generation: 3 } })] }],
  ['rolling-out', 'pods not yet updated', { objects: [deployment({ status: { updatedReplicas: 2 } })] }],
  ['rolling-out', 'old pods beside the new', { objects: [deployment({ status: { replicas: 4 } })] }],
  ['rolling-out', 'no status yet', { objects: [{ ...deployment(), status: {} }] }],
  ['autoscaled', 'an autoscaler of stable', { objects: [deployment(), scaler('HorizontalPodAutoscaler')] }],
  ['autoscaled', 'one of KEDA', { objects: [deployment(), scaler('ScaledObject')] }],
  ['autoscaled', 'in place, one of KEDA', { objects: [plain, scaledPlain({}, 'ScaledObject')] }],
  [
    'autoscaled',
    'in place, two of them',
    { objects: [plain, scaledPlain({}), scaledPlain({ name: 'two' })] },
  ],
  [
    'autoscaled',
    'in place, one that KEDA writes',
    {
      objects: [
        plain,
        scaledPlain({
          ownerReferences: [{ apiVersion: 'keda.sh/v1', kind: 'ScaledObject', name: 'k', uid: 'k' }],
        }),
      ],
    },
  ],
  [
    'minimum-in-git',
    'in place, a minimum of Argo CD',
    { objects: [plain, scaledPlain({ annotations: { 'argocd.argoproj.io/tracking-id': 'a' } })] },
  ],
  [
    'minimum-in-git',
    'in place, a minimum that Flux writes',
    { objects: [plain, scaledPlain({ managedFields: [fluxFields('f:minReplicas')] })] },
  ],

  ['name-taken', 'the version that serves, with another image', { objects: [deployment()], version: 'v1' }],
  ['host-port', 'a port of the node', { objects: [deployment({ containers: bound })] }],
  ['host-port', 'the network of the node', { objects: [deployment({ pod: { hostNetwork: true } })] }],
  ['read-write-once', 'a claim for one node', { objects: [claimed, claim('ReadWriteOnce')] }],
  ['read-write-once', 'a claim for one pod', { objects: [claimed, claim('ReadWriteOncePod')] }],
  ['unknown-claim', 'a claim that is not seen', { objects: [claimed] }],
  ['unclear-container', 'an image of no container', { objects: [deployment({ containers: two })] }],
  ['unknown-container', 'no such container', { objects: [deployment()], image: 'other=a:v2' }],
  ['invalid-image', 'no image', { objects: [deployment()], image: 'ghcr.io/octo/my api' }],
  ['invalid-image', 'one of two is none', { objects: [deployment()], image: 'my-api=a:v2,my-api=:' }],
  [
    'name-taken',
    'a Deployment of that name that is something else',
    { objects: [deployment(), deployment({ name: 'my-api-v2', selector: { app: 'other' } })] },
  ],
  [
    'name-taken',
    'that version with another image',
    { objects: [deployment(), labelled('my-api-v2', { version: 'v2' })], serving: 'v1' },
  ],
  [
    'unreadable',
    'Deployments may not be listed',
    { objects: [], unreadable: [{ kind: 'Deployment', why: 'forbidden' }] },
  ],
  [
    'unreadable',
    'StatefulSets may not be listed',
    { objects: [deployment()], unreadable: [{ kind: 'StatefulSet', why: 'forbidden' }] },
  ],
]

test.each(rows)('%s: %s', (code, _, found) => {
  const plan = planOf(found)
  expect(plan).toMatchObject({ kind: 'refused', refusals: [{ code }] })
  if (plan.kind !== 'refused') return
  for (const { text, remedy } of plan.refusals) {
    expect(text).toMatch(/^[A-Z"].*\.$/s)
    expect(remedy).toMatch(/\.$/)
    expect(text + remedy).not.toContain('undefined')
  }
})

test('a shared claim, a Canary of another Deployment and an owned ReplicaSet stand in nobody’s way', () => {
  const owned = owner('ReplicaSet')
  owned.metadata.ownerReferences = [
    { apiVersion: 'apps/v1', kind: 'Deployment', name: 'my-api-v1', controller: true },
  ]
  expect(planOf({ objects: [claimed, claim('ReadWriteMany'), owned, flagger('web')] }).kind).toBe('make')
})

test('a minimum that Git leaves out is borrowed', () => {
  const objects = [plain, ownService, scaledPlain({ managedFields: [fluxFields('f:maxReplicas')] })]
  const plan = planOf({ objects })
  expect(plan).toMatchObject({
    kind: 'make',
    workload: { minimum: { autoscaler: 'one', before: 1, raised: 3 } },
    scaling: { ref: { name: 'one' }, copy: { metadata: { name: 'my-api-canary' } } },
  })
})

test.each(['HorizontalPodAutoscaler', 'ScaledObject', 'Rollout', 'Canary'])(
  'a %s that may not be listed is said, since it would be refused',
  (kind) => {
    const why = 'It is forbidden.'
    const plan = planOf({ objects: [deployment()], unreadable: [{ kind, why }] })
    expect(plan).toMatchObject({
      kind: 'make',
      notes: [expect.stringMatching(`^Whether a ${kind} .*: ${why}$`)],
    })
  },
)
