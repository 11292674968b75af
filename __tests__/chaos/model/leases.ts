import { Failure } from '../../../src/release/failure.ts'
import type { LeasePort, LeaseSpec, LeaseView } from '../../../src/rollout/ports.ts'

type Call = <T>(carryOut: () => T) => Promise<T>

/** createModelLeases is one Lease as an API server keeps it. */
export function createModelLeases() {
  let lease: LeaseView | null = null
  let version = 0
  const view = (spec: LeaseSpec): LeaseView => ({
    holder: spec.holder,
    release: spec.release,
    durationSeconds: spec.durationSeconds,
    renewTime: String(spec.renewedAt),
    transitions: spec.transitions,
    resourceVersion: String(++version),
  })
  return {
    current: (): LeaseView | null => lease,
    drop: (): void => {
      lease = null
    },
    /** port is the Lease for one process, whose every call goes through `call`; `hidden`: it is not seen. */
    port: (call: Call, hidden: () => boolean = () => false): LeasePort => ({
      lease: () => call(() => (hidden() ? null : lease)),
      createLease: (_namespace, _name, spec) =>
        call(() => {
          if (lease !== null) throw new Failure('already-exists', 'There is one.')
          lease = view(spec)
          return lease
        }),
      updateLease: (_namespace, _name, spec, seen) =>
        call(() => {
          if (lease === null) throw new Failure('not-found', 'There is none.')
          if (lease.resourceVersion !== seen) throw new Failure('conflict', 'It has been changed.')
          lease = view(spec)
          return lease
        }),
      releaseLease: (_namespace, _name, release, seen) =>
        call(() => {
          if (lease?.resourceVersion === seen)
            lease = { ...lease, holder: '', release, resourceVersion: String(++version) }
        }),
    }),
  }
}
