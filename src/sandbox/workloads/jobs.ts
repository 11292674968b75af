import type { KubeObject } from '../../release/kubernetes.ts'
import type { Random } from '../../simulation/random.ts'
import { kindNamed } from '../cluster/kinds.ts'
import { type Store, systemWriter } from '../cluster/store.ts'
import type { Kubelet } from './pods/kubelet.ts'
import { letters, podFrom, type Template } from './pods/pod-template.ts'

/** followJobs gives every Job one pod, which runs until the Job is taken away; what is in it is not run. */
export function followJobs(options: { store: Store; random: Random; kubelet: Kubelet }): () => void {
  const { store, random, kubelet } = options
  const seen = new Set<string>()
  const podsOf = (uid: string) =>
    store
      .list('Pod')
      .filter((pod) => pod.metadata.ownerReferences?.some((owner) => (owner as { uid?: string }).uid === uid))
  return store.subscribe(({ object }) => {
    if (object.kind !== 'Job') return
    const { uid = '', namespace = '', name } = object.metadata
    const present = store.get('Job', namespace, name)?.metadata.uid === uid
    if (!present) for (const pod of podsOf(uid)) kubelet.stop(pod)
    if (!present || seen.has(uid)) return
    seen.add(uid)
    kubelet.watch(store.create(kindNamed('Pod'), podOf(store, object, random), systemWriter))
  })
}

function podOf(store: Store, job: KubeObject, random: Random): KubeObject {
  const { template = {} } = (job.spec ?? {}) as { template?: Template }
  const name = `${job.metadata.name}-${letters(random.next() * 27 ** 5, 5)}`
  const node = store.list('Node')[0]?.metadata.name ?? 'node-1'
  return podFrom(store, job, template, { name, node })
}
