import type { KubeObject } from '../../../release/kubernetes.ts'
import { fieldText, leavesIn, leavesOf, type ManagedField } from '../../cluster/ownership.ts'
import { same } from '../../cluster/values.ts'
import { applyConflict } from '../answers.ts'

/**
 * applyTo gives the object after a server-side apply by `manager`: all that is applied, without what the same
 * manager applied before and no longer does. Throws a 409 that names other managers' fields, unless forced.
 */
export function applyTo(
  before: KubeObject,
  applied: KubeObject,
  manager: string,
  force: boolean,
): KubeObject {
  const current = leavesOf(before)
  const wanted = leavesOf(applied)
  const entries = (before.metadata.managedFields ?? []) as ManagedField[]
  const isOwn = (entry: ManagedField): boolean => entry.manager === manager && entry.operation === 'Apply'
  const conflicts = [...wanted].flatMap(([leaf, value]) => {
    if (!current.has(leaf) || same(current.get(leaf), value)) return []
    return entries
      .filter((entry) => !isOwn(entry) && leavesIn(entry.fieldsV1).has(leaf))
      .map((entry) => ({
        manager: entry.manager,
        using: entry.operation === 'Update' ? ` using ${entry.apiVersion}` : '',
        field: fieldText(leaf),
      }))
  })
  if (conflicts.length > 0 && !force) throw applyConflict(conflicts)
  const result = structuredClone(before) as unknown as Record<string, unknown>
  for (const leaf of dropped(entries, isOwn, wanted)) erase(result, leaf.split('\0'))
  for (const [leaf, value] of wanted) place(result, leaf.split('\0'), structuredClone(value))
  return result as unknown as KubeObject
}

function dropped(
  entries: ManagedField[],
  isOwn: (entry: ManagedField) => boolean,
  wanted: Map<string, unknown>,
): string[] {
  const others = new Set(
    entries.filter((entry) => !isOwn(entry)).flatMap((entry) => [...leavesIn(entry.fieldsV1)]),
  )
  return entries
    .filter(isOwn)
    .flatMap((entry) => [...leavesIn(entry.fieldsV1)])
    .filter((leaf) => !wanted.has(leaf) && !others.has(leaf))
}

function place(target: Record<string, unknown>, path: string[], value: unknown): void {
  let node = target
  for (const part of path.slice(0, -1)) {
    const next = node[part]
    if (typeof next === 'object' && next !== null && !Array.isArray(next))
      node = next as Record<string, unknown>
    else {
      const made: Record<string, unknown> = {}
      node[part] = made
      node = made
    }
  }
  node[path.at(-1) as string] = value
}

function erase(target: Record<string, unknown>, path: string[]): void {
  let node: unknown = target
  for (const part of path.slice(0, -1)) node = (node as Record<string, unknown> | undefined)?.[part]
  if (typeof node === 'object' && node !== null)
    delete (node as Record<string, unknown>)[path.at(-1) as string]
}
