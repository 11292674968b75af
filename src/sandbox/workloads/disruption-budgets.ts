import type { KubeObject } from '../../release/kubernetes.ts'
import { kindNamed } from '../cluster/kinds.ts'
import { selectsLabels } from '../cluster/label-selector.ts'
import { type Store, systemWriter } from '../cluster/store.ts'
import { isReady } from './pods/readiness.ts'

interface BudgetSpec {
  selector?: Parameters<typeof selectsLabels>[0]
  minAvailable?: number | string
  maxUnavailable?: number | string
}

/** followDisruptionBudgets keeps the status of every PodDisruptionBudget; the returned function ends it. */
export function followDisruptionBudgets(store: Store): () => void {
  return store.subscribe(({ object, type }) => {
    if (object.kind === 'PodDisruptionBudget' && type !== 'deleted') count(store, object)
    if (object.kind !== 'Pod') return
    for (const budget of store.list('PodDisruptionBudget', object.metadata.namespace)) count(store, budget)
  })
}

function count(store: Store, { metadata }: KubeObject): void {
  const budget = store.get('PodDisruptionBudget', metadata.namespace ?? '', metadata.name)
  if (budget === null) return
  const spec = budget.spec as unknown as BudgetSpec
  const pods = store
    .list('Pod', metadata.namespace)
    .filter(
      (pod) =>
        pod.metadata.deletionTimestamp === undefined &&
        selectsLabels(spec.selector, pod.metadata.labels ?? {}),
    )
  const healthy = pods.filter(isReady).length
  const desired =
    spec.maxUnavailable === undefined
      ? podsOf(spec.minAvailable ?? 1, pods.length)
      : Math.max(0, pods.length - podsOf(spec.maxUnavailable, pods.length))
  const status = {
    observedGeneration: budget.metadata.generation ?? 1,
    expectedPods: pods.length,
    currentHealthy: healthy,
    desiredHealthy: desired,
    disruptionsAllowed: Math.max(0, healthy - desired),
  }
  store.update(kindNamed('PodDisruptionBudget'), budget, { ...budget, status }, systemWriter)
}

function podsOf(value: number | string, total: number): number {
  return typeof value === 'number' ? value : Math.ceil((Number.parseFloat(value) * total) / 100)
}
