import type { JsonObject, KubeObject } from '../../../release/kubernetes.ts'
import type { Random } from '../../../simulation/random.ts'
import { kindNamed } from '../../cluster/kinds.ts'
import { type Store, type StoreReader, systemWriter } from '../../cluster/store.ts'
import type { Kubelet } from '../pods/kubelet.ts'
import { letters, podFrom, type Template, templateHash } from '../pods/pod-template.ts'
import { isReady } from '../pods/readiness.ts'
import { replicaSetStatus } from './deployment-status.ts'

export interface DeploymentSpec {
  replicas?: number
  template?: Template
  selector?: { matchLabels?: Record<string, string> }
}

/** ReplicaSets makes the sets and pods that Deployments ask for. */
export interface ReplicaSets {
  /** current gives the set of a Deployment's present template, made where it is missing. */
  current(deployment: KubeObject): KubeObject
  /** scale brings a set to so many pods and writes its status. */
  scale(set: KubeObject, replicas: number): void
  /** removeAll ends the sets of a Deployment that is gone. */
  removeAll(namespace: string, deployment: string): void
}

/** setsOf gives the ReplicaSets of a Deployment. */
export function setsOf(store: StoreReader, deployment: KubeObject): KubeObject[] {
  return store.list('ReplicaSet', deployment.metadata.namespace).filter((set) => isOwnedBy(set, deployment))
}

/** podsOf gives a set's pods that aren't on their way out. */
export function podsOf(store: StoreReader, set: KubeObject): KubeObject[] {
  return store
    .list('Pod', set.metadata.namespace)
    .filter((pod) => pod.metadata.deletionTimestamp === undefined && isOwnedBy(pod, set))
}

/** deploymentOf gives the name of the Deployment behind a pod; null where there is none. */
export function deploymentOf(store: StoreReader, pod: KubeObject): string | null {
  const set = pod.metadata.ownerReferences?.find((owner) => owner.kind === 'ReplicaSet')
  if (set === undefined) return null
  const found = store.get('ReplicaSet', pod.metadata.namespace ?? '', set.name)
  return found?.metadata.ownerReferences?.find((owner) => owner.kind === 'Deployment')?.name ?? null
}

function isOwnedBy(object: KubeObject, owner: KubeObject): boolean {
  return (object.metadata.ownerReferences ?? []).some(
    (reference) => (reference as { uid?: string }).uid === owner.metadata.uid,
  )
}

/** createReplicaSets writes to `store`; `kubelet` follows every pod that is made or deleted. */
export function createReplicaSets(options: { store: Store; random: Random; kubelet: Kubelet }): ReplicaSets {
  const { store, random, kubelet } = options
  const addPod = (set: KubeObject): void => {
    const nodes = store.list('Node')
    const node = nodes[store.list('Pod').length % Math.max(1, nodes.length)]?.metadata.name ?? 'node-1'
    const name = `${set.metadata.name}-${letters(random.next() * 27 ** 5, 5)}`
    const template = (set.spec as unknown as DeploymentSpec).template ?? {}
    kubelet.watch(store.create(kindNamed('Pod'), podFrom(store, set, template, { name, node }), systemWriter))
  }
  return {
    current(deployment) {
      const { namespace = 'default', name } = deployment.metadata
      const template = (deployment.spec as unknown as DeploymentSpec).template ?? {}
      const hash = templateHash(template)
      return (
        store.get('ReplicaSet', namespace, `${name}-${hash}`) ??
        store.create(kindNamed('ReplicaSet'), setFrom(deployment, template, hash), systemWriter)
      )
    },
    scale(set, replicas) {
      const pods = podsOf(store, set)
      for (let missing = replicas - pods.length; missing > 0; missing--) addPod(set)
      for (const pod of goingFirst(pods).slice(0, Math.max(0, pods.length - replicas))) kubelet.stop(pod)
      const now = store.get('ReplicaSet', set.metadata.namespace ?? '', set.metadata.name)
      if (now === null) return
      const status = replicaSetStatus(now, podsOf(store, set), replicas)
      const scaled = { ...now, spec: { ...now.spec, replicas }, status }
      store.update(kindNamed('ReplicaSet'), now, scaled, systemWriter)
    },
    removeAll(namespace, deployment) {
      const orphans = store
        .list('ReplicaSet', namespace)
        .filter((set) => set.metadata.ownerReferences?.some((owner) => owner.name === deployment))
      for (const set of orphans) {
        for (const pod of podsOf(store, set)) kubelet.stop(pod)
        store.remove(kindNamed('ReplicaSet'), set)
      }
    },
  }
}

function setFrom(deployment: KubeObject, template: Template, hash: string): KubeObject {
  const { namespace = 'default', name, uid } = deployment.metadata
  const spec = deployment.spec as unknown as DeploymentSpec
  const labels = { ...template.metadata?.labels, 'pod-template-hash': hash }
  const owner = { apiVersion: 'apps/v1', kind: 'Deployment', name, uid, controller: true }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `${name}-${hash}`, namespace, labels, ownerReferences: [owner] },
    spec: {
      replicas: 0,
      selector: { matchLabels: { ...spec.selector?.matchLabels, 'pod-template-hash': hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    } as unknown as JsonObject,
  }
}

/** The unready go first, then the youngest. */
function goingFirst(pods: KubeObject[]): KubeObject[] {
  const born = (pod: KubeObject): string => `${pod.metadata.creationTimestamp}/${pod.metadata.name}`
  return [...pods].sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || (born(a) < born(b) ? 1 : -1))
}
