import type { KubeObject } from '../../../release/kubernetes.ts'
import type { Random } from '../../../simulation/random.ts'
import { kindNamed } from '../../cluster/kinds.ts'
import type { Writer } from '../../cluster/object-metadata.ts'
import type { Store } from '../../cluster/store.ts'
import { same, stampOf } from '../../cluster/values.ts'
import { type Life, type PodStage, sameStage, stageAt, statusOf, type WorkloadFault } from './pod-life.ts'
import type { ContainerSpec } from './pod-template.ts'

/** Kubelet keeps the statuses of pods true as time goes by, and ends pods that are being deleted. */
export interface Kubelet {
  /** watch takes a new pod in; it starts now. */
  watch(pod: KubeObject): void
  /** stop ends a pod gracefully: it isn't ready from now on and is gone a moment later. */
  stop(pod: KubeObject): void
  /** tick brings every status up to date. */
  tick(): void
}

interface Watched {
  namespace: string
  name: string
  life: Life
  ip: string
  stage: PodStage | null
  /** Ready, and nothing wrong: time alone changes nothing any more. */
  steady: boolean
  goneAt: number | null
}

const writer: Writer = { manager: 'kubelet', operation: 'Update' }
const kind = kindNamed('Pod')
const grace = 2000

interface KubeletOptions {
  store: Store
  random: Random
  now: () => number
  faultOf: (pod: KubeObject) => { fault: WorkloadFault; since: number } | null
}

/** createKubelet makes one for the whole cluster; `faultOf` says what is wrong with a pod's workload, and since when. */
export function createKubelet(options: KubeletOptions): Kubelet {
  const { store, random, now } = options
  const pods = new Map<string, Watched>()
  let addresses = 0
  return {
    watch(object) {
      const { name, namespace = 'default', uid = '' } = object.metadata
      addresses++
      const ip = `10.244.${Math.floor(addresses / 250)}.${1 + (addresses % 250)}`
      const life = lifeFrom(now(), random)
      const pod: Watched = { namespace, name, life, ip, stage: null, steady: false, goneAt: null }
      pods.set(uid, pod)
      show(pod, options)
    },
    stop(object) {
      const pod = pods.get(object.metadata.uid ?? '')
      if (pod === undefined || pod.goneAt !== null) return
      pod.goneAt = now() + grace
      const deletionTimestamp = stampOf(pod.goneAt)
      const current = store.get('Pod', pod.namespace, pod.name)
      if (current === null) return
      const metadata = { ...current.metadata, deletionTimestamp }
      store.update(kind, current, { ...current, metadata }, writer)
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
  }
}

/** show brings a pod's status up to date. */
function show(pod: Watched, { store, now, faultOf }: KubeletOptions): void {
  const object = store.get('Pod', pod.namespace, pod.name)
  if (object === null) return
  const found = pod.goneAt === null ? faultOf(object) : null
  if (found === null && pod.steady) return
  const life = { ...pod.life, fault: found?.fault ?? null, faultAt: found?.since ?? 0 }
  const stage = stageAt(life, now())
  pod.steady = found === null && stage.is === 'running' && stage.ready
  if (sameStage(pod.stage, stage)) return
  pod.stage = stage
  const containers = (object.spec?.containers ?? []) as unknown as ContainerSpec[]
  const node = store.get('Node', '', String(object.spec?.nodeName ?? ''))
  const status = statusOf(life, stage, { ip: pod.ip, hostIP: addressOf(node), containers })
  if (!same(object.status, status)) store.update(kind, object, { ...object, status }, writer)
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
