import type { KubeObject } from '../../release/kubernetes.ts'
import type { Random } from '../../simulation/random.ts'
import type { Store } from '../cluster/store.ts'
import { createAutoscaler } from './autoscaling/autoscaler.ts'
import { reconcileDeployment } from './deployments/deployment-controller.ts'
import { createReplicaSets, deploymentOf } from './deployments/replica-sets.ts'
import { followDisruptionBudgets } from './disruption-budgets.ts'
import { collectGarbage } from './garbage-collector.ts'
import { followJobs } from './jobs.ts'
import { createImages } from './pods/images.ts'
import { createKubelet } from './pods/kubelet.ts'
import type { WorkloadFault } from './pods/pod-life.ts'
import { followQuotas } from './quotas.ts'

/** WorkloadControllers is the controllers and kubelets of the sandbox's cluster. */
export interface WorkloadControllers {
  /** setFault breaks a Deployment's pods from now on; null heals them. */
  setFault(namespace: string, deployment: string, fault: WorkloadFault | null): void
  /** pushImage gives an image's name another content: pods that start from now on run another digest. */
  pushImage(image: string): void
  /** tick lives up to the present. */
  tick(): void
  close(): void
}

interface ControllerOptions {
  store: Store
  random: Random
  now: () => number
  /** served gives how many requests a pod has answered so far: the load that autoscalers see. */
  served?: (podUid: string) => number
}

/**
 * createWorkloadControllers brings Deployments, Jobs, autoscalers, budgets and quotas to life: at once when an object
 * changes, and with every tick as pods become ready.
 */
export function createWorkloadControllers(options: ControllerOptions): WorkloadControllers {
  const { store, random, now, served = () => 0 } = options
  const faults = new Map<string, { fault: WorkloadFault; since: number }>()
  const images = createImages()
  const faultOf = (pod: KubeObject) =>
    faults.size === 0 ? null : (faults.get(`${pod.metadata.namespace}/${deploymentOf(store, pod)}`) ?? null)
  const kubelet = createKubelet({ store, random: random.fork('kubelet'), images, now, faultOf })
  const deployments = followDeployments(options, kubelet)
  const autoscaler = createAutoscaler({ store, now, served })
  const closers = [
    followQuotas(store),
    followJobs({ store, random: random.fork('jobs'), kubelet }),
    deployments.close,
    collectGarbage(store, now),
    followDisruptionBudgets(store),
    kubelet.close,
  ]
  return {
    setFault(namespace, deployment, fault) {
      const key = `${namespace}/${deployment}`
      if (fault === null) faults.delete(key)
      else faults.set(key, { fault, since: now() })
    },
    pushImage: images.push,
    tick() {
      kubelet.tick()
      deployments.tick()
      autoscaler.tick()
    },
    close() {
      for (const close of closers) close()
    },
  }
}

/** followDeployments reconciles a Deployment when it, a set or a pod of it changes, and while time can change it. */
function followDeployments(
  { store, random, now }: ControllerOptions,
  kubelet: ReturnType<typeof createKubelet>,
) {
  const sets = createReplicaSets({ store, random: random.fork('names'), kubelet, now })
  const unsettled = new Set<string>()
  const wake = oneAtATime((namespace, name) => {
    const key = `${namespace}/${name}`
    if (reconcileDeployment({ store, sets, now }, namespace, name)) unsettled.add(key)
    else unsettled.delete(key)
  })
  const close = store.subscribe(({ object }) => {
    const { namespace = '', name } = object.metadata
    if (object.kind === 'Deployment') wake(namespace, name)
    if (object.kind !== 'Pod') return
    const owner = deploymentOf(store, object)
    if (owner !== null) wake(namespace, owner)
  })
  return {
    close,
    tick: () => {
      for (const key of unsettled) wakeKey(key, wake)
    },
  }
}

function wakeKey(key: string, wake: (namespace: string, name: string) => void): void {
  const [namespace = '', name = ''] = key.split('/')
  wake(namespace, name)
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
        wakeKey(key, reconcile)
      }
    } finally {
      busy = false
    }
  }
}
