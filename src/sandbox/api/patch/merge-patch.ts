type Map = Record<string, unknown>

function isMap(value: unknown): value is Map {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** mergePatch gives the document after a JSON merge patch (RFC 7386). */
export function mergePatch(document: unknown, patch: unknown): unknown {
  if (!isMap(patch)) return structuredClone(patch)
  const result: Map = isMap(document) ? { ...document } : {}
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key]
    else result[key] = mergePatch(result[key], value)
  }
  return result
}

/** The keys by which Kubernetes' own types merge their lists; all other lists are replaced whole. */
const mergeKeys: Record<string, string> = {
  containers: 'name',
  initContainers: 'name',
  env: 'name',
  volumes: 'name',
  volumeMounts: 'mountPath',
  imagePullSecrets: 'name',
  conditions: 'type',
  ownerReferences: 'uid',
  hostAliases: 'ip',
}

function keyOf(field: string, parent: string): string | null {
  if (field === 'ports') return parent === 'spec' ? 'port' : 'containerPort'
  return mergeKeys[field] ?? null
}

/** strategicMerge gives the document after a strategic merge patch, with the merge keys of built-in types. */
export function strategicMerge(document: unknown, patch: unknown, field = ''): unknown {
  if (!isMap(patch)) return structuredClone(patch)
  const { $patch: directive, ...changes } = patch
  if (directive === 'replace') return structuredClone(changes)
  const result: Map = isMap(document) ? { ...document } : {}
  for (const [key, value] of Object.entries(changes)) {
    const mergeKey = keyOf(key, field)
    if (value === null) delete result[key]
    else if (Array.isArray(value) && mergeKey !== null) result[key] = mergeList(result[key], value, mergeKey)
    else result[key] = strategicMerge(result[key], value, key)
  }
  return result
}

function mergeList(before: unknown, patch: unknown[], mergeKey: string): unknown[] {
  const result = Array.isArray(before) ? [...before] : []
  for (const item of patch) {
    if (!isMap(item)) continue
    const index = result.findIndex((other) => isMap(other) && other[mergeKey] === item[mergeKey])
    if (item.$patch === 'delete') {
      if (index !== -1) result.splice(index, 1)
    } else if (index === -1) result.push(structuredClone(item))
    else result[index] = strategicMerge(result[index], item)
  }
  return result
}
