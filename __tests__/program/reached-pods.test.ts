import { expect, test } from '@jest/globals'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'

const destinationRule = (subsets: string) => `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: my-api, namespace: shop}
spec:
  host: my-api.shop.svc.cluster.local
  subsets: [${subsets}]
`

const virtualService = (name: string, host: string, routes: string) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: shop}
spec:
  hosts: [${host}]
  gateways: [shop]
  http:
  - route: [${routes}]
`

const to = (subset: string, weight: number) =>
  `{destination: {host: my-api.shop.svc.cluster.local, subset: ${subset}}, weight: ${weight}}`

const subset = (name: string, version: string) => `{name: ${name}, labels: {version: ${version}}}`

const fixed = (weights: string) => virtualService('partner', 'partner.example.com', weights)
const legacy = '{destination: {host: legacy.shop.svc.cluster.local}, weight: 50}'

/** What somebody did before the command, and what the command says of where requests end. */
const rows: {
  command: 'rollback' | 'pin'
  manifest: string
  code: number
  result: string
  says: string
}[] = [
  {
    command: 'rollback',
    manifest: fixed(`${to('v1', 80)}, ${to('v2', 20)}`),
    code: 0,
    result: 'rolled-back',
    says: 'All traffic of shop/my-api is on v1. v2 was left and stays deployed. Seen: 0 of ',
  },
  {
    command: 'rollback',
    manifest: fixed(`${to('v1', 50)}, ${legacy}`),
    code: 0,
    result: 'rolled-back',
    says: 'VirtualService shop/partner http route #0 sends 50% to legacy.shop.svc.cluster.local.',
  },
  {
    command: 'pin',
    manifest: '',
    code: 0,
    result: 'ok',
    says: 'All that a release moves of my-api is on v1 already. VirtualService shop/partner http route #0 sends 50% to legacy',
  },
  {
    command: 'rollback',
    manifest: `${destinationRule(`${subset('v1', 'v2')}, ${subset('v2', 'v2')}`)}---\n${fixed(to('v1', 100))}`,
    code: 0,
    result: 'rolled-back',
    says: 'All traffic of shop/my-api is on v1. v2 was left and stays deployed. Seen: 0 of ',
  },
  {
    command: 'rollback',
    manifest: destinationRule(subset('v2', 'v2')),
    code: 0,
    result: 'rolled-back',
    says: 'All traffic of shop/my-api is on v1. v2 was left and stays deployed. Seen: 0 of ',
  },
  { command: 'pin', manifest: '', code: 0, result: 'ok', says: 'All routes of my-api named v1 already.' },
]

test('after a promotion, rollback and pin say that all traffic is on a version only where it reaches its pods', async () => {
  await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
    const promoted = await bench.run('rollout', { ...quickFlags, steps: '100' })
    expect(promoted.outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
    for (const { command, manifest, code, result, says } of rows) {
      if (manifest !== '') bench.sandbox.apply(manifest)
      const { outcome } = await bench.run(command, {
        'prometheus-url': bench.sandbox.prometheusUrl,
        ...(command === 'pin' ? { version: 'v3' } : {}),
      })
      expect(outcome).toMatchObject({ exitCode: code, result, message: expect.stringContaining(says) })
    }
  })
}, 120_000)
