import type { KubeObject } from '../../../release/kubernetes.ts'
import type { StoreReader } from '../../cluster/store.ts'
import { admitSecurely } from './pod-security.ts'
import { admitWithinQuota } from './quota.ts'

/** admitPod refuses a new pod as the API server's admission does: Pod Security first, then quota. Throws a 403. */
export function admitPod(store: StoreReader, pod: KubeObject): void {
  admitSecurely(store, pod)
  admitWithinQuota(store, pod)
}
