import { quotaStatus } from '../api/pod-admission/quota.ts'
import { kindNamed } from '../cluster/kinds.ts'
import { type Store, systemWriter } from '../cluster/store.ts'

/** followQuotas keeps the status of every ResourceQuota: what is used of it; the returned function ends it. */
export function followQuotas(store: Store): () => void {
  const kind = kindNamed('ResourceQuota')
  return store.subscribe(({ object }) => {
    for (const { metadata } of store.list('ResourceQuota', object.metadata.namespace)) {
      const quota = store.get('ResourceQuota', metadata.namespace ?? '', metadata.name)
      if (quota === null) continue
      store.update(kind, quota, { ...quota, status: { ...quotaStatus(store, quota) } }, systemWriter)
    }
  })
}
