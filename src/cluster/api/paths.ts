import { Failure } from '../../release/failure.ts'
import { checkDnsLabel, checkObjectName } from './names.ts'

/** ApiCall is what an API server's authorizer sees of a request: the words of a Role's rule. */
export interface ApiCall {
  verb: string
  /** API group, `` for the core group. */
  group: string
  /** Plural, with the subresource: `services/proxy`. */
  resource: string
  /** null for what lives in no namespace, and for lists over all namespaces. */
  namespace: string | null
  name: string | null
}

/** ResourceLocation names one resource: group and version, plural, and the namespace or all of them. */
export interface ResourceLocation {
  /** `v1`, `apps/v1` … */
  apiVersion: string
  plural: string
  namespace: string | null
}

/** toPath gives the path of a collection or, with a name, of an object in it; every part is checked. */
export function toPath(place: ResourceLocation, name?: string): string {
  const [group, version] = place.apiVersion.includes('/')
    ? place.apiVersion.split('/')
    : ['', place.apiVersion]
  const root = group
    ? `/apis/${checkObjectName(group, 'API group')}/${checkDnsLabel(version ?? '', 'API version')}`
    : `/api/${checkDnsLabel(version ?? '', 'API version')}`
  const scope = place.namespace === null ? '' : `/namespaces/${checkDnsLabel(place.namespace, 'namespace')}`
  const collection = `${root}${scope}/${checkDnsLabel(place.plural, 'resource')}`
  return name === undefined ? collection : `${collection}/${checkObjectName(name, 'name')}`
}

/** Query holds parameters; undefined ones are left out. */
type Query = Readonly<Record<string, string | undefined>>

/** withQuery puts parameters after a path. */
export function withQuery(path: string, query: Query): string {
  const given = Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined)
  if (given.length === 0) return path
  return `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(given)}`
}

/** checkPath gives a path written by our own code back, refusing what could lead elsewhere. */
export function checkPath(path: string): string {
  const [place = '', query] = path.split('?', 2)
  const fine =
    /^\/[A-Za-z0-9]/.test(place) &&
    /^[-A-Za-z0-9._~:/%]*$/.test(place) &&
    !/\/\/|\/\.{1,2}(\/|$)|%2e|%2f/i.test(place) &&
    (query === undefined || /^[\x21-\x7e]*$/.test(query)) &&
    !path.includes('#')
  if (fine) return path
  throw new Failure(
    'invalid-input',
    `${JSON.stringify(path.slice(0, 120))} is not a path of the Kubernetes API`,
  )
}

const verbs: Readonly<Record<string, string>> = {
  POST: 'create',
  PUT: 'update',
  PATCH: 'patch',
  DELETE: 'delete',
}

/** toApiCall reads from method and path what a Role must allow; null for paths that are no resources (`/version`). */
export function toApiCall(method: string, path: string): ApiCall | null {
  const parts = (path.split('?', 1)[0] ?? '').split('/').filter(Boolean).map(decodeURIComponent)
  const group = parts[0] === 'api' ? '' : parts[0] === 'apis' ? parts[1] : undefined
  let rest = parts.slice(parts[0] === 'api' ? 2 : 3)
  if (group === undefined || rest.length === 0) return null
  let namespace: string | null = null
  if (rest[0] === 'namespaces' && rest.length > 2) {
    namespace = rest[1] ?? null
    rest = rest.slice(2)
  }
  const [plural = '', name = null, subresource] = rest
  const verb = method === 'GET' ? (name === null ? 'list' : 'get') : (verbs[method] ?? method.toLowerCase())
  return { verb, group, resource: subresource ? `${plural}/${subresource}` : plural, namespace, name }
}

/** describeCall says a call as people say it: `patch virtualservices.networking.istio.io in namespace shop`. */
export function describeCall(call: ApiCall): string {
  const what = call.group ? `${call.resource}.${call.group}` : call.resource
  return `${call.verb} ${what} ${call.namespace === null ? 'over all namespaces' : `in namespace ${call.namespace}`}`
}
