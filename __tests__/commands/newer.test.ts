import { afterAll, beforeAll, beforeEach, expect, jest, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { deploymentManifest } from '../../src/sandbox/scenarios/shop.ts'
import { type LiveCluster, openLiveCluster } from '../support/live-cluster.ts'
import { leaveAtFirstStep, liveFlags } from '../support/live-release.ts'

jest.setTimeout(120_000)

let live: LiveCluster
let fresh: readonly KubeObject[]
beforeAll(async () => {
  live = await openLiveCluster()
  live.cluster.apply(`${deploymentManifest('v3')}\n---\n${deploymentManifest('v4')}`)
  await live.clock.advance(60_000)
  fresh = live.save()
})
afterAll(() => live.close())
beforeEach(() => live.restore(fresh))

/** leave runs a release of v2 to 20% and stops it there. */
const leave = () => leaveAtFirstStep(live)

const newer = (version: string, onNewer: string, more: Record<string, string> = {}) =>
  live.run('rollout', { ...liveFlags, version, 'on-newer': onNewer, ...more })

/** All weights above 0 of the service's route, by subset. */
const serving = () => {
  const rules = (live.cluster.store.get('VirtualService', 'shop', 'my-api')?.spec?.http ?? []) as unknown as {
    route: { destination: { subset: string }; weight?: number }[]
  }[]
  return rules.flatMap(({ route }) =>
    route.flatMap(({ destination, weight = 100 }) => (weight > 0 ? [[destination.subset, weight]] : [])),
  )
}

test('of two newcomers at once one takes the older release’s place, and the other begins from it or is refused', async () => {
  await leave()
  const ends = await Promise.all([newer('v3', 'supersede'), newer('v4', 'supersede')])
  const { phase, canary, history } = live.release() ?? {}
  const promoted = ends
    .filter(({ result }) => result === 'promoted')
    .map(({ canaryVersion }) => canaryVersion)
  expect(promoted).toContain(canary?.version)
  expect(ends.filter(({ result, exitCode }) => result !== 'promoted' && exitCode !== 3)).toEqual([])
  expect([phase, serving()]).toEqual(['promoted', [[canary?.version, 100]]])
  // The older one never served everything, and those that did came one after the other.
  expect(history?.map(({ version }) => version).toSorted()).toEqual(['v1', ...promoted].toSorted())
})

test('two that wait in a queue begin one after the other', async () => {
  await leave()
  const ends = Promise.all([newer('v3', 'queue'), newer('v4', 'queue')])
  const [abort] = await Promise.all([live.run('abort'), ends])
  const versions = (await ends).map(({ result, stableVersion }) => [result, stableVersion])
  expect(abort.result).toBe('rolled-back')
  expect(versions.map(([result]) => result)).toEqual(['promoted', 'promoted'])
  // The later one began from the earlier one.
  expect(new Set(versions.map(([, stable]) => stable))).toContain('v1')
  expect(serving()).toHaveLength(1)
  expect(
    live
      .release()
      ?.history.map(({ version }) => version)
      .toSorted(),
  ).toEqual(['v1', 'v3', 'v4'])
})

test('an older release that is paused is superseded, and one that waits for it waits its time', async () => {
  await leave()
  await live.run('pause')
  const paused = live.save()
  const queued = await newer('v3', 'queue', { 'queue-timeout': '1m' })
  expect([queued.exitCode, queued.reasonCode]).toEqual([3, 'release-in-flight'])
  expect(serving()).toEqual([
    ['v1', 80],
    ['v2', 20],
  ])
  live.restore(paused)
  const { result, stableVersion } = await newer('v3', 'supersede')
  expect([result, stableVersion, serving()]).toEqual(['promoted', 'v1', [['v3', 100]]])
})

test('an older release that was promoted is what the newer one begins from, whatever on-newer says', async () => {
  await live.run('rollout', liveFlags)
  const promoted = live.save()
  for (const onNewer of ['refuse', 'queue', 'supersede']) {
    live.restore(promoted)
    const { result, stableVersion } = await newer('v3', onNewer)
    expect([onNewer, result, stableVersion, serving()]).toEqual([onNewer, 'promoted', 'v2', [['v3', 100]]])
  }
})
