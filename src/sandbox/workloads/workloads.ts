import type { KubeObject } from '../../release/kubernetes.ts'
import type { Random } from '../../simulation/random.ts'
import { kindNamed } from '../cluster/kinds.ts'
import { type Store, systemWriter } from '../cluster/store.ts'
import { deploymentStatus } from './deployments/deployment-status.ts'
import {
  createReplicaSets,
  type DeploymentSpec,
  deploymentOf,
  podsOf,
  type ReplicaSets,
  setsOf,
} from './deployments/replica-sets.ts'
import { followJobs } from './jobs.ts'
import { createKubelet } from './pods/kubelet.ts'
import type { WorkloadFault } from './pods/pod-life.ts'
import { isReady } from './pods/readiness.ts'

/** WorkloadControllers is the Deployment controller and the kubelets of the sandbox's cluster. */
export interface WorkloadControllers {
  /** setFault breaks a Deployment's pods from now on; null heals them. */
  setFault(namespace: string, deployment: string, fault: WorkloadFault | null): void
  /** tick lives up to the present. */
  tick(): void
  close(): void
}

/**
 * createWorkloadControllers turns Deployments into ReplicaSets and pods: at once when a Deployment changes, and with
 * every tick as pods become ready. A new template gets all its pods; the old ones go as those become ready.
 */
export function createWorkloadControllers(options: {
  store: Store
  random: Random
  now: () => number
}): WorkloadControllers {
  const { store, random, now } = options
  const faults = new Map<string, { fault: WorkloadFault; since: number }>()
  const kubelet = createKubelet({
    store,
    random: random.fork('kubelet'),
    now,
    faultOf: (pod) =>
      faults.size === 0
        ? null
        : (faults.get(`${pod.metadata.namespace}/${deploymentOf(store, pod)}`) ?? null),
  })
  const stopJobs = followJobs({ store, random: random.fork('jobs'), kubelet })
  const sets = createReplicaSets({ store, random: random.fork('names'), kubelet })
  const wake = oneAtATime((namespace, name) => reconcile({ store, now, sets }, namespace, name))
  const stop = store.subscribe(({ object }) => {
    const { namespace = '', name } = object.metadata
    if (object.kind === 'Deployment') wake(namespace, name)
    if (object.kind !== 'Pod') return
    const owner = deploymentOf(store, object)
    if (owner !== null) wake(namespace, owner)
  })
  return {
    setFault(namespace, deployment, fault) {
      const key = `${namespace}/${deployment}`
      if (fault === null) faults.delete(key)
      else faults.set(key, { fault, since: now() })
    },
    tick: () => kubelet.tick(),
    close() {
      stop()
      stopJobs()
    },
  }
}

/** reconcile brings the sets of a Deployment to what it wants: the old ones give way as the new one gets ready. */
function reconcile(
  { store, now, sets }: { store: Store; now: () => number; sets: ReplicaSets },
  namespace: string,
  name: string,
): void {
  const deployment = store.get('Deployment', namespace, name)
  if (deployment === null) {
    sets.removeAll(namespace, name)
    return
  }
  const current = sets.current(deployment)
  const replicas = (deployment.spec as unknown as DeploymentSpec).replicas ?? 1
  sets.scale(current, replicas)
  const ready = podsOf(store, current).filter(isReady).length
  for (const set of setsOf(store, deployment)) {
    if (set.metadata.uid !== current.metadata.uid) sets.scale(set, Math.max(0, replicas - ready))
  }
  showStatus(store, namespace, name, current, now())
}

/** Reconciling changes objects, which wakes the reconciler: what wakes it meanwhile waits for its turn. */
function oneAtATime(
  reconcile: (namespace: string, name: string) => void,
): (namespace: string, name: string) => void {
  const waiting = new Set<string>()
  let busy = false
  return (namespace, name) => {
    waiting.add(`${namespace}/${name}`)
    if (busy) return
    busy = true
    try {
      for (const key of waiting) {
        waiting.delete(key)
        const [space = '', deployment = ''] = key.split('/')
        reconcile(space, deployment)
      }
    } finally {
      busy = false
    }
  }
}

function showStatus(store: Store, namespace: string, name: string, current: KubeObject, now: number): void {
  const deployment = store.get('Deployment', namespace, name)
  if (deployment === null) return
  const all = setsOf(store, deployment).flatMap((set) => podsOf(store, set))
  const status = deploymentStatus(deployment, all, podsOf(store, current), now)
  store.update(kindNamed('Deployment'), deployment, { ...deployment, status }, systemWriter)
}
