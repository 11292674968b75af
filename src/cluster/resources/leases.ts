import { Failure } from '../../release/failure.ts'
import type { KubeObject } from '../../release/kubernetes.ts'
import { findObject } from '../api/find-object.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { toPath } from '../api/paths.ts'

const apiVersion = 'coordination.k8s.io/v1'
const releaseKey = 'shiftgate.io/release'

interface LeaseView {
  holder: string
  release: string | null
  durationSeconds: number
  renewTime: string
  transitions: number
  resourceVersion: string
}

interface LeaseWrite {
  holder: string
  release: string | null
  durationSeconds: number
  acquiredAt: number
  renewedAt: number
  transitions: number
}

/** LeaseClient reads and writes Leases by compare-and-swap. */
export interface LeaseClient {
  lease(namespace: string, name: string, signal: AbortSignal): Promise<LeaseView | null>
  createLease(namespace: string, name: string, write: LeaseWrite, signal: AbortSignal): Promise<LeaseView>
  updateLease(
    namespace: string,
    name: string,
    write: LeaseWrite,
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<LeaseView>
  releaseLease(
    namespace: string,
    name: string,
    release: string | null,
    resourceVersion: string,
    signal: AbortSignal,
  ): Promise<void>
}

/** createLeaseClient works with the Leases of a cluster. */
export function createLeaseClient(api: KubeApi): LeaseClient {
  return {
    async lease(namespace, name, signal) {
      const found = await findObject(api, { apiVersion, plural: 'leases', namespace }, name, signal)
      return found === null ? null : viewOf(found)
    },
    async createLease(namespace, name, write, signal) {
      const path = toPath({ apiVersion, plural: 'leases', namespace })
      const body = {
        apiVersion,
        kind: 'Lease',
        metadata: { name, namespace, annotations: annotationsOf(write) },
        spec: specOf(write),
      }
      const answer = await api.send({ method: 'POST', path, body: JSON.stringify(body) }, signal)
      return viewOf(answer.body as unknown as KubeObject)
    },
    async updateLease(namespace, name, write, resourceVersion, signal) {
      const metadata = { resourceVersion, annotations: annotationsOf(write) }
      return viewOf(await swap(api, namespace, name, { metadata, spec: specOf(write) }, signal))
    },
    async releaseLease(namespace, name, release, resourceVersion, signal) {
      const metadata = { resourceVersion, annotations: { [releaseKey]: release } }
      const spec = { holderIdentity: null, leaseDurationSeconds: 1 }
      await swap(api, namespace, name, { metadata, spec }, signal)
    },
  }
}

/** swap: a merge patch that carries a resourceVersion is refused (409) when that is stale, and leaves the rest alone. */
async function swap(
  api: KubeApi,
  namespace: string,
  name: string,
  change: object,
  signal: AbortSignal,
): Promise<KubeObject> {
  const path = toPath({ apiVersion, plural: 'leases', namespace }, name)
  const body = JSON.stringify(change)
  const ask = { method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }
  return (await api.send(ask, signal)).body as unknown as KubeObject
}

/** toMicroTime writes a time as a Lease wants it: six digits of a second, no fewer. */
export function toMicroTime(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z')
}

/** A write that names no release leaves the name that is there. */
function annotationsOf({ release }: LeaseWrite): Record<string, string> {
  return release === null ? {} : { [releaseKey]: release }
}

function specOf(write: LeaseWrite) {
  return {
    holderIdentity: write.holder,
    leaseDurationSeconds: Math.max(1, Math.ceil(write.durationSeconds)),
    acquireTime: toMicroTime(write.acquiredAt),
    renewTime: toMicroTime(write.renewedAt),
    leaseTransitions: write.transitions,
  }
}

function viewOf(lease: KubeObject): LeaseView {
  const spec = lease.spec ?? {}
  const { resourceVersion } = lease.metadata
  if (resourceVersion === undefined) {
    throw new Failure('bad-answer', `the Lease ${lease.metadata.name} came without a resourceVersion`)
  }
  const text = (key: string) => (typeof spec[key] === 'string' ? spec[key] : '')
  const number = (key: string) => (typeof spec[key] === 'number' ? spec[key] : 0)
  return {
    holder: text('holderIdentity'),
    release: lease.metadata.annotations?.[releaseKey] ?? null,
    durationSeconds: number('leaseDurationSeconds'),
    renewTime: text('renewTime'),
    transitions: number('leaseTransitions'),
    resourceVersion,
  }
}
