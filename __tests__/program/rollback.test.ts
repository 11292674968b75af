import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { deploymentManifest } from '../../src/sandbox/scenarios/shop.ts'
import type { Bench } from '../support/program.ts'
import { eventually, withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { changes, releaseIn, releaseKey, routeWrites } from '../support/wire.ts'

const serves = (sandbox: Sandbox, version: string) =>
  expect(routeWeights(sandbox).filter(({ share }) => share > 0)).toEqual([
    expect.objectContaining({ version, share: 1 }),
  ])

async function released(bench: Bench, version = 'v2'): Promise<void> {
  const { outcome } = await bench.run('rollout', { ...quickFlags, steps: '100', version })
  expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
  serves(bench.sandbox, version)
}

describe('after a promotion', () => {
  test('rollback goes back in one run without Prometheus, and repeating it changes nothing', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await released(bench)
      await sandbox.prometheus.setFault({ kind: 'down' })
      const before = routeWrites(sandbox).length
      const { code, outcome } = await bench.run('rollback')
      expect({ code, ...outcome }).toMatchObject({
        code: 0,
        result: 'rolled-back',
        reasonCode: 'rolled-back-by-command',
        stableVersion: 'v1',
        weight: 0,
        message: expect.stringContaining('Not seen: no prometheus-url.'),
      })
      expect(routeWrites(sandbox).length - before).toBe(1)
      serves(sandbox, 'v1')
      expect(
        releaseIn(sandbox)?.history.map(({ version, rolledBack: left }) => [version, left ?? false]),
      ).toEqual([
        ['v1', false],
        ['v2', true],
      ])
      const seen = changes(sandbox).length
      const again = await bench.run('rollback')
      expect({ ...again.outcome }).toMatchObject({ exitCode: 0, reasonCode: 'nothing-to-do' })
      expect(changes(sandbox).slice(seen)).toEqual([])
      serves(sandbox, 'v1')
    })
  }, 60_000)

  test('of two releases it goes one back, to-version further, and what was left is no target by itself', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await released(bench)
      sandbox.apply(deploymentManifest('v3'))
      await released(bench, 'v3')
      expect((await bench.run('rollback')).outcome).toMatchObject({ exitCode: 0, stableVersion: 'v2' })
      serves(sandbox, 'v2')
      expect((await bench.run('rollback')).outcome).toMatchObject({
        exitCode: 0,
        reasonCode: 'nothing-to-do',
      })
      serves(sandbox, 'v2')
      const further = await bench.run('rollback', { 'to-version': 'v1' })
      expect(further.outcome).toMatchObject({ exitCode: 0, stableVersion: 'v1', result: 'rolled-back' })
      serves(sandbox, 'v1')
      const unknown = await bench.run('rollback', { 'to-version': 'v7' })
      expect(unknown.outcome).toMatchObject({ exitCode: 3, reasonCode: 'no-previous-version' })
      serves(sandbox, 'v1')
    })
  }, 60_000)

  test('a target without pods is refused with the command to run, and nothing moves', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await released(bench)
      sandbox.apply(deploymentManifest('v1').replace('replicas: 3', 'replicas: 0'))
      const seen = changes(sandbox).length
      const { code, outcome } = await bench.run('rollback')
      expect({ code, ...outcome }).toMatchObject({
        code: 3,
        result: 'refused',
        reasonCode: 'target-not-ready',
      })
      expect(outcome.message).toContain('kubectl -n shop scale deployment my-api-v1 --replicas=3')
      expect(changes(sandbox).slice(seen)).toEqual([])
      serves(sandbox, 'v2')
    })
  }, 60_000)

  test('an answer that is lost on the way changes nothing in the end', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await released(bench)
      sandbox.api.fail(
        ({ method, path, query }) =>
          method === 'PATCH' && path.includes('virtualservices') && !query.includes('dryRun'),
        { reset: true, done: true },
      )
      const { outcome } = await bench.run('rollback')
      expect(outcome).toMatchObject({ exitCode: 0, result: 'rolled-back', stableVersion: 'v1' })
      serves(sandbox, 'v1')
    })
  }, 60_000)
})

/** ordered runs a release and gives it an order, from a process of its own, once it stands at 20%. */
async function ordered(bench: Bench, word: string) {
  const { sandbox, dir } = bench
  let reported: ReturnType<Bench['run']> | null = null
  const given = () => sandbox.requests.find(({ body }) => body.includes('shiftgate.io~1command'))
  const driven = await bench.run('rollout', quickFlags, {
    onLine: (line) => {
      if (!line.includes('settled at 20%') || reported) return
      // Time stands still until the order is there: starting a process takes real time.
      const still = sandbox.clock.attach()
      reported = bench.run(word, { json: `${dir}/order.json`, 'report-dir': `${dir}/order` })
      void eventually(() => given() !== undefined).finally(() => still.detach())
    },
  })
  const order = await (reported as unknown as ReturnType<Bench['run']>)
  return { driven: driven.outcome, order: order.outcome, at: given()?.at ?? 0 }
}

describe('orders to a running release', () => {
  test.each([
    {
      word: 'rollback',
      driven: 'aborted-by-command',
      result: 'rolled-back',
      phase: 'rolled-back',
      weight: 0,
      exit: 4,
    },
    { word: 'pause', driven: 'paused-by-command', result: 'paused', phase: 'paused', weight: 20, exit: 4 },
    {
      word: 'promote',
      driven: 'promoted-by-command',
      result: 'promoted',
      phase: 'promoted',
      weight: 100,
      exit: 0,
    },
  ])(
    '$word is obeyed by the process that drives it, within 20 s',
    async (row) => {
      await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
        const { driven, order, at } = await ordered(bench, row.word)
        expect(driven).toMatchObject({ result: row.result, reasonCode: row.driven, exitCode: row.exit })
        expect(order).toMatchObject({ result: row.result, exitCode: 0 })
        const state = releaseIn(bench.sandbox)
        expect(state).toMatchObject({ phase: row.phase, weight: row.weight, fencingToken: 1 })
        expect((state?.endedAt ?? 0) - at).toBeLessThanOrEqual(20_000)
        const word = row.word === 'rollback' ? 'abort' : row.word
        expect(bench.record()).toContainEqual(expect.objectContaining({ type: 'command', name: word }))
        const left = bench.sandbox.store.get('VirtualService', 'shop', 'my-api')?.metadata.annotations ?? {}
        expect(Object.keys(left).filter((key) => key.endsWith('/command'))).toEqual([])
      })
    },
    60_000,
  )
})

describe('orders about a release that nobody drives', () => {
  test('pause, then promote: a dead holder is taken over', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      await bench.run('rollout', quickFlags, {
        onLine: (line, kill) => {
          if (line.includes('settled at 20%')) kill('SIGKILL')
        },
      })
      const paused = await bench.run('pause')
      expect(paused.outcome).toMatchObject({ exitCode: 0, result: 'paused', weight: 20 })
      expect(releaseIn(bench.sandbox)).toMatchObject({ phase: 'paused', weight: 20 })
      const refused = await bench.run('rollout', quickFlags)
      expect(refused.outcome).toMatchObject({ exitCode: 3, reasonCode: 'paused-by-command' })
      expect(refused.outcome.message).toContain('shiftgate resume')
      const { outcome } = await bench.run('promote')
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted', reasonCode: 'promoted-by-command' })
      serves(bench.sandbox, 'v2')
      const again = await bench.run('promote')
      expect(again.outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
    })
  }, 60_000)

  test('a paused release is resumed and ends by itself; an abort of nothing changes nothing', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { order } = await ordered(bench, 'pause')
      expect(order).toMatchObject({ exitCode: 0, result: 'paused' })
      const { outcome } = await bench.run('resume', {
        ...quickFlags,
        version: 'v2',
        'prometheus-url': bench.sandbox.prometheusUrl,
      })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted', releaseId: order.releaseId })
      const seen = changes(bench.sandbox).length
      expect((await bench.run('abort')).outcome).toMatchObject({ exitCode: 0, reasonCode: 'nothing-to-do' })
      expect(changes(bench.sandbox).slice(seen)).toEqual([])
      expect(
        bench.sandbox.store.get('VirtualService', 'shop', 'my-api')?.metadata.annotations,
      ).toHaveProperty([releaseKey])
    })
  }, 60_000)
})
