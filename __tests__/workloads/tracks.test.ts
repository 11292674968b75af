import { expect, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { type CanaryPlan, planCanary } from '../../src/workloads/canary-plan.ts'
import { deployment, seen } from './cluster.ts'

const track = (value: string, tag: string, key = 'track', more: Parameters<typeof deployment>[0] = {}) =>
  deployment({
    name: value === 'stable' ? 'my-api' : `my-api-${value}`,
    selector: { app: 'my-api', [key]: value },
    containers: [{ name: 'my-api', image: `ghcr.io/octo/my-api:${tag}` }],
    ...more,
  })

const plan = (objects: KubeObject[], tag = 'v2'): CanaryPlan =>
  planCanary(seen(objects), {
    image: `ghcr.io/octo/my-api:${tag}`,
    version: null,
    choice: 'auto',
    size: 'proportional',
    copyPolicies: false,
    policy: null,
    ending: null,
    hostOf: (name) => name,
    serving: null,
    releaseId: (version) => `my-api-${version}-1`,
    replicas: (stable) => stable,
  })

test.each(['track', 'version', 'deploy.example.com/color'])(
  'of two standing Deployments told apart by %s the canary is borrowed, with what it had noted',
  (key) => {
    const canary = track('canary', 'v0', key, { spec: { replicas: 1 } })
    const found = plan([canary, track('stable', 'v1', key)])
    expect(found).toMatchObject({
      kind: 'make',
      version: 'v2',
      workload: {
        shape: 'tracks',
        source: 'my-api',
        inPlace: {
          track: {
            workload: 'my-api-canary',
            label: { key, stable: 'stable', canary: 'canary' },
            owed: { before: 'my-api=ghcr.io/octo/my-api:v0', replicas: 1 },
          },
          before: 'my-api=ghcr.io/octo/my-api:v1',
          stable: { version: 'v1', workload: 'my-api' },
        },
      },
      patch: [
        { op: 'test', path: '/spec/template/spec/containers/0/name' },
        { op: 'test', path: '/spec/template/spec/containers/0/image', value: 'ghcr.io/octo/my-api:v0' },
        { op: 'replace', path: '/spec/template/spec/containers/0/image', value: 'ghcr.io/octo/my-api:v2' },
        { op: 'test', path: '/spec/replicas', value: 1 },
        { op: 'replace', path: '/spec/replicas', value: 3 },
      ],
    })
  },
)

test.each([
  ['scaled to 0', { spec: { replicas: 0 } }],
  ['in the middle of its own rollout', { status: { updatedReplicas: 1 } }],
])('a canary %s may be borrowed', (_, more) => {
  expect(plan([track('stable', 'v1'), track('canary', 'v0', 'track', more)]).kind).toBe('make')
})

test('a canary that has the image already is released as it is', () => {
  expect(plan([track('stable', 'v1'), track('canary', 'v2')])).toMatchObject({ kind: 'make', patch: [] })
})

test('an image that stable has is nothing to do, whatever the canary runs', () => {
  expect(plan([track('stable', 'v1'), track('canary', 'v0')], 'v1')).toMatchObject({
    kind: 'deployed',
    version: 'v1',
  })
})

test('a Deployment called canary that a release made is no track', () => {
  const made = track('canary', 'v0', 'track', {
    labels: { 'shiftgate.io/release': 'x', 'shiftgate.io/service': 'my-api' },
  })
  expect(plan([track('stable', 'v1'), made])).toMatchObject({ kind: 'refused' })
})
