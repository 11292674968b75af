import { describe, expect, test } from '@jest/globals'
import type { KubeObject, WorkloadsSnapshot } from '../../src/release/kubernetes.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { identify } from '../../src/rollout/lifecycle/identity.ts'
import { istioPlanner, toIstioSnapshot } from '../../src/routing/istio/planner.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import { release } from './release-state.ts'

const scope = { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' }
const host = 'my-api.shop.svc.cluster.local'

function routing(
  destinations: object[] | null,
  subsets: Record<string, string> = { v1: 'v1', v2: 'v2' },
): RoutingSnapshot {
  const metadata = {
    name: 'my-api',
    namespace: 'shop',
    resourceVersion: '1',
    creationTimestamp: '2026-01-01T00:00:00Z',
  }
  const virtualServices = destinations
    ? [
        {
          apiVersion: 'networking.istio.io/v1',
          kind: 'VirtualService',
          metadata,
          spec: { hosts: [host], http: [{ route: destinations }] },
        },
      ]
    : []
  const spec = {
    host,
    subsets: Object.entries(subsets).map(([name, version]) => ({ name, labels: { version } })),
  }
  return {
    apiVersion: 'networking.istio.io/v1',
    virtualServices: virtualServices as unknown as KubeObject[],
    destinationRules: [
      {
        apiVersion: 'networking.istio.io/v1',
        kind: 'DestinationRule',
        metadata,
        spec,
      } as unknown as KubeObject,
    ],
    unreadable: [],
  }
}

const viewOf = (snapshot: RoutingSnapshot, target: typeof scope) =>
  istioPlanner.view(toIstioSnapshot(snapshot), target)

const to = (subset: string | null, weight?: number) => ({
  destination: { host, ...(subset === null ? {} : { subset }) },
  ...(weight === undefined ? {} : { weight }),
})

function running(...versions: (string | null)[]): WorkloadsSnapshot {
  return {
    service: null,
    pods: [],
    workloads: versions.map((version) => ({
      kind: 'Deployment' as const,
      name: `my-api-${version ?? 'plain'}`,
      namespace: 'shop',
      version,
      image: `my-api:${version}`,
      templateLabels: {},
      replicas: 3,
      readyReplicas: 3,
      createdAt: 0,
      serviceAccount: 'default',
    })),
  }
}

const cases: {
  name: string
  state?: ReleaseState | null
  routes: RoutingSnapshot
  pods: WorkloadsSnapshot
  stableVersion?: string
  expected: object
}[] = [
  {
    name: 'one subset holds everything',
    routes: routing([to('v1')]),
    pods: running('v1', 'v2'),
    expected: {
      kind: 'start',
      stable: { version: 'v1', destination: 'v1', workload: 'my-api-v1' },
      unpinned: false,
    },
  },
  {
    name: 'a subset is told by its labels, not by its name',
    routes: routing([to('blue')], { blue: 'v1', v1: 'v0' }),
    pods: running('v0', 'v1', 'v2'),
    expected: { kind: 'start', stable: { version: 'v1', destination: 'blue' } },
  },
  {
    name: 'no route yet: the only other version that runs',
    routes: routing(null, {}),
    pods: running('v1', 'v2'),
    expected: { kind: 'start', stable: { version: 'v1' }, unpinned: true },
  },
  {
    name: 'no version serves yet',
    routes: routing(null, {}),
    pods: running('v2'),
    expected: { kind: 'initial', canary: { version: 'v2' } },
  },
  {
    name: 'two others run and no route names one',
    routes: routing(null, {}),
    pods: running('v0', 'v1', 'v2'),
    expected: {
      kind: 'refused',
      reason: 'target-not-ready',
      refusal: { code: 'several-versions', versions: ['v0', 'v1'] },
    },
  },
  {
    name: 'two others run, the user says which',
    routes: routing(null, {}),
    pods: running('v0', 'v1', 'v2'),
    stableVersion: 'v1',
    expected: { kind: 'start', stable: { version: 'v1' } },
  },
  {
    name: 'the routes divide traffic already',
    routes: routing([to('v1', 60), to('v2', 40)]),
    pods: running('v1', 'v2'),
    expected: {
      kind: 'refused',
      reason: 'target-not-ready',
      refusal: {
        code: 'divided-routes',
        serving: [
          { version: 'v1', share: 0.6 },
          { version: 'v2', share: 0.4 },
        ],
      },
    },
  },
  {
    name: 'stable has no version label',
    routes: routing(null, {}),
    pods: running(null, 'v2'),
    expected: {
      kind: 'refused',
      refusal: { code: 'unlabelled-pods', namespace: 'shop', workload: 'my-api-plain' },
    },
  },
  {
    name: 'the canary is not deployed',
    routes: routing([to('v1')]),
    pods: running('v1'),
    expected: {
      kind: 'refused',
      reason: 'target-not-ready',
      refusal: { code: 'not-deployed', version: 'v2', seen: ['v1'] },
    },
  },
  {
    name: 'it serves already',
    routes: routing([to('v2')]),
    pods: running('v1', 'v2'),
    expected: { kind: 'already', version: 'v2' },
  },
  {
    name: 'a release of the same version and image is gone on with',
    state: release({
      canary: { version: 'v2', destination: 'v2', workload: 'my-api-v2', image: 'my-api:v2' },
      weight: 10,
    }),
    routes: routing([to('v1', 90), to('v2', 10)]),
    pods: running('v1', 'v2'),
    expected: { kind: 'resume' },
  },
  {
    name: 'a release of the same version with another image is refused',
    state: release({ weight: 10 }),
    routes: routing([to('v1', 90), to('v2', 10)]),
    pods: running('v1', 'v2'),
    expected: {
      kind: 'refused',
      reason: 'release-in-flight',
      refusal: { code: 'other-image', runs: 'my-api:v2' },
    },
  },
  {
    name: 'a release of another version is refused, naming the holder',
    state: release({ canary: { version: 'v3', destination: 'v3', workload: 'my-api-v3', image: 'x' } }),
    routes: routing([to('v1')]),
    pods: running('v1', 'v2', 'v3'),
    expected: {
      kind: 'refused',
      reason: 'release-in-flight',
      refusal: { code: 'other-version', version: 'v3', holder: 'run 7/1' },
    },
  },
  {
    name: 'after a promotion the promoted version is stable',
    state: release({
      phase: 'promoted',
      canary: { version: 'v1', destination: 'v1', workload: 'my-api-v1', image: 'x' },
      stable: null,
    }),
    routes: routing([to('v1', 100), to('v0', 0)], { v0: 'v0', v1: 'v1', v2: 'v2' }),
    pods: running('v0', 'v1', 'v2'),
    expected: { kind: 'start', stable: { version: 'v1' } },
  },
]

describe('who is stable, who the canary', () => {
  test.each(cases)('$name', ({ state, routes, pods, stableVersion, expected }) => {
    const asked = { version: 'v2', stableVersion: stableVersion ?? null }
    expect(identify(asked, state ?? null, viewOf(routes, scope), pods)).toMatchObject(expected)
  })
})
