import { describe, expect, test } from '@jest/globals'
import { decodeState } from '../../src/release/state/state-codec.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { setLeaseHolder } from '../support/by-hand.ts'
import type { Bench, Ran } from '../support/program.ts'
import { eventually, withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

const key = 'my-api.shop.shiftgate.io/release'

function stateIn(sandbox: Sandbox) {
  const texts = sandbox.store
    .list('VirtualService', 'shop')
    .map(({ metadata }) => metadata.annotations?.[key])
    .filter((text) => text !== undefined)
  return texts.length === 0 ? null : decodeState(texts[0] as string)
}

/** Kills the program with SIGKILL when its line matches for the `nth` time: no handler runs, nothing is cleaned up. */
async function killedAt(bench: Bench, pattern: RegExp, nth = 1): Promise<Ran> {
  let seen = 0
  return bench.run('rollout', quickFlags, {
    env: runEnv('1001', '1'),
    onLine: (line, kill) => {
      if (pattern.test(line) && ++seen === nth) kill('SIGKILL')
    },
  })
}

/** What GitHub sets for a run's attempt. */
const runEnv = (run: string, attempt: string) => ({
  GITHUB_REPOSITORY: 'example/shop',
  GITHUB_RUN_ID: run,
  GITHUB_RUN_ATTEMPT: attempt,
})

/** The chaos tests kill at every write; here it is seen that a later attempt needs no waiting. */
const moments: { name: string; pattern: RegExp; nth?: number }[] = [
  { name: 'after the pin', pattern: /changed VirtualService/ },
  { name: 'while a step is watched', pattern: /settled at 20%/ },
  { name: 'after the second shift', pattern: /changed VirtualService/, nth: 4 },
]

describe('a process that dies without a word', () => {
  test.each(moments)(
    '$name: a later attempt of the same run takes over at once and brings the release to its end',
    async ({ pattern, nth }) => {
      await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
        const killed = await killedAt(bench, pattern, nth)
        expect(killed.signal).toBe('SIGKILL')
        const left = stateIn(bench.sandbox)
        const { code, outcome } = await bench.run('rollout', quickFlags, { env: runEnv('1001', '2') })
        expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
        expect(routeWeights(bench.sandbox).filter(({ share }) => share > 0)).toEqual(
          routeWeights(bench.sandbox).filter(({ version }) => version === 'v2'),
        )
        const end = stateIn(bench.sandbox)
        expect(end).toMatchObject({ phase: 'promoted', weight: 100 })
        if (left) {
          expect(end?.id).toBe(left.id)
          expect(end?.fencingToken).toBeGreaterThan(left.fencingToken)
        }
      })
    },
    60_000,
  )

  test('another run waits until the Lease stood still, and reconcile then puts traffic back', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      await killedAt(bench, /settled at 20%/)
      await setLeaseHolder(
        bench.sandbox,
        'https://github.com/example/shop/actions/runs/1001/attempts/1#7-x@elsewhere',
      )
      const before = bench.sandbox.clock.now()
      const { code, outcome } = await bench.run('reconcile', {}, { env: runEnv('1002', '1') })
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'rolled-back', reasonCode: 'cancelled' })
      expect(bench.sandbox.clock.now() - before).toBeGreaterThanOrEqual(60_000)
      expect(routeWeights(bench.sandbox).find(({ version }) => version === 'v1')?.share).toBe(1)
    })
  }, 60_000)

  test('reconcile on the same machine sees that the process is gone, and waits for nothing', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      await killedAt(bench, /settled at 20%/)
      const before = bench.sandbox.clock.now()
      const { outcome } = await bench.run('reconcile', {}, { env: runEnv('1002', '1') })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'rolled-back' })
      expect(bench.sandbox.clock.now() - before).toBeLessThan(30_000)
    })
  }, 60_000)

  test('abort by another run takes a dead release over after 20 s', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      await killedAt(bench, /settled at 20%/)
      const { code, outcome } = await bench.run('abort', {}, { env: runEnv('1002', '1') })
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'rolled-back', weight: 0 })
      const again = await bench.run('abort', {}, { env: runEnv('1002', '1') })
      expect(again.outcome).toMatchObject({ exitCode: 0, reasonCode: 'nothing-to-do' })
    })
  }, 60_000)
})

describe('a run that is told to stop', () => {
  test('the command line puts traffic back before it ends', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { code, outcome } = await bench.run('rollout', quickFlags, {
        onLine: (line, kill) => {
          if (line.includes('settled at 20%')) kill('SIGTERM')
        },
      })
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'rolled-back', reasonCode: 'cancelled' })
      expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'rolled-back', weight: 0 })
      expect(routeWeights(bench.sandbox).find(({ version }) => version === 'v1')?.share).toBe(1)
    })
  }, 60_000)

  test('with on-cancel: pause it stays where it is, and the same rollout later goes on', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const flags = { ...quickFlags, 'on-cancel': 'pause' }
      const { outcome } = await bench.run('rollout', flags, {
        onLine: (line, kill) => {
          if (line.includes('settled at 20%')) kill('SIGINT')
        },
      })
      expect(outcome).toMatchObject({ exitCode: 4, result: 'paused', reasonCode: 'cancelled', weight: 20 })
      const next = await bench.run('rollout', flags)
      expect(next.outcome).toMatchObject({ exitCode: 0, result: 'promoted', releaseId: outcome.releaseId })
    })
  }, 60_000)
})

describe('a run that is told to stop, with on-cancel: ignore', () => {
  test('leaves the release in flight with a free Lease, and the next run goes on at once', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const flags = { ...quickFlags, 'on-cancel': 'ignore' }
      const { code, outcome } = await bench.run('rollout', flags, {
        env: runEnv('1001', '1'),
        onLine: (line, kill) => {
          if (line.includes('settled at 20%')) kill('SIGTERM')
        },
      })
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'in-progress', reasonCode: 'cancelled' })
      expect(outcome.message).toContain('The release stays in flight, and the next rollout goes on with it.')
      expect(stateIn(sandbox)).toMatchObject({ phase: 'observing', weight: 20 })
      expect(sandbox.store.list('Lease', 'shop')[0]?.spec?.holderIdentity ?? null).toBeNull()
      const next = await bench.run('rollout', flags, { env: runEnv('1002', '1') })
      expect(next.outcome).toMatchObject({ exitCode: 0, result: 'promoted', releaseId: outcome.releaseId })
    })
  }, 60_000)
})

describe('two runs on one target', () => {
  test('the second is refused, naming the first, and changes nothing', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox, dir } = bench
      let second: ReturnType<Bench['run']> | null = null
      const first = await bench.run('rollout', quickFlags, {
        env: runEnv('1001', '1'),
        onLine: (line) => {
          if (!line.includes('settled at 20%') || second) return
          // Time stands still until the second has looked at the Lease: it meets a living holder.
          const still = sandbox.clock.attach()
          const seen = sandbox.requests.length
          const flags = { ...quickFlags, json: `${dir}/second.json`, 'report-dir': `${dir}/second` }
          second = bench.run('rollout', flags, { env: runEnv('1002', '1') })
          const looked = () => sandbox.requests.slice(seen).some(({ path }) => path.includes('/leases/'))
          void eventually(looked).finally(() => still.detach())
        },
      })
      const refused = await (second as unknown as ReturnType<Bench['run']>)
      expect(first.outcome).toMatchObject({ result: 'promoted' })
      expect(refused.outcome).toMatchObject({ exitCode: 3, result: 'refused', reasonCode: 'locked' })
      expect(refused.outcome.message).toContain('/runs/1001/attempts/1')
    })
  }, 60_000)

  test('one that waited for the Lease of a first that died looks again, and goes on with its release', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox, dir } = bench
      let second: ReturnType<Bench['run']> | null = null
      let writes = 0
      const first = await bench.run('rollout', quickFlags, {
        env: runEnv('1001', '1'),
        onLine: (line, kill) => {
          if (line.includes('changed VirtualService') && ++writes === 2) kill('SIGKILL')
          if (!line.includes('changed DestinationRule') || second) return
          // The second reads the routes before the first has written any state into them.
          const still = sandbox.clock.attach()
          const seen = sandbox.requests.length
          const flags = { ...quickFlags, json: `${dir}/second.json`, 'report-dir': `${dir}/second` }
          second = bench.run('rollout', flags, { env: runEnv('1002', '1') })
          const looked = () => sandbox.requests.slice(seen).some(({ path }) => path.includes('/leases/'))
          void eventually(looked).finally(() => still.detach())
        },
      })
      expect(first.signal).toBe('SIGKILL')
      const { outcome } = await (second as unknown as ReturnType<Bench['run']>)
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted', releaseId: 'my-api-v2-1001' })
      expect(stateIn(sandbox)).toMatchObject({ phase: 'promoted', fencingToken: 2 })
    })
  }, 60_000)
})
