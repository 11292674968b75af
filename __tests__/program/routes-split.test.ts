import { describe, expect, jest, test } from '@jest/globals'
import { callerManifest, deploymentManifest, serviceManifest } from '../../src/sandbox/scenarios/shop.ts'
import { systemManifests } from '../../src/sandbox/scenarios/system.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import { virtualService } from '../support/by-hand.ts'
import { hostRoutes, versionService } from '../support/host-split.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { releaseIn } from '../support/wire.ts'

jest.setTimeout(60_000)

const parts = [
  systemManifests,
  serviceManifest,
  callerManifest,
  deploymentManifest('v1'),
  versionService('v1'),
]
const byHost = quickScenario({
  manifests: [...parts, versionService('v2'), hostRoutes].join('\n'),
})

const destinations = (object: ReturnType<typeof virtualService>) =>
  ((object.spec?.http ?? []) as { route?: { destination: object; weight?: number }[] }[]).map((rule) =>
    (rule.route ?? []).map(({ destination, weight }) => ({ ...destination, weight })),
  )

describe('a Service per version', () => {
  test('is released by its hosts, without a subset, judged by the requests to both, and promoted', async () => {
    await withBench({ scenario: byHost, seed: 3 }, async ({ sandbox, run, record }) => {
      const { code, outcome } = await run('rollout', quickFlags)
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted', stableVersion: 'v1' })
      expect(sandbox.store.list('DestinationRule', 'shop')).toEqual([])
      expect(destinations(virtualService(sandbox, 'my-api'))).toEqual([
        [
          { host: 'my-api-v1', weight: 0 },
          { host: 'my-api-v2.shop.svc.cluster.local', weight: 100 },
        ],
      ])
      const polls = record().filter((event) => event.type === 'poll')
      expect(polls.at(-1)?.canary?.total).toBeGreaterThan(1000)
      expect(releaseIn(sandbox)?.canary.host).toBe('my-api-v2.shop.svc.cluster.local')
      const back = await run('rollback')
      expect(back.outcome).toMatchObject({ result: 'rolled-back', exitCode: 0 })
      expect(destinations(virtualService(sandbox, 'my-api'))).toEqual([
        [
          { host: 'my-api-v1', weight: 100 },
          { host: 'my-api-v2.shop.svc.cluster.local', weight: 0 },
        ],
      ])
    })
  })

  test('a bad version is found and put back, every byte as it was but the weights', async () => {
    const bad = {
      ...byHost,
      traffic: { ...byHost.traffic, versions: { ...byHost.traffic.versions, v2: healthyVersion(0.3) } },
    }
    await withBench({ scenario: bad, seed: 3 }, async ({ sandbox, run }) => {
      const { code, outcome } = await run('rollout', quickFlags)
      expect({ code, ...outcome }).toMatchObject({ code: 1, reasonCode: 'worse-than-stable' })
      expect(destinations(virtualService(sandbox, 'my-api'))).toEqual([
        [
          { host: 'my-api-v1', weight: 100 },
          { host: 'my-api-v2.shop.svc.cluster.local', weight: 0 },
        ],
      ])
    })
  })

  test('a version without a Service of its own is refused with what to create', async () => {
    const without = { ...byHost, manifests: [...parts, hostRoutes].join('\n') }
    await withBench({ scenario: without, seed: 3 }, async ({ run }) => {
      const { code, outcome } = await run('rollout', quickFlags)
      expect({ code, ...outcome }).toMatchObject({ code: 3, result: 'refused' })
      expect(outcome.message).toContain('none selects the pods of v2 alone')
    })
  })
})

describe('rules that are meant', () => {
  const two = quickScenario({
    manifests: [
      quickScenario().manifests,
      `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: my-api, namespace: shop}
spec:
  hosts: [my-api.shop.svc.cluster.local, shop.example.com]
  gateways: [mesh, shop]
  http:
  - name: reports
    match: [{uri: {prefix: /reports}}]
    route:
    - destination: {host: my-api.shop.svc.cluster.local, subset: v1}
  - name: main
    route:
    - destination: {host: my-api.shop.svc.cluster.local, subset: v1}
---
`,
    ].join('\n'),
  })

  test('only they are edited, and whoever goes on with the release edits the same', async () => {
    await withBench({ scenario: two, seed: 3 }, async ({ sandbox, run }) => {
      const env = { GITHUB_REPOSITORY: 'example/shop', GITHUB_RUN_ID: '7' }
      const killed = await run(
        'rollout',
        { ...quickFlags, routes: 'name=main' },
        {
          env: { ...env, GITHUB_RUN_ATTEMPT: '1' },
          onLine: (line, kill) => {
            if (/settled at 20%/.test(line)) kill('SIGKILL')
          },
        },
      )
      expect(killed.signal).toBe('SIGKILL')
      const { code, outcome } = await run('rollout', quickFlags, { env: { ...env, GITHUB_RUN_ATTEMPT: '2' } })
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
      expect(releaseIn(sandbox)?.routes).toEqual([{ name: 'main' }])
      const host = 'my-api.shop.svc.cluster.local'
      expect(destinations(virtualService(sandbox, 'my-api'))).toEqual([
        [{ host, subset: 'v1', weight: undefined }],
        [
          { host, subset: 'v1', weight: 0 },
          { host, subset: 'v2', weight: 100 },
        ],
      ])
    })
  })

  test('a rule that no route fits is refused', async () => {
    await withBench({ scenario: two, seed: 3 }, async ({ run }) => {
      const { code, outcome } = await run('rollout', { ...quickFlags, routes: 'name=nope' })
      expect(code).toBe(3)
      expect(outcome.message).toContain('SG-selector-unmatched')
    })
  })
})
