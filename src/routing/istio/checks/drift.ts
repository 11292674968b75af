import { type Json, type KubeObject, refText } from '../../../release/kubernetes.ts'
import { isObject, pointer, sameJson } from '../../json-patch.ts'
import { fqdn, hostsOfScope } from '../model/host.ts'
import type { Pair } from '../model/pair.ts'
import { refOf, textAt } from '../model/rule.ts'

/** Difference is one value that isn't what it was; `before` or `now` is undefined where it came or went. */
interface Difference {
  path: string
  before: Json | undefined
  now: Json | undefined
}

/** Drift is what somebody else did to a routing object of a release. */
export interface Drift {
  /** `VirtualService shop/my-api`. */
  object: string
  kind: 'created' | 'deleted' | 'changed'
  /** Destinations or weights of the pair changed: the canary may have another share than was asked. */
  touchesPair: boolean
  /** In the spec, at most 50. */
  differences: Difference[]
  /** Field managers that wrote since, newest first. */
  by: { manager: string; operation: string; at: string }[]
}

const mostDifferences = 50

/** differences lists where two JSON values differ, as JSON Pointers into either. */
function differences(before: Json | undefined, now: Json | undefined, path = ''): Difference[] {
  if (sameJson(before, now)) return []
  if (Array.isArray(before) && Array.isArray(now) && before.length === now.length)
    return before.flatMap((item, index) => differences(item, now[index], path + pointer(index)))
  if (isObject(before) && isObject(now)) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(now)])]
    return keys.flatMap((key) => differences(own(before, key), own(now, key), path + pointer(key)))
  }
  return [{ path, before, now }]
}

function own(map: { [key: string]: Json }, key: string): Json | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined
}

/**
 * detectDrift compares an object as we last wrote or read it (`before`, null: it wasn't there) with what it is now.
 * null where its spec is the same. `ours` is our own field manager, which is never named.
 */
export function detectDrift(
  before: KubeObject | null,
  now: KubeObject | null,
  pair: Pair,
  ours = 'shiftgate',
): Drift | null {
  const known = before ?? now
  if (known === null) return null
  const found = differences(before?.spec, now?.spec, '/spec')
  if (found.length === 0 && (before === null) === (now === null)) return null
  return {
    object: refText(refOf(known)),
    kind: before === null ? 'created' : now === null ? 'deleted' : 'changed',
    touchesPair: !sameJson(pairParts(before, pair), pairParts(now, pair)),
    differences: found.slice(0, mostDifferences),
    by: writers(before, now, ours),
  }
}

/** Everything in an object that names a host of the pair, in order: weighted destinations, or subsets. */
function pairParts(object: KubeObject | null, pair: Pair): Json[] {
  if (object === null) return []
  const hosts = hostsOfScope(pair)
  const { namespace } = refOf(object)
  const on = (target: Json | undefined) =>
    hosts.includes(fqdn(textAt(target, 'host') ?? '', namespace, pair.clusterDomain))
  if (object.kind === 'DestinationRule') return on(object.spec) ? [object.spec ?? null] : []
  const weightsIn = (value: Json): Json[] => {
    if (Array.isArray(value)) {
      const touched = value.some((item) => isObject(item) && on(item.destination))
      return touched ? [value.map(weighted)] : value.flatMap(weightsIn)
    }
    return isObject(value) ? Object.values(value).flatMap(weightsIn) : []
  }
  return weightsIn(object.spec ?? null)
}

function weighted(item: Json): Json {
  return isObject(item) ? { destination: item.destination ?? null, weight: item.weight ?? 0 } : item
}

function writers(before: KubeObject | null, now: KubeObject | null, ours: string): Drift['by'] {
  const key = ({ manager, operation, time }: NonNullable<KubeObject['metadata']['managedFields']>[number]) =>
    `${manager} ${operation} ${time}`
  const old = new Set((before?.metadata.managedFields ?? []).map(key))
  return (now?.metadata.managedFields ?? [])
    .filter((entry) => !old.has(key(entry)) && entry.subresource === undefined && entry.manager !== ours)
    .map(({ manager = 'unknown', operation = '', time = '' }) => ({ manager, operation, at: time }))
    .sort((left, right) => (left.at < right.at ? 1 : left.at > right.at ? -1 : 0))
}

/** driftText says in one sentence who changed what. */
export function driftText(found: Drift): string {
  const who =
    found.by.length === 0 ? 'Somebody' : found.by.map(({ manager, at }) => `${manager} (${at})`).join(', ')
  if (found.kind !== 'changed') return `${who} ${found.kind} ${found.object}.`
  const where = found.differences.slice(0, 3).map(({ path }) => path)
  const more = found.differences.length - where.length
  return `${who} changed ${found.object}: ${where.join(', ')}${more > 0 ? ` and ${more} more` : ''}.`
}
