import { expect, test } from '@jest/globals'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import { deploymentView } from '../../src/workloads/deployment.ts'
import { treatedApart } from '../../src/workloads/treated-apart.ts'
import { deployment, seen } from './cluster.ts'

const stable = deploymentView(deployment())
const canary = deploymentView(deployment({ name: 'my-api-v2', selector: { app: 'my-api', version: 'v2' } }))
const policy = (kind: string, spec: JsonObject): KubeObject => ({
  apiVersion: 'v1',
  kind,
  metadata: { name: 'p', namespace: 'shop' },
  spec,
})
const both = { matchLabels: { app: 'my-api' } }
const one = { matchLabels: { app: 'my-api', version: 'v1' } }
const peer = (podSelector: JsonObject) => [{ from: [{ podSelector, namespaceSelector: {} }] }]

const cases: [name: string, object: KubeObject, refused: boolean][] = [
  ['a policy for both', policy('AuthorizationPolicy', { selector: both }), false],
  ['a policy for all', policy('AuthorizationPolicy', {}), false],
  ['a policy for stable alone', policy('AuthorizationPolicy', { selector: one }), true],
  ['mTLS for stable alone', policy('PeerAuthentication', { selector: one }), true],
  [
    'a sidecar for stable alone',
    policy('Sidecar', { workloadSelector: { labels: { version: 'v1' } } }),
    true,
  ],
  ['a filter for both', policy('EnvoyFilter', { workloadSelector: { labels: { app: 'my-api' } } }), false],
  ['a network policy for stable alone', policy('NetworkPolicy', { podSelector: one }), true],
  [
    'a network policy for the canary alone',
    policy('NetworkPolicy', { podSelector: { matchLabels: { version: 'v2' } } }),
    true,
  ],
  [
    'a database that lets stable in',
    policy('NetworkPolicy', { podSelector: { matchLabels: { app: 'db' } }, ingress: peer(one) }),
    true,
  ],
  [
    'a database that lets both in',
    policy('NetworkPolicy', { podSelector: { matchLabels: { app: 'db' } }, ingress: peer(both) }),
    false,
  ],
  [
    'a caller that may only reach stable',
    policy('NetworkPolicy', {
      podSelector: { matchLabels: { app: 'web' } },
      egress: [{ to: [{ podSelector: one }] }],
    }),
    true,
  ],
  [
    'an expression that leaves v1 out',
    policy('NetworkPolicy', {
      podSelector: { matchExpressions: [{ key: 'version', operator: 'NotIn', values: ['v1'] }] },
    }),
    true,
  ],
  [
    'an expression that both meet',
    policy('NetworkPolicy', { podSelector: { matchExpressions: [{ key: 'version', operator: 'Exists' }] } }),
    false,
  ],
  [
    'another service’s',
    policy('AuthorizationPolicy', { selector: { matchLabels: { app: 'web', version: 'v1' } } }),
    false,
  ],
]

test.each(cases)('%s', (_name, object, refused) => {
  const { refusals } = treatedApart(seen([object]), stable, canary)
  expect(refusals.map(({ code }) => code)).toEqual(refused ? ['treated-apart'] : [])
})

test('what only watches, and what can’t be read, is said', () => {
  const { refusals, notes } = treatedApart(
    seen(
      [policy('PodMonitor', { selector: one }), policy('PodDisruptionBudget', { selector: one })],
      [{ kind: 'NetworkPolicy', why: 'forbidden.' }],
    ),
    stable,
    canary,
  )
  expect(refusals).toEqual([])
  expect(notes).toEqual([
    'PodMonitor shop/p is about pods with app=my-api, version=v1 alone: it does not scrape the canary.',
    'PodDisruptionBudget shop/p is about pods with app=my-api, version=v1 alone: it does not hold drains back from the canary.',
    "Whether a NetworkPolicy treats the canary otherwise than stable can't be read: forbidden.",
  ])
})
