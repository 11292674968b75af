import type { JsonObject, JsonPatchOperation } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import type { Side } from '../model/pair.ts'
import type { Entry } from '../model/rule.ts'

/** DestinationSlot is one destination as it shall be: an existing one (`from`), changed or not, or a new one. */
export interface DestinationSlot {
  /** The entry that stands there now; null for a new one, which goes to the end. */
  from: Entry | null
  /** What the destination is apart from its weight. */
  body: JsonObject
  /** null: leave it as it is written. */
  weight: number | null
  /** The entry goes away. */
  removed?: boolean
}

/** RouteEdit is what changes in one route: tests of what is touched, and the changes, in order. */
export interface RouteEdit {
  tests: JsonPatchOperation[]
  changes: JsonPatchOperation[]
}

/** withDestination gives a destination entry that goes to a side of the pair, everything else as it was. */
export function withDestination(body: JsonObject, side: Side): JsonObject {
  const { subset: _, ...destination } = isObject(body.destination) ? structuredClone(body.destination) : {}
  const target = side.host === undefined ? { subset: side.subset } : { host: side.host }
  return { ...structuredClone(body), destination: { ...destination, ...target } }
}

/**
 * routeEdit turns slots into operations. Existing entries keep their index; new ones are appended; removals come
 * last, from the highest index down, so that no operation moves the target of another.
 */
export function routeEdit(routePointer: string, slots: readonly DestinationSlot[]): RouteEdit {
  const edit: RouteEdit = { tests: [], changes: [] }
  const removals: JsonPatchOperation[] = []
  for (const slot of slots) {
    if (slot.from === null) {
      edit.changes.push({
        op: 'add',
        path: `${routePointer}/-`,
        value: { ...slot.body, weight: slot.weight ?? 0 },
      })
      continue
    }
    const changes = slot.removed
      ? [{ op: 'remove' as const, path: slot.from.pointer }]
      : entryChanges(slot.from, slot)
    if (changes.length === 0) continue
    edit.tests.push({ op: 'test', path: slot.from.pointer, value: slot.from.body })
    if (slot.removed) removals.unshift(...changes)
    else edit.changes.push(...changes)
  }
  edit.changes.push(...removals)
  return edit
}

function entryChanges(from: Entry, slot: DestinationSlot): JsonPatchOperation[] {
  const changes: JsonPatchOperation[] = []
  const before = isObject(from.body.destination) ? from.body.destination : {}
  const after = isObject(slot.body.destination) ? slot.body.destination : {}
  for (const key of ['host', 'subset'] as const) {
    const value = after[key]
    if (value === undefined || value === before[key]) continue
    const op = Object.hasOwn(before, key) ? 'replace' : 'add'
    changes.push({ op, path: `${from.pointer}/destination/${key}`, value })
  }
  if (slot.weight !== null && slot.weight !== from.weight) {
    const op = Object.hasOwn(from.body, 'weight') ? 'replace' : 'add'
    changes.push({ op, path: `${from.pointer}/weight`, value: slot.weight })
  }
  return changes
}
