import type { ServerResponse } from 'node:http'
import type { KubeObject } from '../../release/kubernetes.ts'
import type { Kind } from '../cluster/kinds.ts'
import type { Store } from '../cluster/store.ts'
import { shownAs } from './reads.ts'
import { fieldMatcher, labelMatcher } from './selectors.ts'

/** WatchCall says which objects a client watches; namespace '' means all. */
export interface WatchCall {
  kind: Kind
  version: string
  namespace: string
  query: URLSearchParams
}

const types = { added: 'ADDED', modified: 'MODIFIED', deleted: 'DELETED' } as const

/**
 * watchObjects streams changes until the client goes. Without a resourceVersion it begins with what is there;
 * with one it tells what happens from now on.
 */
export function watchObjects(
  store: Store,
  { kind, version, namespace, query }: WatchCall,
  response: ServerResponse,
): void {
  const labels = labelMatcher(query.get('labelSelector') ?? '')
  const fields = fieldMatcher(query.get('fieldSelector') ?? '', kind.kind)
  const wanted = (object: KubeObject): boolean =>
    object.kind === kind.kind &&
    (namespace === '' || object.metadata.namespace === namespace) &&
    labels(object.metadata.labels ?? {}) &&
    fields(object)
  const tell = (type: string, object: KubeObject): void => {
    response.write(`${JSON.stringify({ type, object: shownAs(object, kind, version) })}\n`)
  }
  response.writeHead(200, { 'content-type': 'application/json' })
  response.flushHeaders()
  if ((query.get('resourceVersion') ?? '') === '') {
    for (const object of store.list(kind.kind)) if (wanted(object)) tell('ADDED', object)
  }
  const stop = store.subscribe(({ type, object, before }) => {
    const is = wanted(object)
    const was = before !== null && wanted(before)
    if (is) tell(type === 'modified' && !was ? 'ADDED' : types[type], object)
    else if (was) tell('DELETED', object)
  })
  response.on('close', stop)
}
