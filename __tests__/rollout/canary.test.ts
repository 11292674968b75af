import { expect, test } from '@jest/globals'
import { Failure } from '../../src/release/failure.ts'
import type { JsonObject, KubeObject, ObjectRef } from '../../src/release/kubernetes.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import {
  makeCanary,
  prepareCanary,
  removeCanary,
  scaleCanary,
} from '../../src/rollout/actions/canary/canary.ts'
import type { ObjectsPort } from '../../src/rollout/ports.ts'
import type { Session } from '../../src/rollout/session.ts'
import { applyPatch } from '../../src/routing/json-patch.ts'
import { deployment } from '../workloads/cluster.ts'

const never = new AbortController().signal

/** A cluster of objects in memory. `loseAnswers`: what is created is made, and its answer is lost. */
function cluster(first: KubeObject[], loseAnswers = false) {
  const objects = new Map(first.map((object) => [`${object.kind}/${object.metadata.name}`, object]))
  const keyOf = ({ kind, name }: ObjectRef) => `${kind}/${name}`
  let made = 0
  const port: ObjectsPort = {
    objects: async () => ({ objects: [...objects.values()], unreadable: [] }),
    object: async (ref) => structuredClone(objects.get(keyOf(ref)) ?? null),
    async createObject(object) {
      const key = `${object.kind}/${object.metadata.name}`
      if (objects.has(key)) throw new Failure('already-exists', `${key} exists`)
      objects.set(key, { ...object, metadata: { ...object.metadata, uid: `made-${made++}` } })
      if (loseAnswers) throw new Failure('timeout', 'no answer')
      return object
    },
    async patchObject(ref, patch) {
      const there = objects.get(keyOf(ref)) as KubeObject
      objects.set(keyOf(ref), applyPatch(there as unknown as JsonObject, patch) as unknown as KubeObject)
      return there
    },
    async deleteObject(ref, uid) {
      if (objects.get(keyOf(ref))?.metadata.uid === uid) objects.delete(keyOf(ref))
    },
  }
  return { objects, port }
}

function session(port: ObjectsPort | null, workload = true): Session {
  const state = {
    id: 'my-api-v2-17',
    steps: [10, 50, 100],
    stableReady: 3,
    canary: { version: 'v2', destination: 'v2', workload: 'my-api-v2', image: 'ghcr.io/octo/my-api:v2' },
    ...(workload
      ? {
          workload: {
            shape: 'per-version',
            image: 'ghcr.io/octo/my-api:v2',
            source: 'my-api-v1',
            size: 'proportional',
          },
        }
      : {}),
  } as ReleaseState
  const scope = { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' }
  const held = { state, text: '', home: '' }
  let now = 0
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
    },
  }
  return { objects: port, scope, held, clock, record: () => {} } as unknown as Session
}

/** odd answers the first call of a method as a proxy before the API server may. */
function odd(port: ObjectsPort, method: 'object' | 'createObject' | 'patchObject'): ObjectsPort {
  let answered = false
  const answer = async (...call: unknown[]) => {
    if (answered) return (port[method] as (...all: unknown[]) => Promise<never>)(...call)
    answered = true
    throw new Failure('rejected', 'the server says no')
  }
  return { ...port, [method]: answer }
}

test('a canary is made once, however often it is asked for, and removed with nothing else', async () => {
  const { objects, port } = cluster([deployment()])
  const before = structuredClone(objects.get('Deployment/my-api-v1'))
  await makeCanary(session(port), never)
  const once = structuredClone([...objects])
  await makeCanary(session(port), never)
  expect([...objects]).toEqual(once)
  expect(objects.get('Deployment/my-api-v2')?.spec?.replicas).toBe(1)
  await removeCanary(session(port), never)
  await removeCanary(session(port), never)
  expect([...objects.keys()]).toEqual(['Deployment/my-api-v1'])
  expect(objects.get('Deployment/my-api-v1')).toEqual(before)
})

test('where the answer was lost, the next attempt finds what was made', async () => {
  const { objects, port } = cluster([deployment()], true)
  await expect(makeCanary(session(port), never)).rejects.toMatchObject({ code: 'timeout' })
  await makeCanary(session(port), never)
  expect([...objects.keys()]).toEqual(['Deployment/my-api-v1', 'Deployment/my-api-v2'])
})

test.each(['object', 'createObject'] as const)(
  'one odd answer to %s is no reason to end a release',
  async (method) => {
    const { objects, port } = cluster([deployment()])
    const prepared = prepareCanary(session(odd(port, method)), never)
    // The state is written through the routes, of which there are none here.
    await expect(prepared).rejects.not.toMatchObject({ code: 'rejected' })
    expect(objects.has('Deployment/my-api-v2')).toBe(true)
  },
)

test.each(['object', 'patchObject'] as const)(
  'one odd answer to %s leaves no canary too small',
  async (method) => {
    const { objects, port } = cluster([deployment()])
    await makeCanary(session(port), never)
    await scaleCanary(session(odd(port, method)), 3, never)
    expect(objects.get('Deployment/my-api-v2')?.spec?.replicas).toBe(3)
  },
)

test('somebody else’s object of that name is neither taken nor removed', async () => {
  const theirs = deployment({ name: 'my-api-v2' })
  const { objects, port } = cluster([deployment(), theirs])
  await expect(makeCanary(session(port), never)).rejects.toMatchObject({ code: 'refused' })
  await removeCanary(session(port), never)
  expect(objects.get('Deployment/my-api-v2')).toEqual(theirs)
})

test('without stable’s Deployment there is nothing to make it of', async () => {
  await expect(makeCanary(session(cluster([]).port), never)).rejects.toMatchObject({ code: 'refused' })
})

test('a release whose canary was deployed by others makes and removes nothing', async () => {
  const { objects, port } = cluster([deployment(), deployment({ name: 'my-api-v2' })])
  const before = structuredClone([...objects])
  await makeCanary(session(port, false), never)
  await removeCanary(session(port, false), never)
  expect([...objects]).toEqual(before)
})
