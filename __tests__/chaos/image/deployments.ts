import type { JsonObject, KubeObject, Pod } from '../../../src/release/kubernetes.ts'
import { deploymentView, imagesOf } from '../../../src/workloads/deployment.ts'

/** How long a pod takes to get ready, ms. */
const startTime = 10_000

interface ModelPod {
  name: string
  born: number
  template: string
  image: string
  labels: Record<string, string>
}

/**
 * createPods is what a Deployment controller makes of Deployments, at any moment that it is asked for: pods get ready
 * after a while, new ones stand beside the old ones until all of them are. `broken` are images of which no pod of a
 * Deployment gets ready, as `Deployment image`.
 */
export function createPods(now: () => number, broken: ReadonlySet<string>) {
  const pods = new Map<string, ModelPod[]>()
  let made = 0
  const isReady = (workload: string, { born, image }: ModelPod): boolean =>
    now() >= born + startTime && !broken.has(`${workload} ${image}`)

  /** reconcile makes and removes pods of one Deployment, as it is now. */
  function reconcile(object: KubeObject): ModelPod[] {
    const view = deploymentView(object)
    const template = JSON.stringify(object.spec?.template)
    const key = object.metadata.uid ?? ''
    const all = pods.get(key) ?? []
    const fresh = all.filter((pod) => pod.template === template)
    while (fresh.length < view.replicas) {
      made += 1
      const name = `${view.name}-${made}`
      fresh.push({ name, born: now(), template, image: imagesOf(view), labels: { ...view.templateLabels } })
    }
    fresh.splice(view.replicas)
    const old = all.filter((pod) => pod.template !== template)
    const isOver = fresh.every((pod) => isReady(view.name, pod))
    const left = [...fresh, ...(isOver ? [] : old)]
    pods.set(key, left)
    return left
  }

  return {
    /** podsOf gives the pods of a Deployment as a cluster shows them. */
    podsOf(object: KubeObject): Pod[] {
      const { name } = object.metadata
      return reconcile(object).map((pod) => {
        const ready = isReady(name, pod)
        return {
          name: pod.name,
          workload: name,
          version: pod.labels['version'] ?? null,
          labels: pod.labels,
          ready,
          ...(ready ? { readySince: pod.born + startTime } : {}),
          deleting: false,
          createdAt: pod.born,
          waiting: ready ? null : 'ContainerCreating',
          restarts: 0,
          injected: true,
        }
      })
    },
    /** readyImages gives the image of each ready pod. */
    readyImages: (object: KubeObject): string[] =>
      reconcile(object)
        .filter((pod) => isReady(object.metadata.name, pod))
        .map(({ image }) => image),
    /** withStatus gives a Deployment with its status. */
    withStatus(object: KubeObject): KubeObject {
      const template = JSON.stringify(object.spec?.template)
      const all = reconcile(object)
      const updated = all.filter((pod) => pod.template === template)
      const ready = all.filter((pod) => isReady(object.metadata.name, pod))
      const status: JsonObject = {
        observedGeneration: object.metadata.generation ?? 1,
        replicas: all.length,
        updatedReplicas: updated.length,
        readyReplicas: ready.length,
        availableReplicas: ready.length,
      }
      return { ...object, status }
    },
  }
}
