import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import {
  callerManifest,
  deploymentManifest,
  routeManifests,
  serviceManifest,
} from '../../src/sandbox/scenarios/shop.ts'
import { systemManifests } from '../../src/sandbox/scenarios/system.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights, violations } from '../support/traffic-laws.ts'
import { changes, releaseIn, routeWrites } from '../support/wire.ts'

const [gateway] = routeManifests('v1').split('---') as [string]

/** What most people have before their first release: one VirtualService at the edge, and no subset anywhere. */
const edge = `${gateway}---
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: storefront, namespace: shop, labels: {team: web}}
spec:
  hosts: [shop.example.com]
  gateways: [shop]
  http:
  - match: [{uri: {prefix: /assets}}]
    name: assets
    rewrite: {uri: /}
    retries: {attempts: 2, perTryTimeout: 500ms}
    route:
    - destination: {host: web, port: {number: 80}}
      headers: {response: {set: {cache-control: max-age=60}}}
  - route:
    - destination: {host: my-api}
    timeout: 3s
---
`

const commonest = quickScenario({
  manifests: [systemManifests, serviceManifest, callerManifest, deploymentManifest('v1'), edge].join('\n'),
})

const failing = (scenario: typeof commonest) => ({
  ...scenario,
  traffic: { ...scenario.traffic, versions: { ...scenario.traffic.versions, v2: healthyVersion(0.3) } },
})

const find = (sandbox: Sandbox, name: string): KubeObject =>
  sandbox.store.get('VirtualService', 'shop', name) as KubeObject

/** edited changes an object behind the program's back, as somebody with kubectl does. */
function edited(sandbox: Sandbox, name: string, change: (object: KubeObject) => void): void {
  const before = find(sandbox, name)
  const object = structuredClone(before)
  change(object)
  sandbox.store.update(kindNamed('VirtualService'), before, object, {
    manager: 'kubectl-edit',
    operation: 'Update',
  })
}

type Rule = { name?: string; route?: { weight?: number; destination: { subset?: string } }[] }
const rules = (object: KubeObject) => object.spec?.http as unknown as Rule[]
const findings = (bench: Bench) =>
  bench.record().flatMap((event) => (event.type === 'finding' ? [event.finding] : []))

describe('a VirtualService at the edge that names no subset', () => {
  test.each([
    { name: 'promoted', scenario: commonest, result: 'promoted', version: 'v2' },
    { name: 'rolled back', scenario: failing(commonest), result: 'rolled-back', version: 'v1' },
  ])(
    '$name: its other routes and fields lose no byte',
    async ({ scenario, result, version }) => {
      await withBench({ scenario, seed: 3 }, async (bench) => {
        const { sandbox } = bench
        const before = structuredClone(find(sandbox, 'storefront'))
        const { outcome } = await bench.run('rollout', quickFlags)
        expect(outcome).toMatchObject({ result })
        const after = find(sandbox, 'storefront')
        const [assets, main] = rules(after)
        expect(JSON.stringify(assets)).toBe(JSON.stringify(rules(before)[0]))
        expect(JSON.stringify({ ...main, route: null })).toBe(
          JSON.stringify({ ...rules(before)[1], route: null }),
        )
        expect(JSON.stringify({ ...after.spec, http: null })).toBe(
          JSON.stringify({ ...before.spec, http: null }),
        )
        expect(after.metadata.labels).toEqual(before.metadata.labels)
        const serving = routeWeights(sandbox).filter(({ share, version: of }) => share > 0 && of !== null)
        expect(new Set(serving.map((entry) => entry.version))).toEqual(new Set([version]))
        expect(main?.route?.map((entry) => entry.destination.subset)).toEqual(['v1', 'v2'])
        expect(violations(sandbox, bench.record())).toEqual([])
      })
    },
    60_000,
  )

  test('a canary that is ready already is taken out at once, with a warning, before anything is shifted', async () => {
    const scenario = { ...commonest, manifests: `${commonest.manifests}\n${commonest.deploy}` }
    await withBench({ scenario, seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const { outcome } = await bench.run('rollout', quickFlags)
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      expect(findings(bench)).toContainEqual(
        expect.objectContaining({ level: 'warning', text: expect.stringContaining('already get traffic') }),
      )
      const [first] = routeWrites(sandbox).filter(({ path }) => path.endsWith('/storefront'))
      expect(first?.body).toContain('destination/subset","value":"v1"')
      expect(first?.body).toContain('weight","value":100')
      expect((first?.at ?? 0) - sandbox.start).toBeLessThanOrEqual(15_000)
    })
  }, 60_000)
})

describe('two VirtualServices that belong to one release', () => {
  test.each([
    { name: 'going up', scenario: commonest, result: 'promoted', version: 'v2' },
    { name: 'going back', scenario: failing(commonest), result: 'rolled-back', version: 'v1' },
  ])(
    '$name: a process that dies between the two leaves them to the next one',
    async (row) => {
      await withBench({ scenario: row.scenario, seed: 3 }, async (bench) => {
        const { sandbox } = bench
        const env = { GITHUB_REPOSITORY: 'example/shop', GITHUB_RUN_ID: '9' }
        let die = () => {}
        let writes = 0
        sandbox.api.fail(
          ({ method, path, query, body }) => {
            if (method !== 'PATCH' || query.includes('dryRun') || !path.includes('/virtualservices/'))
              return false
            const going = row.result === 'promoted' ? body.includes('weight') : body.includes('"value":100')
            // The pin is whole; then the first of the two objects has its weights, and the second never gets them.
            const second = going && releaseIn(sandbox)?.step === 0 && ++writes === 2
            if (second) die()
            return second
          },
          { hang: true },
        )
        const killed = await bench.run('rollout', quickFlags, {
          env,
          onLine: (_line, kill) => {
            die = () => kill('SIGKILL')
          },
        })
        expect(killed.signal).toBe('SIGKILL')
        const shares = routeWeights(sandbox).filter(({ version }) => version === 'v2')
        expect(new Set(shares.map(({ share }) => share)).size).toBe(2)
        const { outcome } = await bench.run('rollout', quickFlags, {
          env: { ...env, GITHUB_RUN_ATTEMPT: '2' },
        })
        expect(outcome).toMatchObject({ result: row.result })
        const serving = routeWeights(sandbox).filter(({ share, version }) => share > 0 && version !== null)
        expect(new Set(serving.map(({ version }) => version))).toEqual(new Set([row.version]))
        const parts = sandbox.store
          .list('VirtualService', 'shop')
          .map(({ metadata }) => metadata.annotations ?? {})
        expect(parts.flatMap(Object.keys).filter((key) => key.endsWith('/part'))).toEqual([])
      })
    },
    60_000,
  )
})

describe('somebody else at work on the same routes', () => {
  test('an edit between our read and our write survives, and ours lands all the same', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let times = 0
      // Asked about each request before it is answered: the moment between our read and our write.
      sandbox.api.fail(
        ({ method, path, query, user }) => {
          if (user === 'admin' || method !== 'PATCH' || query.includes('dryRun')) return false
          if (!path.endsWith('/virtualservices/my-api')) return false
          if (++times % 2 === 0) return false
          edited(sandbox, 'my-api', (object) => {
            object.metadata.annotations = { ...object.metadata.annotations, [`note-${times}`]: 'by hand' }
            if (times === 1)
              rules(object).push({ name: 'late', route: [{ destination: { host: 'web' } as never }] })
          })
          return false
        },
        { status: 500 },
      )
      const { outcome } = await bench.run('rollout', quickFlags)
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      const after = find(sandbox, 'my-api')
      expect(rules(after).map(({ name }) => name)).toEqual(['main', 'late'])
      const notes = Object.keys(after.metadata.annotations ?? {}).filter((key) => key.startsWith('note-'))
      expect(notes.length).toBeGreaterThanOrEqual(4)
      const refused = changes(sandbox).filter(
        ({ path, status }) => path.includes('virtualservices') && status === 409,
      )
      expect(refused.length).toBe(notes.length)
    })
  }, 60_000)

  test('other weights than ours end the release as paused; nothing is overwritten', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let done = false
      const { code, outcome } = await bench.run('rollout', quickFlags, {
        onLine: (line) => {
          if (!line.includes('settled at 20%') || done) return
          done = true
          edited(sandbox, 'my-api', (object) => {
            const [stable, canary] = rules(object)[0]?.route ?? []
            if (stable && canary)
              Object.assign(stable, { weight: 50 }) && Object.assign(canary, { weight: 50 })
          })
        },
      })
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'paused', reasonCode: 'drift' })
      expect(outcome.message).toContain('50%')
      expect(rules(find(sandbox, 'my-api'))[0]?.route?.map(({ weight }) => weight)).toEqual([50, 50])
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'paused', reason: 'drift' })
    })
  }, 60_000)

  test("a release's state that somebody took away is written anew, and the release goes on", async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let done = false
      const { code, outcome } = await bench.run('rollout', quickFlags, {
        onLine: (line) => {
          if (!line.includes('settled at 20%') || done) return
          done = true
          edited(sandbox, 'my-api', (object) => {
            delete object.metadata.annotations
          })
        },
      })
      expect({ done, code, ...outcome }).toMatchObject({ done: true, code: 0, result: 'promoted' })
      const shown = bench.record().flatMap((event) => (event.type === 'warning' ? [event.code] : []))
      expect(shown).toContain('state-lost')
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'promoted' })
    })
  }, 60_000)
})
