import type { ReleaseState } from '../../../release/state/state.ts'

/** PinResult is what `pin` came to; `stray`: what routes send elsewhere all the same, as whole sentences. */
type PinResult =
  | { kind: 'nothing-serves'; service: string }
  | { kind: 'in-flight'; release: ReleaseState }
  | { kind: 'pinned'; service: string; version: string; written: boolean; stray: readonly string[] }

/** pinMessage says which version the routes name. */
export function pinMessage(result: PinResult): string {
  switch (result.kind) {
    case 'nothing-serves':
      return `No version of ${result.service} serves yet: there is nothing to pin.`
    case 'in-flight':
      return `Release ${result.release.id} is in flight: its routes are pinned.`
    case 'pinned': {
      const { service, version, written, stray } = result
      const when = written ? 'now' : 'already'
      return stray.length === 0
        ? `All routes of ${service} ${written ? 'name' : 'named'} ${version} ${when}.`
        : `All that a release moves of ${service} is on ${version} ${when}. ${stray.join(' ')}`
    }
  }
}

/** otherPinMessage refuses to pin routes for one version while another is being released. */
export function otherPinMessage({ id, canary, holder }: ReleaseState): string {
  return `Release ${id} of ${canary.version} is in flight (held by ${holder}). Wait for it, or end it.`
}
