import type { KubeObject } from '../../release/kubernetes.ts'
import { usage, written } from '../api/pod-admission/quota.ts'
import { kindNamed, kinds } from '../cluster/kinds.ts'
import { type Store, systemWriter } from '../cluster/store.ts'

/** followQuotas keeps the status of every ResourceQuota: what is used of it; the returned function ends it. */
export function followQuotas(store: Store): () => void {
  return store.subscribe(({ object }) => {
    for (const quota of store.list('ResourceQuota', object.metadata.namespace)) count(store, quota)
  })
}

function count(store: Store, quota: KubeObject): void {
  const hard = (quota.spec?.hard ?? {}) as Record<string, string>
  const objects = kinds.flatMap(({ kind }) => store.list(kind, quota.metadata.namespace)).filter(isCounted)
  const used = Object.fromEntries(
    Object.keys(hard).map((resource) => [
      resource,
      written(
        resource,
        objects.reduce((sum, object) => sum + usage(object, resource), 0),
      ),
    ]),
  )
  store.update(kindNamed('ResourceQuota'), quota, { ...quota, status: { hard, used } }, systemWriter)
}

/** A pod that has run to its end takes nothing any more. */
function isCounted({ kind, status }: KubeObject): boolean {
  const { phase } = (status ?? {}) as { phase?: string }
  return kind !== 'Pod' || (phase !== 'Succeeded' && phase !== 'Failed')
}
