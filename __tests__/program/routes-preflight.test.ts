import { describe, expect, jest, test } from '@jest/globals'
import type { Finding } from '../../src/release/record/record.ts'
import { patchByHand } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { changes } from '../support/wire.ts'

jest.setTimeout(60_000)

const found = (bench: Bench, id: string): Finding[] =>
  bench
    .record()
    .flatMap((event) => (event.type === 'finding' && event.finding.id === id ? [event.finding] : []))

async function plannedWith(prepare: (bench: Bench) => Promise<void>, see: (bench: Bench) => Promise<void>) {
  await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
    await prepare(bench)
    await see(bench)
    expect(
      changes(bench.sandbox).filter(({ path, user }) => path.includes('virtualservices') && user !== 'admin'),
    ).toHaveLength(0)
  })
}

const annotate = (bench: Bench, annotations: Record<string, string>, manager: string) =>
  patchByHand(
    bench.sandbox,
    'my-api',
    [{ op: 'add', path: '/metadata/annotations', value: annotations }],
    manager,
  )

describe('what a release finds out before it writes', () => {
  test('Argo CD owns the routes: the ignore rule for this object, ready to paste', async () => {
    await plannedWith(
      (bench) =>
        annotate(
          bench,
          { 'argocd.argoproj.io/tracking-id': 'shop:networking.istio.io/VirtualService:shop/my-api' },
          'argocd-controller',
        ),
      async (bench) => {
        const { code } = await bench.run('plan', { history: '5m' })
        expect(code).toBe(0)
        const [owner] = found(bench, 'owners')
        expect(owner).toMatchObject({ level: 'warning', text: expect.stringContaining('“shop”') })
        expect(owner?.remedy).toContain('ignoreDifferences')
        expect(owner?.remedy).toContain('- /spec/http')
      },
    )
  })

  test('another controller of traffic owns the routes: refused', async () => {
    await plannedWith(
      ({ sandbox }) => {
        // The owner is there: what an owner that isn't there owned is deleted.
        const [canary] = sandbox.apply(
          'apiVersion: flagger.app/v1beta1\nkind: Canary\nmetadata: {name: my-api, namespace: shop}\n',
        )
        const owner = {
          apiVersion: 'flagger.app/v1beta1',
          kind: 'Canary',
          name: 'my-api',
          uid: canary?.metadata.uid ?? '',
          controller: true,
        }
        const patch = { op: 'add' as const, path: '/metadata/ownerReferences', value: [owner] }
        return patchByHand(sandbox, 'my-api', [patch], 'flagger')
      },
      async (bench) => {
        const { code, outcome } = await bench.run('rollout', quickFlags)
        expect({ code, ...outcome }).toMatchObject({ code: 3, result: 'refused', reasonCode: 'preflight' })
        expect(outcome.message).toContain('SG-owner-flagger')
      },
    )
  })

  test('a Canary of Flagger that leaves no mark on the routes is found by listing', async () => {
    await plannedWith(
      async ({ sandbox }) => {
        const canary = {
          metadata: { name: 'shop', namespace: 'shop' },
          spec: { targetRef: { name: 'my-api-v1' } },
        }
        const group = { name: 'flagger.app', preferredVersion: { groupVersion: 'flagger.app/v1beta1' } }
        sandbox.api.fail(({ path }) => path === '/apis', { status: 200, body: { groups: [group] } })
        sandbox.api.fail(({ path }) => path.endsWith('/canaries'), {
          status: 200,
          body: { kind: 'CanaryList', apiVersion: 'flagger.app/v1beta1', metadata: {}, items: [canary] },
        })
      },
      async (bench) => {
        const { code, outcome } = await bench.run('rollout', quickFlags)
        expect({ code, ...outcome }).toMatchObject({ code: 3, reasonCode: 'preflight' })
        expect(outcome.message).toContain('Canary shop/shop')
      },
    )
  })

  test('kubectl apply owns the routes, and a route without an end shadows another: said, not refused', async () => {
    await plannedWith(
      async (bench) => {
        await annotate(bench, { 'kubectl.kubernetes.io/last-applied-configuration': '{}' }, 'kubectl')
        await patchByHand(bench.sandbox, 'my-api', [
          {
            op: 'add',
            path: '/spec/http/-',
            value: {
              name: 'late',
              route: [{ destination: { host: 'my-api.shop.svc.cluster.local', subset: 'v9' } }],
            },
          },
        ])
      },
      async (bench) => {
        const { code, stdout } = await bench.run('preflight')
        expect(code).toBe(0)
        expect(found(bench, 'owners')).toEqual([expect.objectContaining({ level: 'info' })])
        expect(stdout).toContain('IST0130')
      },
    )
  })

  test('a step that the weights of other destinations leave no room for is refused before anything is written', async () => {
    await plannedWith(
      (bench) =>
        patchByHand(bench.sandbox, 'my-api', [
          {
            op: 'replace',
            path: '/spec/http/0/route',
            value: [
              { destination: { host: 'my-api.shop.svc.cluster.local', subset: 'v1' }, weight: 1 },
              { destination: { host: 'web.shop.svc.cluster.local' }, weight: 2_000_000_000 },
            ],
          },
        ]),
      async (bench) => {
        const { code, outcome } = await bench.run('rollout', quickFlags)
        expect({ code, ...outcome }).toMatchObject({ code: 3, reasonCode: 'preflight' })
        expect(outcome.message).toContain('SG-weights-too-large')
        expect(outcome.message).toContain('20%')
      },
    )
  })
})
