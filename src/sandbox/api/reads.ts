import type { KubeObject } from '../../release/kubernetes.ts'
import { apiVersionOf, type Kind } from '../cluster/kinds.ts'
import type { Store } from '../cluster/store.ts'
import { badRequest } from './answers.ts'
import { fieldMatcher, labelMatcher } from './selectors.ts'

/** shownAs gives an object under one of its kind's versions. */
export function shownAs(object: KubeObject, kind: Kind, version: string): KubeObject {
  return { ...object, apiVersion: apiVersionOf(kind, version) }
}

/** listObjects answers a list: selectors, `limit` and `continue`. Namespace '' means all. */
export function listObjects(
  store: Store,
  kind: Kind,
  version: string,
  namespace: string,
  query: URLSearchParams,
): Record<string, unknown> {
  const labels = labelMatcher(query.get('labelSelector') ?? '')
  const fields = fieldMatcher(query.get('fieldSelector') ?? '', kind.kind)
  const selected = (namespace === '' ? store.list(kind.kind) : store.list(kind.kind, namespace)).filter(
    (object) => labels(object.metadata.labels ?? {}) && fields(object),
  )
  const after = continued(query.get('continue') ?? '')
  const rest = after === null ? selected : selected.filter((object) => keyOf(object) > after)
  const limit = limitIn(query.get('limit'))
  const page = limit === 0 ? rest : rest.slice(0, limit)
  const left = rest.length - page.length
  const last = page.at(-1)
  return {
    kind: `${kind.kind}List`,
    apiVersion: apiVersionOf(kind, version),
    metadata: {
      resourceVersion: String(store.revision()),
      ...(left > 0 && last !== undefined
        ? { continue: Buffer.from(keyOf(last)).toString('base64url'), remainingItemCount: left }
        : {}),
    },
    items: page.map((object) => itemOf(object, kind, version)),
  }
}

function keyOf(object: KubeObject): string {
  return `${object.metadata.namespace ?? ''}/${object.metadata.name}`
}

function continued(token: string): string | null {
  if (token === '') return null
  const key = Buffer.from(token, 'base64url').toString('utf8')
  if (!key.includes('/')) throw badRequest('continue key is not valid: illegal base64 data')
  return key
}

function limitIn(text: string | null): number {
  if (text === null || text === '') return 0
  const limit = Number(text)
  if (!Number.isInteger(limit))
    throw badRequest(`strconv.ParseInt: parsing ${JSON.stringify(text)}: invalid syntax`)
  return Math.max(0, limit)
}

/** Items of built-in lists carry neither apiVersion nor kind; those of custom resources do. */
function itemOf(object: KubeObject, kind: Kind, version: string): unknown {
  if (kind.custom) return shownAs(object, kind, version)
  const { apiVersion: _apiVersion, kind: _kind, ...item } = object
  return item
}
