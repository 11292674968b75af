import { Failure, isFailure } from '../../release/failure.ts'
import type { Json, JsonObject, KubeObject } from '../../release/kubernetes.ts'
import { withQuery } from './paths.ts'

const pageSize = 500
/** A hundred thousand objects: an end for a server that always names a next page. */
const pageLimit = 200

/** listPages reads a list page by page. */
export async function listPages(
  path: string,
  read: (page: string) => Promise<JsonObject>,
  again = true,
): Promise<KubeObject[]> {
  const found: KubeObject[] = []
  let next: string | undefined
  try {
    for (let pages = 0; pages < pageLimit; pages++) {
      const page = await read(withQuery(path, { limit: String(pageSize), continue: next }))
      found.push(...itemsOf(page, path))
      next = nextOf(page)
      if (next === undefined) return found
    }
  } catch (error) {
    // The list's snapshot was compacted away between two pages: a new list is the way on.
    if (again && isFailure(error, 'conflict') && error.details.status === 410)
      return listPages(path, read, false)
    throw error
  }
  throw new Failure('bad-answer', `${place(path)} is a list of more than ${pageLimit} pages`)
}

function nextOf(page: JsonObject): string | undefined {
  const metadata = page.metadata as JsonObject | null | undefined
  return typeof metadata?.continue === 'string' ? metadata.continue || undefined : undefined
}

/** Items of a list carry neither kind nor apiVersion: they are the list's, less `List`. */
function itemsOf({ kind, apiVersion, items }: JsonObject, path: string): KubeObject[] {
  if (typeof kind !== 'string' || !kind.endsWith('List') || !(Array.isArray(items) || items === null)) {
    throw new Failure('bad-answer', `${place(path)} answered with something that isn't a list`)
  }
  return (items ?? []).map((item) => {
    if (!isObject(item)) throw new Failure('bad-answer', `${place(path)} lists something that is no object`)
    return { apiVersion, kind: kind.slice(0, -'List'.length), ...item } as unknown as KubeObject
  })
}

function isObject(item: Json): item is JsonObject {
  if (typeof item !== 'object' || item === null || Array.isArray(item)) return false
  const { metadata } = item
  return (
    typeof metadata === 'object' &&
    metadata !== null &&
    !Array.isArray(metadata) &&
    typeof metadata.name === 'string'
  )
}

function place(path: string): string {
  return path.split('?', 1)[0] ?? path
}
