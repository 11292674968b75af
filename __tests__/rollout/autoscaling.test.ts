import { describe, expect, test } from '@jest/globals'
import { Failure } from '../../src/release/failure.ts'
import type { JsonObject, KubeObject } from '../../src/release/kubernetes.ts'
import type { EventBody } from '../../src/release/record/event-body.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { giveMinimumBack, isRaised, raiseMinimum } from '../../src/rollout/actions/canary/autoscaling.ts'
import { drainTime } from '../../src/rollout/actions/canary/canary.ts'
import type { ObjectsPort } from '../../src/rollout/ports.ts'
import type { Session } from '../../src/rollout/session.ts'
import { applyPatch } from '../../src/routing/json-patch.ts'
import { deployment } from '../workloads/cluster.ts'

const never = new AbortController().signal

const scaler = (minReplicas: number): KubeObject => ({
  apiVersion: 'autoscaling/v2',
  kind: 'HorizontalPodAutoscaler',
  metadata: { name: 'hpa', namespace: 'shop', uid: 'u-1' },
  spec: { scaleTargetRef: { kind: 'Deployment', name: 'my-api' }, minReplicas, maxReplicas: 9 },
})

/** A release of which stable's autoscaler had a minimum of 1, before a cluster of one object. */
function release(first: KubeObject | null) {
  let object = first
  const events: EventBody[] = []
  const faults: Partial<ObjectsPort> = {}
  const port: Partial<ObjectsPort> = {
    object: (...call) => faults.object?.(...call) ?? Promise.resolve(structuredClone(object)),
    patchObject: async (...call) => {
      if (faults.patchObject) return faults.patchObject(...call)
      object = applyPatch(object as unknown as JsonObject, call[1]) as unknown as KubeObject
      return object
    },
  }
  const inPlace = { service: 'my-api-canary', changed: {}, before: '', stable: {} }
  const minimum = { autoscaler: 'hpa', before: 1, raised: 3 }
  const workload = {
    shape: 'in-place',
    image: 'a:v2',
    source: 'my-api',
    size: 'proportional',
    inPlace,
    minimum,
  }
  const state = {
    id: 'my-api-v2-17',
    workload,
    canary: { workload: 'my-api-canary' },
  } as unknown as ReleaseState
  let now = 0
  const session = {
    objects: port,
    scope: { namespace: 'shop', service: 'my-api' },
    routing: { hostPolicies: { kind: 'DestinationRule' } },
    settings: {},
    held: { state, text: '', home: '' },
    record: (event: EventBody) => events.push(event),
    clock: {
      now: () => now,
      sleep: async (ms: number) => {
        now += ms
      },
    },
  } as unknown as Session
  return {
    session,
    faults,
    raise: () => raiseMinimum(session, port as ObjectsPort, state, never),
    isRaised: () => isRaised(session, state, never),
    warnings: () => events.flatMap((event) => (event.type === 'warning' ? [event] : [])),
    set: (next: KubeObject | null) => {
      object = next
    },
    minimum: () => object?.spec?.minReplicas,
    object: () => object as KubeObject,
  }
}

const forbidden = async () => {
  throw new Failure('forbidden', 'It may not be changed.')
}

describe('the minimum of stable’s autoscaler', () => {
  test('is raised once, and given back once', async () => {
    const { session, raise, isRaised: raised, minimum, warnings } = release(scaler(1))
    await raise()
    await raise()
    expect([minimum(), await raised()]).toEqual([3, true])
    await giveMinimumBack(session, never)
    await giveMinimumBack(session, never)
    expect([minimum(), await raised(), warnings()]).toEqual([1, false, []])
  })

  test('is nobody’s matter any more where the autoscaler is gone, before or after', async () => {
    const { session, raise, set, isRaised: raised, warnings } = release(null)
    await raise()
    set(scaler(1))
    await raise()
    set(null)
    await giveMinimumBack(session, never)
    expect([await raised(), warnings()]).toEqual([false, []])
  })

  test('that somebody changed meanwhile stays theirs', async () => {
    const { session, raise, set, object, minimum, isRaised: raised } = release(scaler(1))
    await raise()
    set({ ...object(), spec: { ...object().spec, minReplicas: 6 } })
    await giveMinimumBack(session, never)
    expect([minimum(), await raised()]).toEqual([6, false])
  })

  test('that may not be given back is said with the command, and ends nothing', async () => {
    const { session, raise, faults, minimum, warnings } = release(scaler(1))
    await raise()
    faults.patchObject = forbidden
    await giveMinimumBack(session, never)
    expect(minimum()).toBe(3)
    expect(warnings().at(-1)).toMatchObject({
      code: 'minimum-kept',
      details: { namespace: 'shop', autoscaler: 'hpa', before: 1 },
    })
  })

  test('is given back although an answer was odd', async () => {
    const { session, raise, faults, minimum, warnings } = release(scaler(1))
    await raise()
    faults.object = async () => {
      delete faults.object
      throw new Failure('server-error', 'no backend')
    }
    await giveMinimumBack(session, never)
    expect([minimum(), warnings().map(({ code }) => code)]).toEqual([1, ['retry']])
  })
})

describe('requests under way at a canary that goes', () => {
  const canary = (pod: JsonObject) => deployment({ name: 'my-api-canary', pod })

  test.each([
    ['the grace of its pods', canary({ terminationGracePeriodSeconds: 90 }), 90_000],
    ['30 s where they say none', canary({}), 30_000],
    ['no time where it is gone', null, 0],
  ])('get %s', async (_, object, ms) => {
    expect(await drainTime(release(object).session, never)).toBe(ms)
  })

  test('get 30 s where it can’t be read, and what was asked for above all', async () => {
    const { session, faults } = release(null)
    faults.object = forbidden
    expect(await drainTime(session, never)).toBe(30_000)
    const asked = { ...session, settings: { ...session.settings, drain: 5_000 } }
    expect(await drainTime(asked, never)).toBe(5_000)
  })
})
