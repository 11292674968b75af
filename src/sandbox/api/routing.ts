import type { Attributes } from '../cluster/rbac.ts'

/** ResourcePath is a path of the API that names a resource, served or not. */
export interface ResourcePath {
  group: string
  version: string
  namespace: string
  plural: string
  name: string
  subresource: string
  /** What follows the subresource, with its leading slash: the path behind a proxy. */
  rest: string
}

/**
 * resourcePath reads `/api/v1/…` and `/apis/<group>/<version>/…`; null for paths that name no resource
 * (discovery, /version, …).
 */
export function resourcePath(path: string): ResourcePath | null {
  const parts = path.split('/').slice(1).map(decoded)
  let group = ''
  let at: number
  if (parts[0] === 'api') at = 1
  else if (parts[0] === 'apis') {
    group = parts[1] ?? ''
    at = 2
  } else return null
  const version = parts[at] ?? ''
  const tail = parts.slice(at + 1)
  if (tail.length === 0 || tail[0] === '') return null
  let namespace = ''
  // `/namespaces/shop` is the Namespace itself, `/namespaces/shop/pods` what lives in it.
  if (tail[0] === 'namespaces' && tail.length > 2 && tail[2] !== 'status' && tail[2] !== '') {
    namespace = tail[1] as string
    tail.splice(0, 2)
  }
  const [plural = '', name = '', subresource = '', ...rest] = tail
  return {
    group,
    version,
    namespace: plural === 'namespaces' ? name : namespace,
    plural,
    name,
    subresource,
    rest: rest.length === 0 ? '' : `/${rest.join('/')}`,
  }
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part)
  } catch {
    return part
  }
}

/** attributesOf says what a request wants, in the words of authorization. */
export function attributesOf(method: string, path: ResourcePath, query: URLSearchParams): Attributes {
  return {
    verb: verbOf(method, path.name, query),
    group: path.group,
    resource: path.plural,
    subresource: path.subresource,
    namespace: path.namespace,
    name: path.name,
  }
}

function verbOf(method: string, name: string, query: URLSearchParams): string {
  switch (method) {
    case 'POST':
      return 'create'
    case 'PUT':
      return 'update'
    case 'PATCH':
      return 'patch'
    case 'DELETE':
      return name === '' ? 'deletecollection' : 'delete'
    default:
      if (name !== '') return 'get'
      return ['1', 'true'].includes(query.get('watch') ?? '') ? 'watch' : 'list'
  }
}
