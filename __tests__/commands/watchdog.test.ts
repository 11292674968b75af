import { afterAll, beforeAll, expect, jest, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { type LiveCluster, openLiveCluster } from '../support/live-cluster.ts'
import { leaveAtFirstStep, liveFlags, storefrontManifest } from '../support/live-release.ts'

jest.setTimeout(60_000)

const flags = {
  ...liveFlags,
  watchdog: '10m',
  'watchdog-image': 'registry.example.com/curl:1',
}

let live: LiveCluster
let left: readonly KubeObject[]
beforeAll(async () => {
  live = await openLiveCluster(storefrontManifest)
  await leaveAtFirstStep(live, flags)
  left = live.save()
})
afterAll(() => live.close())

test('a watchdog that can not be told keeps no traffic on the canary', async () => {
  live.proxy.choose(({ method, path }) =>
    method !== 'GET' && path.includes('/configmaps')
      ? { kind: 'answer', status: 503, body: 'no backend' }
      : null,
  )
  const warned = () => live.record().some((event) => event.type === 'warning' && event.code === 'watchdog')
  const ends = []
  for (const command of ['abort', 'reconcile'] as const) {
    live.restore(left)
    const { result } = await live.run(command, { 'capacity-timeout': '20s' })
    ends.push([command, result, ...live.canaryShare(), warned()])
  }
  expect(ends).toEqual([
    ['abort', 'rolled-back', 0, true],
    ['reconcile', 'rolled-back', 0, true],
  ])
  live.proxy.choose(null)
})
