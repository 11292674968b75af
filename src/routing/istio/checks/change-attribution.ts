import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import type { Pair } from '../model/pair.ts'
import { refOf } from '../model/rule.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { detectDrift, driftText } from './drift.ts'

/** Name that our own changes have in an object's managedFields. */
const ourManager = 'shiftgate'

/**
 * attributeChange says who changed what in the VirtualServices of a pair since `before`; where that isn't known (another
 * process saw it), who wrote after us. Empty where the objects say nothing.
 */
export function attributeChange(before: RoutingSnapshot | null, now: RoutingSnapshot, pair: Pair): string {
  if (before === null) return now.virtualServices.flatMap(laterWriters).join('; ')
  const known = new Map(before.virtualServices.map((object) => [nameOf(object), object]))
  const present = new Map(now.virtualServices.map((object) => [nameOf(object), object]))
  return [...new Set([...known.keys(), ...present.keys()])]
    .flatMap((name) => {
      const found = detectDrift(known.get(name) ?? null, present.get(name) ?? null, pair)
      return found?.touchesPair ? [driftText(found).replace(/\.$/, '')] : []
    })
    .join('; ')
}

function nameOf(object: KubeObject): string {
  return refText(refOf(object))
}

function laterWriters(object: KubeObject): string[] {
  const fields = (object.metadata.managedFields ?? []).filter(({ subresource }) => subresource === undefined)
  const last = (ours: boolean) =>
    fields
      .filter(({ manager }) => (manager === ourManager) === ours)
      .sort((left, right) => ((left.time ?? '') < (right.time ?? '') ? 1 : -1))[0]
  const [we, they] = [last(true), last(false)]
  if (we === undefined || they === undefined || (they.time ?? '') < (we.time ?? '')) return []
  return [`${they.manager ?? 'unknown'} (${they.time ?? ''}) wrote ${nameOf(object)} last`]
}
