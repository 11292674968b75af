import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { type LiveCluster, openLiveCluster } from '../support/live-cluster.ts'
import { leaveAtFirstStep, liveFlags } from '../support/live-release.ts'

jest.setTimeout(120_000)

const flags = {
  ...liveFlags,
  'step-timeout': '4m',
}
const host = 'my-api.shop.svc.cluster.local'

interface Subset {
  name: string
  labels: Record<string, string>
}

let live: LiveCluster
let fresh: readonly KubeObject[]
let left: readonly KubeObject[]
let promoted: readonly KubeObject[]
let holder = ''
beforeAll(async () => {
  live = await openLiveCluster()
  fresh = live.save()
  await leaveAtFirstStep(live, flags)
  holder = live.release()?.holder ?? ''
  left = live.save()
  live.restore(fresh)
  await live.run('rollout', { ...flags, steps: '100' })
  promoted = live.save()
})
afterAll(() => live.close())

async function scale(version: string, replicas: number): Promise<void> {
  live.edit('Deployment', `my-api-${version}`, (object) => {
    if (object.spec) object.spec.replicas = replicas
  })
  await live.clock.advance(60_000)
}

function subset(name: string, change: (subset: Subset) => Subset[]): void {
  live.edit('DestinationRule', 'my-api', (object) => {
    const subsets = (object.spec?.subsets ?? []) as unknown as Subset[]
    const changed = subsets.flatMap((each) => (each.name === name ? change(each) : [each]))
    if (object.spec) object.spec.subsets = changed as never
  })
}

/** setShare gives the canary a weight by hand. */
const setShare = (weight: number) => (object: KubeObject) => {
  const [rule] = (object.spec?.http ?? []) as unknown as { route: { weight: number }[] }[]
  rule?.route.forEach((entry, index) => {
    entry.weight = index === 0 ? 100 - weight : weight
  })
}

const to = (name: string, weight: number) =>
  `{destination: {host: ${host}, subset: ${name}}, weight: ${weight}}`
const another = (routes: string) =>
  live.cluster.apply(`apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: partner, namespace: shop}
spec:
  hosts: [partner.example.com]
  gateways: [shop]
  http:
  - route: [${routes}]
`)

const all = /^(All traffic of shop\/my-api is (back )?on v1\.|All routes of my-api name v1 now)/
/** What somebody did to the routes of a release, and what may be said once traffic was put back. */
const faults: Record<string, { make(): unknown; says: RegExp }> = {
  'the canary subset selects stable': {
    make: () => subset('v2', (each) => [{ ...each, labels: { version: 'v1' } }]),
    says: all,
  },
  'the stable subset selects the canary': {
    make: () => subset('v1', (each) => [{ ...each, labels: { version: 'v2' } }]),
    says: all,
  },
  'the stable subset is gone': { make: () => subset('v1', () => []), says: all },
  'the stable subset selects nobody': {
    make: () => subset('v1', (each) => [{ ...each, labels: { version: 'v0' } }]),
    says: /not everybody reaches v1: .* sends 80% to subset v1, where nobody answers/,
  },
  'the DestinationRule is gone': {
    make: () => live.restore(live.save().filter(({ kind }) => kind !== 'DestinationRule')),
    says: all,
  },
  'a third destination has half': {
    make: () =>
      live.edit('VirtualService', 'my-api', (object) => {
        const [rule] = (object.spec?.http ?? []) as unknown as { route: { weight: number }[] }[]
        const [stable, canary] = rule?.route ?? []
        if (!rule || !stable || !canary) return
        stable.weight = 30
        const other = { destination: { host: 'legacy.shop.svc.cluster.local' }, weight: 50 }
        rule.route = [stable, { ...canary, weight: 20 }, other]
      }),
    says: /not all traffic\..* sends 50% to legacy\.shop/,
  },
  'another VirtualService sends 20%': {
    make: () => another(`${to('v1', 80)}, ${to('v2', 20)}`),
    says: all,
  },
}

test.each(['abort', 'reconcile', 'rollback', 'post'] as const)(
  '%s says that all traffic is on stable only where every route reaches its pods',
  async (command) => {
    const ends = []
    for (const [name, { make, says }] of Object.entries(faults)) {
      live.restore(left)
      make()
      const outcome =
        command === 'post'
          ? await live.run('rollout', flags, { postOf: holder })
          : await live.run(command, { 'capacity-timeout': '20s' })
      const safe = outcome.result === 'rolled-back'
      ends.push([name, says.test(outcome.message), safe, ...live.canaryShare()])
    }
    expect(ends).toEqual(
      Object.entries(faults).map(([name]) => [name, true, !name.endsWith('selects nobody'), 0]),
    )
  },
)

/** What is said of a promotion on command, and of how much of the traffic it has. */
const promotions: Record<string, RegExp> = {
  'the canary subset selects stable': /^SG-subset-relabelled/,
  'the stable subset selects the canary': /^v2 serves all of shop\/my-api;/,
  'the stable subset is gone': /^v2 serves all of shop\/my-api;.*Seen: 0 of \d+ requests reached v1/,
  'the stable subset selects nobody':
    /^The routes give v2 all of shop\/my-api, and not everybody reaches it\. .* sends 80% to subset v1, where nobody answers/,
  'the DestinationRule is gone': /^IST0101 /,
  'a third destination has half':
    /^v2 serves all that a release moves of shop\/my-api, but that is not all traffic\. .* sends 50% to legacy/,
  'another VirtualService sends 20%': /^v2 serves all of shop\/my-api;/,
}

test('promote says that the canary has all traffic only where every route reaches its pods', async () => {
  const ends = []
  for (const [name, says] of Object.entries(promotions)) {
    live.restore(left)
    faults[name]?.make()
    const { message } = await live.run('promote', flags)
    ends.push([name, says.test(message) ? says : message])
  }
  expect(ends).toEqual(Object.entries(promotions))
  live.restore(left)
  // Somebody changes the subset in the moment of the last write: the reading before it was right.
  const { exitCode, reasonCode, message } = await live.run('promote', flags, {
    onEvent: (event) => {
      if (event.type === 'write' && live.canaryShare()[0] === 100)
        subset('v2', (each) => [{ ...each, labels: { version: 'v1' } }])
    },
  })
  expect([exitCode, reasonCode, message]).toEqual([
    5,
    'not-reached',
    expect.stringMatching(/not everybody reaches it.*sends 100% to v1.*shiftgate rollback/),
  ])
})

test('a share that is taken back is settled and judged like a step', async () => {
  live.restore(left)
  await live.run('pause')
  live.edit('VirtualService', 'my-api', setShare(50))
  const types: string[] = []
  const { result } = await live.run(
    'resume',
    { ...flags, 'on-drift': 'restore' },
    {
      onEvent: (event) => void types.push(event.type === 'warning' ? event.code : event.type),
    },
  )
  const after = types.slice(types.indexOf('drift-restored'))
  expect([
    result,
    after.indexOf('settled') > 0,
    after.indexOf('settled') < after.indexOf('step-end'),
  ]).toEqual(['promoted', true, true])
})

test('rollback puts right what somebody changed once a release was rolled back', async () => {
  const ends = []
  for (const [name, { make }] of Object.entries(faults)) {
    live.restore(left)
    await live.run('abort')
    make()
    const { exitCode, message } = await live.run('rollback', { 'capacity-timeout': '20s' })
    ends.push([name, exitCode, ...live.canaryShare(), /already/.test(message)])
  }
  expect(ends).toEqual(
    Object.keys(faults).map((name) => [
      name,
      name.endsWith('selects nobody') ? 5 : 0,
      0,
      name === 'the canary subset selects stable',
    ]),
  )
})

test('after a promotion a rollback goes as far as the earlier version has pods', async () => {
  const patience = { 'capacity-timeout': '20s' }
  const end = async (command: 'rollback' | 'abort') => {
    const { exitCode, reasonCode } = await live.run(command, patience)
    return [exitCode, reasonCode, ...live.canaryShare(), live.release()?.phase]
  }
  live.restore(promoted)
  await scale('v1', 0)
  expect(await end('rollback')).toEqual([3, 'target-not-ready', 100, 'promoted'])
  await scale('v1', 1)
  expect(await end('rollback')).toEqual([5, 'stable-unavailable', 67, 'rolling-back'])
  expect(await end('abort')).toEqual([5, 'stable-unavailable', 67, 'rolling-back'])
  await scale('v1', 3)
  expect(await end('rollback')).toEqual([0, 'aborted-by-command', 0, 'rolled-back'])
  expect(live.release()?.history).toMatchObject([{ version: 'v1' }, { version: 'v2', rolledBack: true }])
  live.restore(promoted)
  await scale('v1', 1)
  await scale('v2', 0)
  expect(await end('rollback')).toEqual([0, 'rolled-back-by-command', 0, 'rolled-back'])
  await scale('v1', 3)
  await scale('v2', 3)
  for (const change of [() => [], (each: Subset) => [{ ...each, labels: { version: 'v2' } }]]) {
    live.restore(promoted)
    subset('v1', change)
    expect(await end('rollback')).toEqual([0, 'rolled-back-by-command', 0, 'rolled-back'])
  }
})

test('nobody is sent to a version without ready pods, and the command to run is said', async () => {
  const refused = { exitCode: 3, result: 'refused', reasonCode: 'target-not-ready' }
  live.restore(left)
  await scale('v2', 0)
  const promote = await live.run('promote')
  expect(promote).toMatchObject(refused)
  expect(promote.message).toMatch(
    /kubectl -n shop scale deployment my-api-v2 --replicas=3; or run "shiftgate abort/,
  )
  expect(live.canaryShare()).toEqual([20])
  await scale('v2', 3)
  live.restore(fresh)
  await scale('v1', 0)
  expect(await live.run('pin')).toMatchObject({
    ...refused,
    message: expect.stringContaining('kubectl -n shop scale deployment my-api-v1'),
  })
  await scale('v1', 3)
})

test('traffic that is back already is not called lost where its state could not be written', async () => {
  live.restore(left)
  live.proxy.choose(({ method, path }) => {
    if (method !== 'PATCH' || !path.includes('/virtualservices/')) return null
    // Somebody else puts the weights back meanwhile.
    live.edit('VirtualService', 'my-api', setShare(0))
    return { kind: 'answer', status: 503, body: 'no backend' }
  })
  const outcome = await live.run('reconcile', { 'capacity-timeout': '20s' })
  live.proxy.choose(null)
  expect([outcome.exitCode, outcome.result, ...live.canaryShare()]).toEqual([0, 'rolled-back', 0])
})
