import assert from 'node:assert/strict'
import type { JsonPatchOperation, KubeObject } from '../../src/release/kubernetes.ts'
import { type ContractCase, done, modified, patchMissed, refused } from './case.ts'
import type { Contract } from './wire.ts'

const merge = 'application/merge-patch+json'
const weightPath = '/spec/http/0/route/0/weight'

function bound(object: KubeObject, ...rest: JsonPatchOperation[]): JsonPatchOperation[] {
  return [
    { op: 'replace', path: '/metadata/resourceVersion', value: object.metadata.resourceVersion ?? '' },
    ...rest,
  ]
}

function weightOf(object: KubeObject): number {
  return (
    (object.spec as unknown as { http: { route: { weight: number }[] }[] }).http[0]?.route[0]?.weight ??
    Number.NaN
  )
}

/** outdated makes an object, changes it, and gives it as it was before. */
async function outdated({ create, jsonPatch, routes }: Contract): Promise<KubeObject> {
  const before = await create()
  done(await jsonPatch(routes(before.metadata.name), [{ op: 'replace', path: weightPath, value: 80 }]))
  return before
}

/** increment raises a weight by one, as often as it takes, and gives how often it lost a race. */
async function increment({ get, jsonPatch, routes }: Contract, name: string): Promise<number> {
  for (let conflicts = 0; ; conflicts++) {
    const { object } = await get(routes(name))
    const weight = weightOf(object)
    const heard = await jsonPatch(
      routes(name),
      bound(object, { op: 'replace', path: weightPath, value: weight + 1 }),
    )
    if (heard.code === 200) return conflicts
    modified(heard)
  }
}

/** writing holds creation, patches and races. */
export const writing: ContractCase[] = [
  {
    title: 'POST into a namespace that is not there: 404 that names the namespace',
    async run({ fresh, route, post }) {
      const missing = fresh()
      const object = { ...route(fresh()), metadata: { name: fresh(), namespace: missing } }
      const heard = await post(`/apis/networking.istio.io/v1/namespaces/${missing}/virtualservices`, object)
      refused(heard, 404, 'NotFound', `namespaces "${missing}" not found`)
    },
  },
  {
    title: 'POST of an existing object: 409 AlreadyExists',
    async run({ create, post, route, routes }) {
      const { name } = (await create()).metadata
      refused(await post(routes(), route(name)), 409, 'AlreadyExists', /already exists$/)
    },
  },
  {
    title: 'POST with dryRun=All: 201 with a uid, without a resourceVersion, and nothing is there after',
    async run({ fresh, post, route, routes, get }) {
      const name = fresh()
      const heard = await post(`${routes()}?dryRun=All`, route(name))
      done(heard, 201)
      assert.ok(heard.object.metadata.uid)
      assert.equal(heard.object.metadata.resourceVersion, undefined)
      assert.equal((await get(routes(name))).code, 404)
    },
  },
  {
    title: 'JSON Patch whose test fails, or whose path is missing: 422 that looks like neither',
    async run(contract) {
      const { jsonPatch, routes, get } = contract
      const before = await outdated(contract)
      const path = routes(before.metadata.name)
      const write: JsonPatchOperation = { op: 'replace', path: weightPath, value: 70 }
      patchMissed(
        await jsonPatch(path, [
          { op: 'test', path: '/metadata/resourceVersion', value: before.metadata.resourceVersion ?? '' },
          write,
        ]),
      )
      patchMissed(await jsonPatch(path, [{ op: 'test', path: weightPath, value: 90 }, write]))
      patchMissed(await jsonPatch(path, [{ op: 'replace', path: '/spec/http/9/route', value: [] }]))
      patchMissed(await jsonPatch(path, [{ op: 'remove', path: '/spec/gateways' }]))
      assert.equal(weightOf((await get(path)).object), 80)
    },
  },
  {
    title: 'JSON Patch that replaces resourceVersion by a stale one: 409 Conflict, in a dry run too',
    async run(contract) {
      const before = await outdated(contract)
      const path = contract.routes(before.metadata.name)
      const patch = bound(before, { op: 'replace', path: weightPath, value: 70 })
      modified(await contract.jsonPatch(path, patch))
      modified(await contract.jsonPatch(`${path}?dryRun=All`, patch))
      const now = (await contract.get(path)).object
      done(
        await contract.jsonPatch(
          path,
          bound(now, { op: 'test', path: weightPath, value: 80 }, ...patch.slice(1)),
        ),
      )
    },
  },
  {
    title: 'writers that each increment a weight so lose no increment',
    async run(contract) {
      const before = await contract.create({
        spec: { http: [{ route: [{ destination: { host: 'x' }, weight: 1 }] }] },
      })
      const { name } = before.metadata
      const writers = 12
      await Promise.all(Array.from({ length: writers }, () => increment(contract, name)))
      assert.equal(weightOf((await contract.get(contract.routes(name))).object), 1 + writers)
    },
  },
  {
    title: 'merge patch or PUT with a stale resourceVersion: 409 Conflict',
    async run(contract) {
      const before = await outdated(contract)
      const path = contract.routes(before.metadata.name)
      const { resourceVersion } = before.metadata
      modified(
        await contract.patch(
          path,
          merge,
          JSON.stringify({ metadata: { resourceVersion, labels: { a: 'b' } } }),
        ),
      )
      modified(await contract.put(path, before))
    },
  },
  {
    title: 'PUT without a resourceVersion: 422 that names it',
    async run({ create, put, route, routes }) {
      const { name } = (await create()).metadata
      const heard = await put(routes(name), route(name))
      refused(
        heard,
        422,
        'Invalid',
        /metadata\.resourceVersion: Invalid value: (0|0x0): must be specified for an update/,
      )
    },
  },
  {
    title: 'JSON Patch that adds an annotation where there are none: 422; a merge patch needs no map',
    async run({ create, jsonPatch, patch, routes }) {
      const path = routes((await create()).metadata.name)
      patchMissed(await jsonPatch(path, [{ op: 'add', path: '/metadata/annotations/x', value: 'y' }]))
      done(await patch(path, merge, JSON.stringify({ metadata: { annotations: { x: 'y' } } })))
      done(await jsonPatch(path, [{ op: 'add', path: '/metadata/annotations/a.b~1c', value: 'z' }]))
    },
  },
  {
    title: 'a patch that changes nothing: 200, resourceVersion and generation stay',
    async run({ create, jsonPatch, routes }) {
      const { name, resourceVersion, generation } = (await create()).metadata
      const heard = await jsonPatch(routes(name), [{ op: 'replace', path: weightPath, value: 90 }])
      done(heard)
      assert.deepEqual(
        [heard.object.metadata.resourceVersion, heard.object.metadata.generation],
        [resourceVersion, generation],
      )
    },
  },
  {
    title: 'a patch that is no list, or broken JSON: 400 BadRequest',
    async run({ create, jsonPatch, routes }) {
      const path = routes((await create()).metadata.name)
      for (const body of ['{"op":"add"}', '[{"op":'])
        refused(await jsonPatch(path, body), 400, 'BadRequest', /^error decoding patch: /)
    },
  },
  {
    title: 'PATCH as application/json, or strategic merge: 415 that names the accepted types',
    async run({ create, patch, routes }) {
      const path = routes((await create()).metadata.name)
      for (const type of ['application/json', 'application/strategic-merge-patch+json']) {
        const heard = await patch(path, type, '{}')
        refused(heard, 415, 'UnsupportedMediaType', /application\/json-patch\+json/)
        assert.match(heard.text, /application\/merge-patch\+json.*application\/apply-patch\+yaml/)
      }
    },
  },
  {
    title:
      'server-side apply against another manager’s field: 409 with FieldManagerConflict; force takes the list',
    async run({ create, patch, routes, route }) {
      const made = await create()
      const path = routes(made.metadata.name)
      const spec = route(made.metadata.name, {
        spec: { http: [{ route: [{ destination: { host: 'other' } }] }] },
      })
      const apply = (force: string) =>
        patch(
          `${path}?fieldManager=shiftgate-contract-apply${force}`,
          'application/apply-patch+yaml',
          JSON.stringify(spec),
        )
      const heard = await apply('')
      refused(
        heard,
        409,
        'Conflict',
        /^Apply failed with 1 conflict: conflict with ".*" using networking\.istio\.io\/v1: \.spec\.http$/,
      )
      assert.deepEqual(
        heard.status.details?.causes?.map(({ reason, field }) => [reason, field]),
        [['FieldManagerConflict', '.spec.http']],
      )
      const forced = await apply('&force=true')
      done(forced)
      assert.equal(
        (forced.object.spec as unknown as { http: { route: unknown[] }[] }).http[0]?.route.length,
        1,
      )
    },
  },
  {
    title: 'DELETE with a precondition that fails: 409 Conflict',
    async run({ create, delete: remove, routes, get }) {
      const path = routes((await create()).metadata.name)
      const heard = await remove(path, {
        kind: 'DeleteOptions',
        apiVersion: 'v1',
        preconditions: { resourceVersion: '1' },
      })
      refused(heard, 409, 'Conflict', /the ResourceVersion in the precondition \(1\) does not match/)
      done(await get(path))
    },
  },
]
