import { describe, expect, test } from '@jest/globals'
import type { EventBody } from '../../src/release/record/event-body.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import type { Settings } from '../../src/release/settings.ts'
import { returnToEarlier } from '../../src/rollout/lifecycle/earlier-version.ts'
import { driveRelease } from '../../src/rollout/loop/loop.ts'
import type { Session } from '../../src/rollout/session.ts'
import { heldState } from '../../src/rollout/session.ts'
import { measureBaseline } from '../../src/rollout/start/baseline.ts'
import { startRelease } from '../../src/rollout/start/start.ts'
import type { RouteChange } from '../../src/routing/routing.ts'
import { createRandom } from '../../src/simulation/random.ts'
import { createSimulatedCluster } from '../../src/simulation/simulated-cluster.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import { settings } from '../rollout/release-state.ts'

/*
 * A backend that knows no Istio, and the very loop that releases: what a rollout needs of routing is in the port and
 * nowhere else.
 */
const never = new AbortController().signal
const side = (version: string) => ({
  version,
  destination: version,
  workload: `my-api-${version}`,
  image: version,
})

function releaseOver(canaryErrors: number, more: Partial<Settings> = {}) {
  const traffic = {
    rate: { kind: 'constant' as const, perSecond: 100 },
    callers: [],
    versions: { v2: healthyVersion(canaryErrors) },
    others: healthyVersion(0.001),
  }
  const world = createSimulatedCluster(
    { traffic, pods: 3, propagation: 2, historyHours: 1 },
    createRandom('seam'),
  )
  const events: EventBody[] = []
  const changes: RouteChange['kind'][] = []
  const session: Session = {
    ...world,
    routing: {
      ...world.routing,
      plan(snapshot, pair, change, note) {
        changes.push(change.kind)
        return world.routing.plan(snapshot, pair, change, note)
      },
    },
    objects: null,
    watchdogs: null,
    scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
    settings: { ...settings, ...more },
    holder: 'test',
    succeeds: () => false,
    record: (event) => events.push(event),
    lease: null,
    obeyedCommand: null,
    held: null,
  }
  const run = async () => {
    const workloads = await world.workloads.workloads()
    const beginning = {
      stable: side('v1'),
      canary: side('v2'),
      runId: '1',
      fencingToken: 0,
      history: [],
      retired: [],
    }
    const before = await measureBaseline(session, beginning, workloads, never)
    await startRelease(session, beginning, before, workloads, never)
    return driveRelease(session, never)
  }
  return { world, session, events, changes, run }
}

const writesIn = (events: readonly { type: RecordEvent['type'] }[]) =>
  events.filter(({ type }) => type === 'write')

describe('a whole release over a routing that knows no Istio', () => {
  test('goes up by shares, and back to the earlier version when that is asked for', async () => {
    const { world, session, events, changes, run } = releaseOver(0.001)
    expect((await run()).result).toBe('promoted')
    expect(world.routing.current().shares).toEqual({ v1: 0, v2: 1 })
    expect(new Set(changes)).toEqual(new Set(['prepare', 'pin', 'share', 'put-back', 'state']))
    expect(writesIn(events).length).toBeGreaterThan(4)
    const routing = await session.routing.read('shop', never)
    const view = {
      routing,
      routes: session.routing.view(routing, session.scope),
      workloads: await world.workloads.workloads(),
      hosts: null,
    }
    const [earlier] = heldState(session).history.filter(({ version }) => version === 'v1')
    if (earlier === undefined) throw new Error('no history')
    await returnToEarlier(session, earlier, view, never)
    expect(world.routing.current().shares).toEqual({ v1: 1, v2: 0 })
  })

  test('goes back when the canary fails', async () => {
    const { world, run } = releaseOver(0.2)
    expect((await run()).result).toBe('rolled-back')
    expect(world.routing.current().shares).toEqual({ v1: 1, v2: 0 })
  })

  test('lets testers in and copies requests before any share', async () => {
    const { changes, run } = releaseOver(0.001, {
      preview: { header: 'x-test', value: 'a' },
      mirror: 10,
      steps: [50, 100],
    })
    expect((await run()).result).toBe('promoted')
    expect(changes).toEqual(expect.arrayContaining(['preview', 'mirror']))
  })

  test('holds where somebody else moves the share', async () => {
    const { world, run } = releaseOver(0.001)
    const { sleep } = world.clock
    world.clock.sleep = async (ms, signal) => {
      if (world.routing.current().shares.v2 === 0.1) world.routing.edit({ shares: { v1: 0.7, v2: 0.3 } })
      return sleep(ms, signal)
    }
    expect(await run()).toMatchObject({ result: 'paused', reason: 'drift' })
    expect(world.routing.current().shares).toEqual({ v1: 0.7, v2: 0.3 })
  })

  test('writes its state anew where somebody took it from the routes', async () => {
    const { world, run } = releaseOver(0.001)
    const { sleep } = world.clock
    let gone = false
    world.clock.sleep = async (ms, signal) => {
      if (!gone && world.routing.current().shares.v2 === 0.1) {
        gone = true
        world.routing.edit({ state: null })
      }
      return sleep(ms, signal)
    }
    expect((await run()).result).toBe('promoted')
    expect(gone).toBe(true)
    expect(world.routing.current().state).not.toBeNull()
  })

  test('a snapshot of another backend is refused by name', async () => {
    const { session } = releaseOver(0.001)
    expect(() => session.routing.view({ backend: 'gateway-api' }, session.scope)).toThrow(
      expect.objectContaining({ code: 'internal' }),
    )
  })
})
