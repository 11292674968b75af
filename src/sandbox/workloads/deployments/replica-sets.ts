import type { JsonObject, KubeObject } from '../../../release/kubernetes.ts'
import type { Random } from '../../../simulation/random.ts'
import { ApiAnswer } from '../../api/answers.ts'
import { admitPod } from '../../api/pod-admission/pod-admission.ts'
import { kindNamed } from '../../cluster/kinds.ts'
import { type Store, type StoreReader, systemWriter } from '../../cluster/store.ts'
import { same } from '../../cluster/values.ts'
import type { Kubelet } from '../pods/kubelet.ts'
import { letters, podFrom, type Template, templateHash } from '../pods/pod-template.ts'
import { isReady } from '../pods/readiness.ts'
import { replicaSetStatus } from './deployment-status.ts'

export interface DeploymentSpec {
  replicas?: number
  template?: Template
  selector?: { matchLabels?: Record<string, string> }
  strategy?: {
    type?: string
    rollingUpdate?: { maxSurge?: string | number; maxUnavailable?: string | number }
  }
  minReadySeconds?: number
  progressDeadlineSeconds?: number
  revisionHistoryLimit?: number
  paused?: boolean
}

/** SetAnnotations are what a Deployment notes down on its sets. */
type SetAnnotations = Record<string, string>

/** ReplicaSets makes the sets and pods that Deployments ask for. */
export interface ReplicaSets {
  /** create makes the set of a Deployment's present template, without pods. */
  create(deployment: KubeObject, annotations: SetAnnotations): KubeObject
  /** scale brings a set to so many pods, as far as they are admitted, and writes its status. */
  scale(set: KubeObject, replicas: number, annotations: SetAnnotations): void
  remove(set: KubeObject): void
}

const hashKey = 'pod-template-hash'
const kind = kindNamed('ReplicaSet')

/** deploymentSpec reads what controllers need of a Deployment. */
export function deploymentSpec(deployment: KubeObject): DeploymentSpec {
  return deployment.spec as unknown as DeploymentSpec
}

/** setsOf gives the ReplicaSets of a Deployment, the oldest first. */
export function setsOf(store: StoreReader, deployment: KubeObject): KubeObject[] {
  const revision = (set: KubeObject) => Number(set.metadata.annotations?.[revisionKey] ?? 0)
  return store
    .list('ReplicaSet', deployment.metadata.namespace)
    .filter((set) => isOwnedBy(set, deployment))
    .sort((a, b) => revision(a) - revision(b))
}

export const revisionKey = 'deployment.kubernetes.io/revision'

/** currentSet finds the set of a Deployment's present template; null where there is none yet. */
export function currentSet(deployment: KubeObject, sets: readonly KubeObject[]): KubeObject | null {
  const { template = {} } = deploymentSpec(deployment)
  const plain = (of: Template) => ({ ...of, metadata: { ...of.metadata, labels: unhashed(of) } })
  return sets.find((set) => same(plain(deploymentSpec(set).template ?? {}), plain(template))) ?? null
}

function unhashed(template: Template): Record<string, string> {
  const { [hashKey]: _hash, ...labels } = template.metadata?.labels ?? {}
  return labels
}

/** podsOf gives a set's pods that aren't on their way out. */
export function podsOf(store: StoreReader, set: KubeObject): KubeObject[] {
  return allPodsOf(store, set).filter((pod) => pod.metadata.deletionTimestamp === undefined)
}

/** allPodsOf gives a set's pods, those on their way out too. */
export function allPodsOf(store: StoreReader, set: KubeObject): KubeObject[] {
  return store.list('Pod', set.metadata.namespace).filter((pod) => isOwnedBy(pod, set))
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
    (reference) => reference.uid === owner.metadata.uid && reference.controller === true,
  )
}

interface ReplicaSetOptions {
  store: Store
  random: Random
  kubelet: Kubelet
  now: () => number
}

/** createReplicaSets writes to `store`; `kubelet` follows every pod that is made or deleted. `now` in ms. */
export function createReplicaSets(options: ReplicaSetOptions): ReplicaSets {
  const { store } = options
  return {
    create(deployment, annotations) {
      const hash = freeHash(store, deployment)
      return store.create(kind, setFrom(deployment, hash, annotations), systemWriter)
    },
    scale: (set, replicas, annotations) => scale(options, set, replicas, annotations),
    remove: (set) => store.remove(kind, set),
  }
}

function scale(
  options: ReplicaSetOptions,
  set: KubeObject,
  replicas: number,
  annotations: Parameters<ReplicaSets['scale']>[2],
): void {
  const { store, kubelet, now } = options
  const pods = podsOf(store, set)
  const failure = fill(options, set, replicas - pods.length)
  for (const pod of goingFirst(pods).slice(0, Math.max(0, pods.length - replicas))) kubelet.stop(pod)
  const found = store.get('ReplicaSet', set.metadata.namespace ?? '', set.metadata.name)
  if (found === null) return
  const { minReadySeconds = 0 } = deploymentSpec(found)
  const around = { replicas, failure, minReadySeconds, now: now() }
  const status = replicaSetStatus(found, podsOf(store, set), around)
  const metadata = { ...found.metadata, annotations: { ...found.metadata.annotations, ...annotations } }
  const scaled = { ...found, metadata, spec: { ...found.spec, replicas }, status }
  store.update(kind, found, scaled, systemWriter)
}

/** fill makes missing pods; it gives why not all could be made, null where they could. */
function fill(options: ReplicaSetOptions, set: KubeObject, missing: number): string | null {
  try {
    for (let count = missing; count > 0; count--) addPod(options, set)
    return null
  } catch (error) {
    if (error instanceof ApiAnswer) return error.message
    throw error
  }
}

function addPod({ store, random, kubelet }: ReplicaSetOptions, set: KubeObject): void {
  const nodes = store.list('Node')
  const node = nodes[store.list('Pod').length % Math.max(1, nodes.length)]?.metadata.name ?? 'node-1'
  const name = `${set.metadata.name}-${letters(random.next() * 27 ** 5, 5)}`
  const pod = podFrom(store, set, deploymentSpec(set).template ?? {}, { name, node })
  admitPod(store, pod)
  kubelet.watch(store.create(kindNamed('Pod'), pod, systemWriter))
}

/** freeHash names the present template; another template's set that has the name already makes it another one. */
function freeHash(store: StoreReader, { metadata, ...deployment }: KubeObject): string {
  const { template = {} } = deploymentSpec({ metadata, ...deployment })
  for (let collisions = 0; ; collisions++) {
    const hash = templateHash(template, collisions)
    if (store.get('ReplicaSet', metadata.namespace ?? '', `${metadata.name}-${hash}`) === null) return hash
  }
}

function setFrom(deployment: KubeObject, hash: string, annotations: SetAnnotations): KubeObject {
  const { namespace = 'default', name, uid } = deployment.metadata
  const { template = {}, selector, minReadySeconds } = deploymentSpec(deployment)
  const labels = { ...template.metadata?.labels, [hashKey]: hash }
  const owner = {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    name,
    ...(uid === undefined ? {} : { uid }),
    controller: true,
    blockOwnerDeletion: true,
  }
  return {
    apiVersion: 'apps/v1',
    kind: 'ReplicaSet',
    metadata: { name: `${name}-${hash}`, namespace, labels, annotations, ownerReferences: [owner] },
    spec: {
      replicas: 0,
      ...(minReadySeconds === undefined ? {} : { minReadySeconds }),
      selector: { matchLabels: { ...selector?.matchLabels, [hashKey]: hash } },
      template: { ...template, metadata: { ...template.metadata, labels } },
    } as unknown as JsonObject,
  }
}

/** The unready go first, then the youngest. */
function goingFirst(pods: KubeObject[]): KubeObject[] {
  const born = (pod: KubeObject): string => `${pod.metadata.creationTimestamp}/${pod.metadata.name}`
  return [...pods].sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || (born(a) < born(b) ? 1 : -1))
}
