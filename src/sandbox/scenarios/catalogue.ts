import { healthyVersion, type TrafficModel, type VersionModel } from '../../simulation/traffic-model.ts'
import type { Scenario } from './scenario.ts'
import {
  callerManifest,
  deploymentManifest,
  plainManifest,
  routeManifests,
  serviceManifest,
  trackManifests,
} from './shop.ts'
import { systemManifests } from './system.ts'

/** What a version of the shop's service fails of its requests on a good day. */
const usual = 0.002

/** A little more than the hour of history that a release looks at. */
const warmup = 3_900

const both = [
  { name: 'web', namespace: 'shop', through: 'sidecar', share: 0.6 },
  { name: 'istio-ingressgateway', namespace: 'istio-system', through: 'gateway', share: 0.4 },
] as const

function traffic(perSecond: number, canary: VersionModel): TrafficModel {
  return {
    rate: { kind: 'constant', perSecond },
    callers: both,
    versions: { v1: healthyVersion(usual), v2: canary },
    others: healthyVersion(usual),
    timeoutMs: 2_000,
  }
}

const good: Scenario = {
  name: 'good',
  description: 'v2 is as good as v1, at 20 requests a second: it is promoted step by step.',
  namespace: 'shop',
  service: 'my-api',
  stable: 'v1',
  canary: 'v2',
  manifests: [
    systemManifests,
    serviceManifest,
    callerManifest,
    deploymentManifest('v1'),
    routeManifests('v1'),
  ].join('\n'),
  deploy: deploymentManifest('v2'),
  warmup,
  traffic: traffic(20, healthyVersion(usual)),
  faults: [],
  args: {},
}

/** byImage is a good release of an image, of what is deployed there already. */
function byImage(name: string, description: string, deployed: string): Scenario {
  return {
    ...good,
    name,
    description,
    manifests: [systemManifests, serviceManifest, callerManifest, deployed].join('\n'),
    deploy: '',
    warmup: 700,
    traffic: {
      ...traffic(80, healthyVersion(usual)),
      callers: [{ name: 'web', namespace: 'shop', through: 'sidecar', share: 1 }],
    },
    args: {
      image: 'registry.example.com/my-api:v2',
      steps: '20,100',
      history: '10m',
      'min-step-duration': '1m',
    },
  }
}

/** scenarios are the lives that demo and tests can start, by name. The first is the default. */
export const scenarios: readonly Scenario[] = [
  good,
  {
    ...good,
    name: 'errors',
    description: 'v2 fails 5% of its requests: it is rolled back.',
    traffic: traffic(20, healthyVersion(0.05)),
  },
  {
    ...good,
    name: 'slow',
    description: 'v2 often takes longer than its callers wait: they see 504, and it is rolled back.',
    traffic: traffic(20, {
      errors: { kind: 'constant', share: usual },
      latency: { medianMs: 900, spread: 0.8 },
    }),
  },
  {
    ...good,
    name: 'low-traffic',
    description: 'One request in four seconds: too few to prove anything before the step times out.',
    traffic: {
      ...traffic(0.25, healthyVersion(0)),
      // One failure among so few would look like a bad version: this is about numbers alone.
      versions: {},
      others: healthyVersion(0),
    },
  },
  {
    ...good,
    name: 'no-traffic',
    description: 'Nobody calls the service, and it has no route yet: nothing can be proven.',
    manifests: [systemManifests, serviceManifest, callerManifest, deploymentManifest('v1')].join('\n'),
    traffic: {
      ...traffic(0, healthyVersion(0)),
      callers: [{ name: 'web', namespace: 'shop', through: 'sidecar', share: 1 }],
      // Who calls by hand shall see what the routes do, and no luck beside it.
      versions: {},
      others: healthyVersion(0),
    },
  },
  {
    ...good,
    name: 'outage',
    description:
      'Prometheus dies four minutes into the release and stays away: traffic is held, then put back.',
    faults: [{ at: 240, what: 'prometheus-down' }],
  },
  {
    ...good,
    name: 'first',
    description: 'No route for the service exists yet: DestinationRule and VirtualService are made.',
    manifests: [systemManifests, serviceManifest, callerManifest, deploymentManifest('v1')].join('\n'),
    traffic: {
      ...traffic(20, healthyVersion(usual)),
      callers: [{ name: 'web', namespace: 'shop', through: 'sidecar', share: 1 }],
    },
  },
  byImage(
    'image',
    'One plain Deployment and an image: a temporary canary passes every step, then the Deployment itself gets it.',
    plainManifest,
  ),
  byImage(
    'tracks',
    'Two standing Deployments and an image: the canary passes every step with it, then the stable one gets it.',
    trackManifests,
  ),
  {
    ...good,
    name: 'initial',
    description: 'No version serves yet: the first one gets all the traffic and is watched.',
    stable: null,
    canary: 'v1',
    manifests: [systemManifests, serviceManifest, callerManifest].join('\n'),
    deploy: deploymentManifest('v1'),
    traffic: {
      ...traffic(20, healthyVersion(usual)),
      // Nobody calls a service that isn't there.
      rate: {
        kind: 'steps',
        steps: [
          { from: -warmup, perSecond: 0 },
          { from: 60, perSecond: 20 },
        ],
      },
      callers: [{ name: 'web', namespace: 'shop', through: 'sidecar', share: 1 }],
    },
  },
]

/** scenarioNamed finds a scenario; null for an unknown name. */
export function scenarioNamed(name: string): Scenario | null {
  return scenarios.find((scenario) => scenario.name === name) ?? null
}
