import { describe, expect, jest, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { runStep } from '../support/action-step.ts'
import { scaleDeployment } from '../support/by-hand.ts'
import { storefrontManifest } from '../support/live-release.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario, rolloutInputs } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { releaseIn, releaseKey, routeWrites } from '../support/wire.ts'

jest.setTimeout(180_000)

const somebody = { manager: 'kubectl-edit', operation: 'Update' as const }
const kinds = ['VirtualService', 'DestinationRule', 'Lease'] as const

function scenario() {
  const plain = quickScenario()
  return { ...plain, manifests: `${plain.manifests}${storefrontManifest}` }
}

type Saved = readonly KubeObject[]

const save = ({ store }: Sandbox): Saved => kinds.flatMap((kind) => store.list(kind, 'shop'))

/** restore puts routes and Lease as they were when they were saved. */
function restore({ store }: Sandbox, saved: Saved): void {
  for (const object of save({ store } as Sandbox)) {
    if (!saved.some((was) => was.kind === object.kind && was.metadata.name === object.metadata.name))
      store.remove(kindNamed(object.kind), object)
  }
  for (const was of saved) {
    const now = store.get(was.kind, 'shop', was.metadata.name)
    if (now === null) store.create(kindNamed(was.kind), structuredClone(was), somebody)
    else store.update(kindNamed(was.kind), now, structuredClone(was), somebody)
  }
}

function edit({ store }: Sandbox, kind: string, name: string, change: (object: KubeObject) => void): void {
  const before = store.get(kind, 'shop', name)
  if (before === null) return
  const object = structuredClone(before)
  change(object)
  store.update(kindNamed(kind), before, object, somebody)
}

const annotate = (sandbox: Sandbox, text: string | null) =>
  edit(sandbox, 'VirtualService', 'my-api', ({ metadata }) => {
    const { [releaseKey]: _, ...others } = metadata.annotations ?? {}
    metadata.annotations = text === null ? others : { ...others, [releaseKey]: text }
  })

const changed = (sandbox: Sandbox, change: (state: Record<string, unknown>) => void) => {
  const text =
    sandbox.store.get('VirtualService', 'shop', 'my-api')?.metadata.annotations?.[releaseKey] ?? '{}'
  const state = JSON.parse(text) as Record<string, unknown>
  change(state)
  annotate(sandbox, JSON.stringify(state))
}

const toStable = (object: KubeObject) => {
  for (const rule of (object.spec?.http ?? []) as unknown as { route: { weight: number }[] }[])
    rule.route.forEach((entry, index) => {
      entry.weight = index === 0 ? 100 : 0
    })
}
const revert = (sandbox: Sandbox) => {
  for (const name of ['my-api', 'storefront']) edit(sandbox, 'VirtualService', name, toStable)
}
const forgetParts = (sandbox: Sandbox) =>
  edit(sandbox, 'VirtualService', 'storefront', ({ metadata }) => {
    metadata.annotations = {}
  })
const forgetLease = ({ store }: Sandbox) => {
  for (const lease of store.list('Lease', 'shop')) store.remove(kindNamed('Lease'), lease)
}

/** What somebody did to a release at 20% whose process is dead. */
const damages: Record<string, (sandbox: Sandbox) => void> = {
  'annotation removed': (sandbox) => annotate(sandbox, null),
  'truncated JSON': (sandbox) => annotate(sandbox, '{"schema":2,"weight":1e999,'),
  'no object': (sandbox) => annotate(sandbox, 'null'),
  'another schema': (sandbox) => annotate(sandbox, '{"schema":99,"id":{}}'),
  'forged: nulls': (sandbox) =>
    changed(sandbox, (state) => {
      for (const key of ['canary', 'stepStates', 'history', 'weight']) state[key] = null
    }),
  'forged: huge numbers': (sandbox) =>
    changed(sandbox, (state) => {
      for (const key of ['weight', 'startedAt', 'fencingToken']) state[key] = 1e308
    }),
  'forged: wrong types': (sandbox) =>
    changed(sandbox, (state) => {
      for (const key of ['id', 'steps', 'restore', 'stable']) state[key] = [[{}]]
    }),
  'primary deleted': ({ store }) =>
    store.remove(kindNamed('VirtualService'), store.get('VirtualService', 'shop', 'my-api') as KubeObject),
  'annotation and parts removed: the Lease names it': (sandbox) => {
    annotate(sandbox, null)
    forgetParts(sandbox)
  },
  'annotation and Lease removed: a part names it': (sandbox) => {
    annotate(sandbox, null)
    forgetLease(sandbox)
  },
}

const serving = (sandbox: Sandbox) =>
  routeWeights(sandbox)
    .filter(({ share }) => share > 0)
    .map(({ version, share }) => [version, share])

/** atTwenty leaves a release at 20% whose process was killed. */
async function atTwenty({ run }: Bench, flags: Record<string, string> = {}): Promise<void> {
  await run(
    'rollout',
    { ...quickFlags, ...flags },
    {
      onLine: (line, kill) => {
        if (line.includes('settled at 20%')) kill('SIGKILL')
      },
    },
  )
}

describe('a release whose state was lost, and its process with it', () => {
  test('is ended by abort, whatever was done to its annotation', async () => {
    await withBench({ scenario: scenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await atTwenty(bench)
      const saved = save(sandbox)
      const ended = []
      for (const [name, damage] of Object.entries(damages)) {
        restore(sandbox, saved)
        damage(sandbox)
        const { outcome, stderr } = await bench.run('abort')
        expect(stderr).not.toMatch(/TypeError|\n\s+at /)
        const all = serving(sandbox).every(([version, share]) => version === 'v1' && share === 1)
        ended.push([
          name,
          outcome?.exitCode,
          outcome?.result,
          all,
          releaseIn(sandbox)?.phase,
          /state|can't be read/.test(outcome?.message),
        ])
      }
      expect(ended).toEqual(
        Object.keys(damages).map((name) => [name, 0, 'rolled-back', true, 'rolled-back', true]),
      )
    })
  })

  test('is ended by rollback, reconcile, pin and post; status says so; nothing goes on with it', async () => {
    await withBench({ scenario: scenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const inputs = rolloutInputs(bench)
      const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20%', signal: 'SIGKILL' } })
      const saved = save(sandbox)
      const leave = (name: string) => {
        restore(sandbox, saved)
        damages[name]?.(sandbox)
      }
      const prometheus = { 'prometheus-url': sandbox.prometheusUrl }
      const goingOn = { rollout: quickFlags, resume: { ...quickFlags, ...prometheus }, promote: {}, plan: {} }
      for (const [command, flags] of Object.entries({ ...goingOn, status: {} })) {
        leave('annotation removed')
        const before = routeWrites(sandbox).length
        const { outcome } = await bench.run(command, flags)
        const refused = { exitCode: 3, result: 'refused', reasonCode: 'state-lost' }
        const shown = command === 'status' ? { exitCode: 0 } : refused
        expect([command, outcome]).toMatchObject([command, shown])
        expect(outcome.message).toContain('shiftgate abort --namespace shop --service my-api')
        expect(routeWrites(sandbox)).toHaveLength(before)
      }
      const back = expect.not.arrayContaining([['v2', expect.anything()]])
      const ways = { rollback: 'truncated JSON', reconcile: 'primary deleted', pin: 'annotation removed' }
      for (const [command, name] of Object.entries(ways)) {
        leave(name)
        const { outcome } = await bench.run(command)
        expect([command, outcome?.exitCode, serving(sandbox)]).toEqual([command, 0, back])
        expect(outcome.message).toMatch(/state of release/)
      }
      leave('truncated JSON')
      const post = await runStep(bench, inputs, { post: true, state: main.state })
      expect([post.code, serving(sandbox)]).toEqual([0, back])
    })
  })

  test('goes back as far as stable has pods', async () => {
    await withBench({ scenario: scenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await atTwenty(bench)
      annotate(sandbox, null)
      scaleDeployment(sandbox, 'v1', 0)
      await sandbox.clock.advance(30_000)
      const { outcome } = await bench.run('abort')
      expect(outcome).toMatchObject({ exitCode: 5, result: 'unsafe', reasonCode: 'stable-unavailable' })
      expect(outcome.message).toContain('scale deployment my-api-v1 --replicas=3')
      expect(serving(sandbox)).toContainEqual(['v2', 0.2])
    })
  })

  test('that was paused is still named by the Lease', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const hold = { 'on-inconclusive': 'hold', 'step-timeout': '50s', 'min-requests': '100000' }
      const { outcome } = await bench.run('rollout', { ...quickFlags, ...hold })
      expect(outcome).toMatchObject({ result: 'paused' })
      annotate(sandbox, '{')
      const ended = await bench.run('abort')
      expect(ended.outcome).toMatchObject({ exitCode: 0, result: 'rolled-back' })
      expect(serving(sandbox)).toEqual([['v1', 1]])
    })
  })
})

describe('a release whose routes somebody put back', () => {
  test('is over: abort, rollback and reconcile end well, whatever was left of it', async () => {
    await withBench({ scenario: scenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const before = save(sandbox)
      await atTwenty(bench)
      const running = save(sandbox)
      const kept = sandbox.store.get('VirtualService', 'shop', 'my-api')?.metadata.annotations?.[releaseKey]
      const leases = running.filter(({ kind }) => kind === 'Lease')
      const reverts: Record<string, () => void> = {
        'only the weights': () => {
          restore(sandbox, running)
          revert(sandbox)
        },
        'the weights, and the annotation is gone': () => {
          restore(sandbox, running)
          revert(sandbox)
          annotate(sandbox, null)
        },
        'the weights, and the annotation is garbage': () => {
          restore(sandbox, running)
          revert(sandbox)
          annotate(sandbox, '{')
        },
        'everything, also the destination': () => restore(sandbox, [...before, ...leases]),
        'everything but the annotation': () => {
          restore(sandbox, [...before, ...leases])
          annotate(sandbox, kept ?? '')
        },
      }
      const commands: Record<string, Record<string, string>> = {
        abort: {},
        rollback: { 'to-version': 'v1' },
        reconcile: {},
      }
      const ends = []
      for (const [at, [name, leave]] of Object.entries(reverts).entries()) {
        // Every revert meets abort; the other two take turns.
        for (const command of ['abort', at % 2 === 0 ? 'rollback' : 'reconcile']) {
          leave()
          const { outcome } = await bench.run(command, commands[command])
          ends.push([name, outcome?.exitCode, serving(sandbox)])
        }
      }
      const all = [
        ['v1', 1],
        ['v1', 1],
      ]
      expect(ends).toEqual(
        Object.keys(reverts).flatMap((name) => [
          [name, 0, all],
          [name, 0, all],
        ]),
      )
    })
  })
})

describe('a release that has ended', () => {
  test('is not put back because its Lease still names it', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const names = new Set<string>()
      sandbox.store.subscribe(({ object }) => {
        const name =
          object.kind === 'Lease' ? object.metadata.annotations?.['shiftgate.io/release'] : undefined
        if (name !== undefined) names.add(name)
      })
      await bench.run('rollout', quickFlags)
      const last = [...names].at(-1) ?? ''
      // As a process leaves it that is killed between its last write and giving the Lease back.
      edit(sandbox, 'Lease', 'shiftgate-my-api', (lease) => {
        lease.metadata.annotations = { 'shiftgate.io/release': last }
        lease.spec = { ...lease.spec, holderIdentity: 'somebody dead' }
      })
      annotate(sandbox, null)
      const saved = save(sandbox)
      for (const command of ['abort', 'reconcile', 'status']) {
        restore(sandbox, saved)
        const { outcome } = await bench.run(command)
        expect([command, outcome?.exitCode, serving(sandbox)]).toEqual([command, 0, [['v2', 1]]])
      }
    })
  })

  test('with garbage as its state goes back to the version that is named, by the routes', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await bench.run('rollout', quickFlags)
      annotate(sandbox, '{')
      for (const command of ['abort', 'reconcile', 'rollback']) {
        const { outcome } = await bench.run(command)
        expect([command, outcome.message]).toEqual([command, expect.stringContaining("can't be read")])
        expect(serving(sandbox)).toEqual([['v2', 1]])
      }
      const { outcome } = await bench.run('rollback', { 'to-version': 'v1' })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'rolled-back' })
      expect(serving(sandbox)).toEqual([['v1', 1]])
      const again = await bench.run('rollout', quickFlags)
      expect(again.outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
    })
  })

  test('is told from traffic that nobody knows of', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await atTwenty(bench)
      annotate(sandbox, null)
      forgetLease(sandbox)
      const { outcome } = await bench.run('abort')
      expect(outcome).toMatchObject({ exitCode: 3, result: 'refused' })
      const back = 'shiftgate rollback --namespace shop --service my-api --to-version v1'
      expect(outcome.message).toContain(back)
      const ended = await bench.run('rollback', { 'to-version': 'v1' })
      expect(ended.outcome).toMatchObject({ exitCode: 0, result: 'rolled-back' })
      expect(serving(sandbox)).toEqual([['v1', 1]])
    })
  })
})
