import assert from 'node:assert/strict'
import { type ContractCase, done, modified, refused } from './case.ts'
import type { Contract } from './wire.ts'

const merge = 'application/merge-patch+json'

function lease({ namespace }: Contract, name: string, spec: Record<string, unknown> = {}) {
  return {
    apiVersion: 'coordination.k8s.io/v1',
    kind: 'Lease',
    metadata: { name, namespace, annotations: { 'shiftgate.io/run': 'r1' } },
    spec: {
      holderIdentity: 'one',
      leaseDurationSeconds: 30,
      acquireTime: '2026-01-02T03:04:05.006000Z',
      renewTime: '2026-01-02T03:04:05.006000Z',
      leaseTransitions: 0,
      ...spec,
    },
  }
}

async function held(contract: Contract): Promise<{ path: string; resourceVersion: string }> {
  const name = contract.fresh()
  const heard = await contract.post(contract.leases(), lease(contract, name))
  done(heard, 201)
  return { path: contract.leases(name), resourceVersion: heard.object.metadata.resourceVersion ?? '' }
}

/** rights holds who may do what, and how each no is told. */
export const rights: ContractCase[] = [
  {
    title: 'no credentials: 403 for system:anonymous (or 401 where anonymous requests are off)',
    async run({ get, routes }) {
      const heard = await get(routes(), 'nobody')
      if (heard.code === 401) return refused(heard, 401, 'Unauthorized', 'Unauthorized')
      refused(heard, 403, 'Forbidden', /User "system:anonymous" cannot list resource "virtualservices"/)
    },
  },
  {
    title: 'a token that nobody has: 401 Unauthorized',
    async run({ get, routes }) {
      refused(await get(routes(), 'stranger'), 401, 'Unauthorized', 'Unauthorized')
    },
  },
  {
    title: 'no right: 403 that names user, verb, resource, group and namespace',
    needs: 'bystander',
    async run({ create, jsonPatch, routes, namespace }) {
      const heard = await jsonPatch(routes((await create()).metadata.name), [], 'bystander')
      refused(
        heard,
        403,
        'Forbidden',
        /User "[^"]+" cannot patch resource "virtualservices" in API group "networking\.istio\.io" in the namespace "/,
      )
      assert.ok(heard.status.message?.includes(`in the namespace "${namespace}"`))
    },
  },
  {
    title: 'SelfSubjectAccessReview: 201 with an answer',
    async run({ post, namespace }) {
      const resourceAttributes = {
        verb: 'patch',
        group: 'networking.istio.io',
        resource: 'virtualservices',
        namespace,
      }
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      }
      const heard = await post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review)
      done(heard, 201)
      assert.equal((heard.object.status as { allowed?: boolean }).allowed, true)
    },
  },
  {
    title: 'SelfSubjectAccessReview of somebody without the right: not allowed',
    needs: 'bystander',
    async run({ post, namespace }) {
      const resourceAttributes = {
        verb: 'patch',
        group: 'networking.istio.io',
        resource: 'virtualservices',
        namespace,
      }
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      }
      const heard = await post('/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', review, 'bystander')
      done(heard, 201)
      assert.equal((heard.object.status as { allowed?: boolean }).allowed, false)
    },
  },
]

/** leases holds what guards a writer. */
export const leases: ContractCase[] = [
  {
    title: 'a Lease’s time without six digits of a second: refused with the form that is wanted',
    async run(contract) {
      const { path } = await held(contract)
      for (const renewTime of ['2026-01-02T03:04:05Z', '2026-01-02T03:04:05.123Z']) {
        const heard = await contract.patch(path, merge, JSON.stringify({ spec: { renewTime } }))
        assert.equal(heard.code, 422, heard.text)
        assert.match(heard.text, /parsing time .* as \\"2006-01-02T15:04:05\.000000Z07:00\\"/)
      }
    },
  },
  {
    title: 'a Lease that lasts 0 seconds: 422',
    async run(contract) {
      const heard = await contract.post(
        contract.leases(),
        lease(contract, contract.fresh(), { leaseDurationSeconds: 0 }),
      )
      refused(heard, 422, 'Invalid', /must be greater than 0/)
    },
  },
  {
    title: 'a Lease is swapped by a merge patch at its resourceVersion, only once',
    async run(contract) {
      const { path, resourceVersion } = await held(contract)
      const swap = (holder: string) =>
        contract.patch(
          path,
          merge,
          JSON.stringify({ metadata: { resourceVersion }, spec: { holderIdentity: holder } }),
        )
      const first = await swap('two')
      done(first)
      assert.deepEqual(
        [
          first.object.spec?.holderIdentity,
          first.object.spec?.leaseDurationSeconds,
          first.object.metadata.annotations?.['shiftgate.io/run'],
        ],
        ['two', 30, 'r1'],
      )
      modified(await swap('three'))
    },
  },
  {
    title: 'a Lease can be left without a holder',
    async run(contract) {
      const { path, resourceVersion } = await held(contract)
      const change = {
        metadata: { resourceVersion, annotations: { 'shiftgate.io/run': null } },
        spec: { holderIdentity: null, leaseDurationSeconds: 1 },
      }
      const heard = await contract.patch(path, merge, JSON.stringify(change))
      done(heard)
      assert.equal(heard.object.spec?.holderIdentity, undefined)
      assert.equal(heard.object.metadata.annotations?.['shiftgate.io/run'], undefined)
    },
  },
]
