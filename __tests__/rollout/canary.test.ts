import { expect, test } from '@jest/globals'
import { Failure } from '../../src/release/failure.ts'
import type { KubeObject, ObjectRef } from '../../src/release/kubernetes.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { makeCanary, removeCanary } from '../../src/rollout/actions/canary.ts'
import type { ObjectsPort } from '../../src/rollout/ports.ts'
import type { Session } from '../../src/rollout/session.ts'
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
    patchObject: async () => {
      throw new Error('nothing is patched here')
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
  return { objects: port, scope, held, record: () => {} } as unknown as Session
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
