import type { KubeObject } from '../../../release/kubernetes.ts'
import type { Random } from '../../../simulation/random.ts'
import { kindNamed } from '../../cluster/kinds.ts'
import type { Writer } from '../../cluster/object-metadata.ts'
import type { Store } from '../../cluster/store.ts'
import { same, stampOf } from '../../cluster/values.ts'
import { type Images, isMissing } from './images.ts'
import { type Life, type PodStage, sameStage, stageAt, type WorkloadFault } from './pod-life.ts'
import { type Place, podStatus } from './pod-status.ts'
import type { ContainerSpec } from './pod-template.ts'

/** Kubelet keeps the statuses of pods true as time goes by, and ends pods that are being deleted. */
export interface Kubelet {
  /** watch takes a new pod in; it starts now. */
  watch(pod: KubeObject): void
  /** stop ends a pod gracefully: it isn't ready from now on and is gone once it has ended. */
  stop(pod: KubeObject): void
  /** tick brings every status up to date. */
  tick(): void
  close(): void
}

interface Watched {
  namespace: string
  name: string
  life: Life
  place: Place
  /** The registry has no image of one of its containers. */
  unpullable: boolean
  stage: PodStage | null
  /** Ready, and nothing wrong: time alone changes nothing any more. */
  steady: boolean
  goneAt: number | null
}

const writer: Writer = { manager: 'kubelet', operation: 'Update' }
const kind = kindNamed('Pod')
/** How long an application takes to end once it is asked to, ms. */
const ending = 2000
const defaultGrace = 30

interface KubeletOptions {
  store: Store
  random: Random
  images: Images
  now: () => number
  faultOf: (pod: KubeObject) => { fault: WorkloadFault; since: number } | null
}

/** createKubelet makes one for the whole cluster; `faultOf` says what is wrong with a pod's workload, and since when. */
export function createKubelet(options: KubeletOptions): Kubelet {
  const { store, now } = options
  const pods = new Map<string, Watched>()
  const addresses = createAddresses()
  const close = store.subscribe(({ object }) => {
    if (object.kind !== 'Pod' || object.metadata.deletionTimestamp === undefined) return
    const pod = pods.get(object.metadata.uid ?? '')
    if (pod !== undefined) pod.goneAt ??= now() + endingTime(object)
  })
  return {
    watch(object) {
      const pod = watchedFrom(object, addresses(), options)
      pods.set(object.metadata.uid ?? '', pod)
      show(pod, options)
    },
    stop({ metadata }) {
      const pod = pods.get(metadata.uid ?? '')
      if (pod === undefined || pod.goneAt !== null) return
      const current = store.get('Pod', pod.namespace, pod.name)
      if (current !== null) store.update(kind, current, terminating(current, null, now()), writer)
    },
    tick() {
      for (const [uid, pod] of [...pods]) {
        const object = store.get('Pod', pod.namespace, pod.name)
        if (object?.metadata.uid !== uid) pods.delete(uid)
        else if (pod.goneAt === null) show(pod, options)
        else if (now() >= pod.goneAt) {
          pods.delete(uid)
          store.remove(kind, object)
        }
      }
    },
    close,
  }
}

/** terminating marks a pod as one that is being deleted. `seconds`: its grace; null: its own. `now` in ms. */
export function terminating(pod: KubeObject, seconds: number | null, now: number): KubeObject {
  const grace = seconds ?? graceOf(pod)
  const deletionTimestamp = stampOf(now + grace * 1000)
  return {
    ...pod,
    metadata: { ...pod.metadata, deletionTimestamp, deletionGracePeriodSeconds: grace },
  }
}

function graceOf(pod: KubeObject): number {
  return Number(pod.spec?.terminationGracePeriodSeconds ?? defaultGrace)
}

/** endingTime is how long a pod takes to be gone (ms): what its preStop hooks sleep, and its end, within its grace. */
function endingTime(pod: KubeObject): number {
  const { deletionGracePeriodSeconds: grace = defaultGrace } = pod.metadata as {
    deletionGracePeriodSeconds?: number
  }
  const containers = (pod.spec?.containers ?? []) as unknown as ContainerSpec[]
  const slept = Math.max(0, ...containers.map(({ lifecycle }) => lifecycle?.preStop?.sleep?.seconds ?? 0))
  return Math.min(slept * 1000 + ending, grace * 1000)
}

function createAddresses(): () => string {
  let count = 0
  return () => {
    count++
    return `10.244.${Math.floor(count / 250)}.${1 + (count % 250)}`
  }
}

function watchedFrom(
  object: KubeObject,
  ip: string,
  { store, random, images, now }: KubeletOptions,
): Watched {
  const { name, namespace = 'default' } = object.metadata
  const { containers = [], initContainers = [] } = (object.spec ?? {}) as {
    containers?: ContainerSpec[]
    initContainers?: ContainerSpec[]
  }
  const life = lifeFrom(now(), random)
  const hostIP = addressOf(store.get('Node', '', String(object.spec?.nodeName ?? '')))
  const imageIds = new Map([...containers, ...initContainers].map(({ image }) => [image, images.idOf(image)]))
  const place = { ip, hostIP, containers, initContainers, imageIds }
  const unpullable = [...initContainers, ...containers].some(({ image }) => isMissing(image))
  return { namespace, name, life, place, unpullable, stage: null, steady: false, goneAt: null }
}

/** show brings a pod's status up to date. */
function show(pod: Watched, { store, now, faultOf }: KubeletOptions): void {
  const object = store.get('Pod', pod.namespace, pod.name)
  if (object === null) return
  const found = pod.goneAt === null ? (missingImage(pod) ?? faultOf(object)) : null
  if (found === null && pod.steady) return
  const life = { ...pod.life, fault: found?.fault ?? null, faultAt: found?.since ?? 0 }
  const stage = stageAt(life, now())
  pod.steady = found === null && stage.is === 'running' && stage.ready
  if (sameStage(pod.stage, stage)) return
  pod.stage = stage
  const status = podStatus(life, stage, pod.place)
  if (!same(object.status, status)) store.update(kind, object, { ...object, status }, writer)
}

function missingImage({ unpullable, life }: Watched): { fault: WorkloadFault; since: number } | null {
  return unpullable ? { fault: { kind: 'imagePull' }, since: life.bornAt } : null
}

/** lifeFrom draws how long a pod takes until it runs, and until it is ready. */
function lifeFrom(bornAt: number, random: Random): Life {
  const runsAt = bornAt + 1000 + Math.floor(random.next() * 2000)
  const readyAt = runsAt + 3000 + Math.floor(random.next() * 3000)
  return { bornAt, runsAt, readyAt, fault: null, faultAt: 0 }
}

function addressOf(node: KubeObject | null): string {
  const addresses = (node?.status as { addresses?: { type: string; address: string }[] } | undefined)
    ?.addresses
  return addresses?.find(({ type }) => type === 'InternalIP')?.address ?? '10.0.0.1'
}
