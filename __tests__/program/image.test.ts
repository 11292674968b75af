import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { changes, releaseIn } from '../support/wire.ts'

const image = 'registry.example.com/my-api:v2'
const rbac = ['rbac', 'workloads-rbac']
  .map((name) => readFileSync(`examples/manifests/${name}.yaml`, 'utf8'))
  .join('\n---\n')
const flags = { ...quickFlags, image }
/** Nothing is deployed by an earlier step: the release makes it. */
const options = (of = 'good') => ({ scenario: quickScenario({ deploy: '' }, of), seed: 3, rbac })

const names = (sandbox: Sandbox) =>
  sandbox.store.list('Deployment', 'shop').map(({ metadata }) => metadata.name)

/** What a person sees of stable: everything but what the cluster itself writes down. */
const stableSpec = (sandbox: Sandbox) => sandbox.store.get('Deployment', 'shop', 'my-api-v1')?.spec

describe('an image in the place of a deployed version', () => {
  test('is made after the routes are pinned, grows with its share, and the same image again changes nothing', async () => {
    await withBench(options(), async ({ sandbox, run }) => {
      const before = structuredClone(stableSpec(sandbox))
      const plan = await run('plan', flags)
      expect(plan.stdout).toMatch(/create Deployment shop\/my-api-v2: .*my-api:v2, 1 replica at first/)
      expect(changes(sandbox)).toEqual([])
      const { code, outcome, stdout } = await run('rollout', flags)
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted', canaryVersion: 'v2' })
      const order = ['all of my-api to v1', 'created Deployment shop/my-api-v2', '20% of my-api to v2']
      const places = [...order, 'Deployment shop/my-api-v2: 3 replicas', 'all of my-api to v2'].map((words) =>
        stdout.indexOf(words),
      )
      expect(places).toEqual([...places].sort((a, b) => a - b))
      expect(places).not.toContain(-1)
      expect(stableSpec(sandbox)).toEqual(before)
      const count = changes(sandbox).length
      const again = await run('rollout', flags)
      expect(again.outcome).toMatchObject({ exitCode: 0, result: 'already-promoted' })
      expect(changes(sandbox)).toHaveLength(count)
      expect(sandbox.requests.filter(({ status }) => status === 401 || status === 403)).toEqual([])
    })
  }, 60_000)

  test('that fails is taken out, its Deployment removed once traffic is back, and nothing else touched', async () => {
    await withBench(options('errors'), async ({ sandbox, run }) => {
      const before = structuredClone(stableSpec(sandbox))
      const { code, outcome, stdout } = await run('rollout', { ...flags, drain: '45s' })
      expect({ code, ...outcome }).toMatchObject({ code: 1, result: 'rolled-back' })
      const lastBefore = (place: number) =>
        sandbox.requests
          .slice(0, place)
          .findLast(({ method, path }) => method === 'PATCH' && /virtualservices/.test(path))
      const removal = sandbox.requests.findIndex(({ method, query }) => method === 'DELETE' && query === '')
      // settle-min, then the requests under way
      expect((sandbox.requests[removal]?.at ?? 0) - (lastBefore(removal)?.at ?? 0)).toBeGreaterThanOrEqual(
        55_000,
      )
      expect(stdout.indexOf('removed Deployment shop/my-api-v2')).toBeGreaterThan(
        stdout.indexOf('traffic is back'),
      )
      expect(names(sandbox)).toEqual(['my-api-v1', 'web'])
      expect(stableSpec(sandbox)).toEqual(before)
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'rolled-back', weight: 0 })
    })
  }, 60_000)

  test('that can’t be pulled ends by capacity-timeout in the kubelet’s words, and leaves nothing', async () => {
    await withBench(options(), async ({ sandbox, run }) => {
      const missing = { ...flags, image: 'registry.example.com/my-api:missing-1', 'capacity-timeout': '2m' }
      const { code, outcome } = await run('rollout', missing)
      expect({ code, ...outcome }).toMatchObject({ code: 4, reasonCode: 'image-not-ready' })
      expect(outcome.message).toMatch(/ImagePull/)
      expect(names(sandbox)).toEqual(['my-api-v1', 'web'])
    })
  }, 60_000)

  test('whose run is killed while it is made is finished by reconcile', async () => {
    await withBench(options(), async ({ sandbox, run }) => {
      await run('rollout', flags, {
        onLine: (line, kill) => {
          if (line.includes('created Deployment')) kill('SIGKILL')
        },
      })
      expect(names(sandbox)).toContain('my-api-v2')
      const { outcome } = await run('reconcile', { 'capacity-timeout': '1m' })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'rolled-back' })
      expect(names(sandbox)).toEqual(['my-api-v1', 'web'])
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'rolled-back' })
    })
  }, 60_000)
})
