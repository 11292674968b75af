import type { KubeObject } from '../../release/kubernetes.ts'

type Tree = { [key: string]: Tree }

/** ManagedField is one writer's entry: which fields its last writes left in place. */
export interface ManagedField {
  manager: string
  operation: 'Apply' | 'Update'
  apiVersion: string
  time: string
  fieldsType: 'FieldsV1'
  fieldsV1: Tree
  subresource?: string
}

const unowned = new Set([
  'name',
  'namespace',
  'uid',
  'resourceVersion',
  'generation',
  'creationTimestamp',
  'deletionTimestamp',
  'managedFields',
])

/**
 * leavesOf gives an object's fields as owners have them, by path joined with NUL. Lists are single fields: no
 * list of Istio's routing kinds is declared as a map or a set.
 */
export function leavesOf(object: KubeObject): Map<string, unknown> {
  const leaves = new Map<string, unknown>()
  for (const [key, value] of Object.entries(object)) {
    if (key === 'apiVersion' || key === 'kind') continue
    if (key !== 'metadata') collect(value, [key], leaves)
    else {
      for (const [name, item] of Object.entries(object.metadata)) {
        if (!unowned.has(name)) collect(item, ['metadata', name], leaves)
      }
    }
  }
  return leaves
}

function collect(value: unknown, path: string[], into: Map<string, unknown>): void {
  if (value === undefined) return
  const inner =
    typeof value === 'object' && value !== null && !Array.isArray(value) ? Object.entries(value) : []
  if (inner.length === 0) into.set(path.join('\0'), value)
  for (const [key, child] of inner) collect(child, [...path, key], into)
}

/** treeOf writes leaves in the form of `fieldsV1`. */
function treeOf(leaves: Iterable<string>): Tree {
  const root: Tree = {}
  for (const leaf of leaves) {
    let node = root
    for (const part of leaf.split('\0')) {
      const key = `f:${part}`
      node[key] ??= {}
      node = node[key]
    }
  }
  return root
}

/** leavesIn reads `fieldsV1` back. */
export function leavesIn(tree: Tree, path: string[] = []): Set<string> {
  const found = new Set<string>()
  for (const [key, below] of Object.entries(tree)) {
    const here = [...path, key.slice(2)]
    if (Object.keys(below).length === 0) found.add(here.join('\0'))
    for (const leaf of leavesIn(below, here)) found.add(leaf)
  }
  return found
}

/** fieldText names a leaf as the API's messages do: `.spec.http`. */
export function fieldText(leaf: string): string {
  return `.${leaf.split('\0').join('.')}`
}

/**
 * ownersAfter gives the managedFields of an object after a write: `changed` leaves move to the writer, leaves
 * that are gone leave everybody. `owned` is what the writer has from now on (all it applied, or what it changed
 * beside what it had).
 */
export function ownersAfter(
  entries: readonly ManagedField[],
  write: {
    entry: Omit<ManagedField, 'fieldsType' | 'fieldsV1'>
    changed: ReadonlySet<string>
    present: ReadonlySet<string>
    applied: ReadonlySet<string> | null
  },
): ManagedField[] {
  const result: ManagedField[] = []
  let own = new Set<string>(write.applied ?? write.changed)
  for (const entry of entries) {
    const leaves = leavesIn(entry.fieldsV1)
    const mine =
      entry.manager === write.entry.manager &&
      entry.operation === write.entry.operation &&
      entry.subresource === write.entry.subresource
    if (mine) {
      if (write.applied === null) own = new Set([...leaves, ...own].filter((leaf) => write.present.has(leaf)))
      continue
    }
    const kept = [...leaves].filter((leaf) => write.present.has(leaf) && !write.changed.has(leaf))
    if (kept.length > 0) result.push({ ...entry, fieldsV1: treeOf(kept) })
  }
  if (own.size > 0) result.push({ ...write.entry, fieldsType: 'FieldsV1', fieldsV1: treeOf(own) })
  return result
}
