import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { type LiveCluster, openLiveCluster } from '../support/live-cluster.ts'
import { leaveAtFirstStep, liveFlags, storefrontManifest } from '../support/live-release.ts'
import { releaseKey } from '../support/wire.ts'

jest.setTimeout(120_000)

let live: LiveCluster
let left: readonly KubeObject[]
let ended = ''
let holder = ''

const stateText = () =>
  live.cluster.store.get('VirtualService', 'shop', 'my-api')?.metadata.annotations?.[releaseKey] ?? ''
const annotate = (text: string | null) =>
  live.edit('VirtualService', 'my-api', ({ metadata }) => {
    const { [releaseKey]: _, ...others } = metadata.annotations ?? {}
    metadata.annotations = text === null ? others : { ...others, [releaseKey]: text }
  })
const without = (...kinds: string[]) => live.restore(live.save().filter(({ kind }) => !kinds.includes(kind)))
const forgetParts = () =>
  live.edit('VirtualService', 'storefront', ({ metadata }) => {
    metadata.annotations = {}
  })
const forged = (change: object) => annotate(JSON.stringify({ ...JSON.parse(stateText()), ...change }))

/** leave runs a release to 20% and stops it there, with a post step to come. */
const leave = () => leaveAtFirstStep(live)

beforeAll(async () => {
  live = await openLiveCluster(storefrontManifest)
  await leave()
  await live.run('abort')
  ended = stateText()
  await live.clock.advance(1_000)
  await leave()
  holder = live.release()?.holder ?? ''
  left = live.save()
})
afterAll(() => live.close())

test('a state that the routes contradict, or that is an earlier release’s, is followed by what else names the release', async () => {
  const damages: Record<string, () => unknown> = {
    'stable is forged to be none': () => forged({ stable: null }),
    'a copy of an earlier release': () => annotate(ended),
    'a copy of an earlier release, and the Lease is gone': () => {
      annotate(ended)
      without('Lease')
    },
  }
  const ends = []
  for (const [name, damage] of Object.entries(damages)) {
    for (const command of ['abort', 'rollback', 'reconcile', 'pin'] as const) {
      live.restore(left)
      damage()
      const refused = await live.run('promote')
      const outcome = await live.run(command)
      ends.push([
        name,
        command,
        refused.reasonCode,
        outcome.exitCode,
        ...live.canaryShare(),
        live.release()?.phase,
      ])
      // What served before is known to whoever rolls back next.
      expect(live.release()?.history).toContainEqual(expect.objectContaining({ version: 'v1' }))
    }
  }
  const commands = ['abort', 'rollback', 'reconcile', 'pin']
  expect(ends).toEqual(
    Object.keys(damages).flatMap((name) =>
      commands.map((command) => [name, command, 'state-lost', 0, 0, 'rolled-back']),
    ),
  )
})

test('where nothing else names it, a person says which version shall have the traffic', async () => {
  live.restore(left)
  forged({ stable: null })
  forgetParts()
  without('Lease')
  const asked = await live.run('abort')
  expect([asked.exitCode, asked.message, ...live.canaryShare()]).toEqual([
    3,
    expect.stringContaining('--to-version'),
    20,
  ])
  const named = await live.run('rollback', { 'to-version': 'v1' })
  expect([named.exitCode, named.result, ...live.canaryShare()]).toEqual([0, 'rolled-back', 0])
})

test('the post step puts back a release of which only a part is left, unless somebody drives it', async () => {
  live.restore(left)
  annotate(null)
  without('Lease')
  const outcome = await live.run('rollout', liveFlags, { postOf: holder })
  expect([outcome.result, ...live.canaryShare()]).toEqual(['rolled-back', 0])

  live.restore(left)
  const running = live.run('rollout', liveFlags)
  let damaged = false
  const watch = setInterval(() => {
    if (damaged || live.release()?.holder === holder) return
    damaged = true
    annotate(null)
    without('Lease')
  }, 1)
  const [main, other] = await Promise.all([
    running,
    live.run('rollout', liveFlags, { postOf: 'somebody gone' }),
  ])
  clearInterval(watch)
  expect([main.result, other]).toEqual(['promoted', null])
})

test('a command reads the Lease once before it acts', async () => {
  const reads: string[] = []
  live.proxy.choose(({ method, path }) => {
    if (method === 'GET' && path.includes('/leases/')) reads.push(path)
    return null
  })
  const counts = []
  for (const command of ['status', 'plan'] as const) {
    live.restore(left)
    reads.length = 0
    await live.run(command, command === 'plan' ? liveFlags : {})
    counts.push(reads.length)
  }
  live.proxy.choose(null)
  expect(counts).toEqual([1, 1])
})
