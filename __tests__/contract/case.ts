import assert from 'node:assert/strict'
import type { Contract, Heard } from './wire.ts'

/** ContractCase is one row of what a client relies on. */
export interface ContractCase {
  title: string
  /** What must be there for it to run; absent: nothing. */
  needs?: 'webhook' | 'bystander'
  run(contract: Contract): Promise<void>
}

/** whyNot says why a case can't run against a server; null: it can. */
export function whyNot(one: ContractCase, contract: Contract): string | null {
  if (one.needs === 'webhook' && !contract.hasWebhook) return "Istio's validation webhook is not there"
  if (one.needs === 'bystander' && !contract.has('bystander')) return 'no --bystander kubeconfig was given'
  return null
}

/** refused asserts an error: its code, its reason (null: none) and what its message must hold. */
export function refused(heard: Heard, code: number, reason: string | null, message: string | RegExp): void {
  const seen = `${heard.code} ${heard.text.slice(0, 600)}`
  assert.equal(heard.code, code, seen)
  assert.equal(heard.status.kind, 'Status', seen)
  assert.equal(heard.status.reason ?? null, reason, seen)
  if (typeof message === 'string') assert.equal(heard.status.message, message)
  else assert.match(heard.status.message ?? '', message)
}

/** patchMissed asserts the one answer that a failed test and a missing path share. */
export function patchMissed(heard: Heard): void {
  refused(heard, 422, 'Invalid', 'the server rejected our request due to an error in our request')
  assert.deepEqual(heard.status.details ?? {}, {}, 'details are empty')
}

/** modified asserts the conflict of a stale resourceVersion. */
export function modified(heard: Heard): void {
  refused(
    heard,
    409,
    'Conflict',
    /the object has been modified; please apply your changes to the latest version and try again$/,
  )
}

/** done asserts success. */
export function done(heard: Heard, code = 200): void {
  assert.equal(heard.code, code, `${heard.code} ${heard.text.slice(0, 600)}`)
}

/** fieldsNamed gives the fields that an error's causes name. */
export function fieldsNamed(heard: Heard): string[] {
  return (heard.status.details?.causes ?? []).map(({ field }) => field ?? '')
}
