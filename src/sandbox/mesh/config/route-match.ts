import type { JsonObject } from '../../../release/kubernetes.ts'
import { records, toRecord } from '../proxies/pod.ts'
import { strings } from './hosts.ts'
import { isSubsetOf, subsetLabels } from './subsets.ts'

/** MeshRequest is one sort of request as its caller's proxy sees it. */
export interface MeshRequest {
  host: string
  path: string
  method: string
  headers: Readonly<Record<string, string>>
  port: number | null
  sourceNamespace: string
  sourceLabels: Readonly<Record<string, string>>
  /** `mesh` for a sidecar, else the gateway as `namespace/name`. */
  gateway: string
}

/** matches tells whether an HTTP rule takes a request: any of its matches does, or it has none. */
export function matches(rule: JsonObject, request: MeshRequest, namespace: string): boolean {
  const list = records(rule.match)
  return list.length === 0 || list.some((match) => matchesOne(match, request, namespace))
}

/** isCatchAll tells whether a rule takes every request. */
export function isCatchAll(rule: JsonObject): boolean {
  const list = records(rule.match)
  return list.length === 0 || list.some(takesAll)
}

function takesAll(match: JsonObject): boolean {
  const keys = Object.keys(match).filter((key) => key !== 'name')
  return keys.length === 0 || (keys.length === 1 && toRecord(match.uri).prefix === '/')
}

/** gatewayName completes a gateway's name with the namespace of the object that names it. */
export function gatewayName(name: string, namespace: string): string {
  if (name === 'mesh') return name
  return name.includes('/') ? name.replace(/^\.\//, `${namespace}/`) : `${namespace}/${name}`
}

function matchesOne(match: JsonObject, request: MeshRequest, namespace: string): boolean {
  const [path = '', search = ''] = request.path.split('?', 2)
  const gateways = strings(match.gateways)
  if (gateways.length > 0 && !gateways.some((name) => gatewayName(name, namespace) === request.gateway)) {
    return false
  }
  if (match.port !== undefined && request.port !== null && match.port !== request.port) return false
  if (match.sourceNamespace !== undefined && match.sourceNamespace !== request.sourceNamespace) return false
  if (!isSubsetOf(subsetLabels(match.sourceLabels), request.sourceLabels)) return false
  return (
    textFits(match.uri, path, match.ignoreUriCase === true) &&
    textFits(match.method, request.method, false) &&
    textFits(match.scheme, 'http', false) &&
    textFits(match.authority, request.host, false) &&
    headersFit(match, request) &&
    queryFits(toRecord(match.queryParams), new URLSearchParams(search))
  )
}

function headersFit(match: JsonObject, request: MeshRequest): boolean {
  for (const [name, matcher] of Object.entries(toRecord(match.headers))) {
    if (!valueFits(matcher, request.headers[name.toLowerCase()])) return false
  }
  for (const [name, matcher] of Object.entries(toRecord(match.withoutHeaders))) {
    if (valueFits(matcher, request.headers[name.toLowerCase()])) return false
  }
  return true
}

function queryFits(wanted: JsonObject, given: URLSearchParams): boolean {
  return Object.entries(wanted).every(([name, matcher]) => valueFits(matcher, given.get(name) ?? undefined))
}

/** valueFits tests a value that may be missing; an empty matcher asks only that it is there. */
function valueFits(matcher: unknown, value: string | undefined): boolean {
  return value !== undefined && textFits(matcher, value, false)
}

function textFits(matcher: unknown, value: string, ignoreCase: boolean): boolean {
  if (matcher === undefined || matcher === null) return true
  const { exact, prefix, regex } = toRecord(matcher)
  const fold = (text: string): string => (ignoreCase ? text.toLowerCase() : text)
  if (typeof exact === 'string') return fold(value) === fold(exact)
  if (typeof prefix === 'string') return fold(value).startsWith(fold(prefix))
  if (typeof regex === 'string') return new RegExp(`^(?:${regex})$`).test(value)
  return true
}
