import type { KubeObject } from '../../../release/kubernetes.ts'
import { kindNamed } from '../../cluster/kinds.ts'
import { type Store, systemWriter } from '../../cluster/store.ts'
import { isAvailable } from '../pods/readiness.ts'
import { type DeploymentProgress, deploymentStatus, failureOf, isComplete } from './deployment-status.ts'
import {
  allPodsOf,
  currentSet,
  type DeploymentSpec,
  deploymentSpec,
  podsOf,
  type ReplicaSets,
  revisionKey,
  setsOf,
} from './replica-sets.ts'
import { rolledSizes, type SetSize, type SurgeBounds, scaledSizes, surgeBounds } from './rolling-update.ts'

/** DeploymentWorld is what the controller of Deployments works with. `now` in ms. */
interface DeploymentWorld {
  store: Store
  sets: ReplicaSets
  now: () => number
}

const desiredKey = 'deployment.kubernetes.io/desired-replicas'
const ceilingKey = 'deployment.kubernetes.io/max-replicas'

/**
 * reconcileDeployment brings the sets of a Deployment one turn nearer to what it asks for, and writes its status. It
 * gives whether time alone can still change something.
 */
export function reconcileDeployment(world: DeploymentWorld, namespace: string, name: string): boolean {
  const { store } = world
  const deployment = store.get('Deployment', namespace, name)
  if (deployment === null || deployment.metadata.deletionTimestamp !== undefined) return false
  const spec = deploymentSpec(deployment)
  const bounds = surgeBounds(spec)
  const owned = setsOf(store, deployment)
  const known = currentSet(deployment, owned)
  const waits = spec.paused === true || isScaled(spec, owned)
  const current = waits ? known : (known ?? created(world, deployment, owned))
  if (current !== null && !waits) present(world, deployment, current)
  resize(world, deployment, { current, owned, bounds, waits })
  return show(world, namespace, name, { bounds, isNew: known === null && current !== null })
}

/** isScaled tells whether the replicas changed since the sets were last sized: that comes before any update. */
function isScaled({ replicas = 1 }: DeploymentSpec, sets: readonly KubeObject[]): boolean {
  return sets.some(
    ({ spec, metadata }) =>
      Number(spec?.replicas ?? 0) > 0 && metadata.annotations?.[desiredKey] !== String(replicas),
  )
}

function revisionOf(set: KubeObject): number {
  return Number(set.metadata.annotations?.[revisionKey] ?? 0)
}

function created(
  { sets }: DeploymentWorld,
  deployment: KubeObject,
  owned: readonly KubeObject[],
): KubeObject {
  const revision = Math.max(0, ...owned.map(revisionOf)) + 1
  return sets.create(deployment, { [revisionKey]: String(revision) })
}

/** present gives the present template's set the latest revision, and the Deployment that revision. */
function present({ store }: DeploymentWorld, deployment: KubeObject, current: KubeObject): void {
  const others = setsOf(store, deployment).filter(({ metadata }) => metadata.uid !== current.metadata.uid)
  const latest = Math.max(0, ...others.map(revisionOf))
  const revision = String(revisionOf(current) > latest ? revisionOf(current) : latest + 1)
  for (const object of [current, deployment]) {
    if (object.metadata.annotations?.[revisionKey] === revision) continue
    const annotations = { ...object.metadata.annotations, [revisionKey]: revision }
    const next = { ...object, metadata: { ...object.metadata, annotations } }
    store.update(kindNamed(object.kind), object, next, systemWriter)
  }
}

interface Sizing {
  current: KubeObject | null
  owned: readonly KubeObject[]
  bounds: SurgeBounds
  /** Only the replicas are followed: an update waits. */
  waits: boolean
}

function resize(
  world: DeploymentWorld,
  deployment: KubeObject,
  { current, owned, bounds, waits }: Sizing,
): void {
  const { store, sets, now } = world
  const { replicas = 1, minReadySeconds = 0, strategy } = deploymentSpec(deployment)
  const annotations = { [desiredKey]: String(replicas), [ceilingKey]: String(replicas + bounds.surge) }
  const old = owned.filter(({ metadata }) => metadata.uid !== current?.metadata.uid)
  const all = current === null ? old : [current, ...old]
  const sizeOf = (set: KubeObject): SetSize => ({
    name: set.metadata.name,
    wanted: Number(set.spec?.replicas ?? 0),
    available: podsOf(store, set).filter((pod) => isAvailable(pod, minReadySeconds, now())).length,
    ceiling: Number(set.metadata.annotations?.[ceilingKey]) || null,
  })
  const sizes =
    current === null || waits
      ? scaledSizes(replicas, bounds, all.map(sizeOf))
      : strategy?.type === 'Recreate'
        ? recreatedSizes(world, replicas, current, old)
        : rolledSizes(replicas, bounds, sizeOf(current), old.map(sizeOf))
  for (const set of all) {
    const found = store.get('ReplicaSet', set.metadata.namespace ?? '', set.metadata.name)
    const size = sizes.get(set.metadata.name)
    if (found !== null && size !== undefined) sets.scale(found, size, annotations)
  }
}

/** recreatedSizes: no pod of the new template before the last one of the old is gone. */
function recreatedSizes(
  { store }: DeploymentWorld,
  replicas: number,
  current: KubeObject,
  old: readonly KubeObject[],
): Map<string, number> {
  const gone = old.every((set) => allPodsOf(store, set).length === 0)
  const nothing = old.map((set): [string, number] => [set.metadata.name, 0])
  const now = Number(current.spec?.replicas ?? 0)
  return new Map([...nothing, [current.metadata.name, gone ? replicas : Math.min(now, replicas)]])
}

function show(
  world: DeploymentWorld,
  namespace: string,
  name: string,
  { bounds, isNew }: { bounds: SurgeBounds; isNew: boolean },
): boolean {
  const { store, now } = world
  const deployment = store.get('Deployment', namespace, name)
  if (deployment === null) return false
  const spec = deploymentSpec(deployment)
  const owned = setsOf(store, deployment)
  const current = currentSet(deployment, owned)
  const progress: DeploymentProgress = {
    replicas: spec.replicas ?? 1,
    maxUnavailable: spec.strategy?.type === 'Recreate' ? 0 : bounds.unavailable,
    minReadySeconds: spec.minReadySeconds ?? 0,
    deadline: spec.progressDeadlineSeconds ?? 600,
    paused: spec.paused === true,
    all: owned.flatMap((set) => podsOf(store, set)),
    updated: current === null ? [] : podsOf(store, current),
    current,
    isNew,
    now: now(),
  }
  const status = deploymentStatus(deployment, progress)
  store.update(kindNamed('Deployment'), deployment, { ...deployment, status }, systemWriter)
  const complete = isComplete(progress)
  if (complete) forgetOldest(world, owned, current, spec.revisionHistoryLimit ?? 10)
  return !complete || owned.some((set) => failureOf(set) !== undefined)
}

function forgetOldest(
  { sets }: DeploymentWorld,
  owned: readonly KubeObject[],
  current: KubeObject | null,
  limit: number,
): void {
  const empty = owned.filter(
    (set) => set.metadata.uid !== current?.metadata.uid && Number(set.spec?.replicas ?? 0) === 0,
  )
  for (const set of empty.slice(0, Math.max(0, empty.length - limit))) sets.remove(set)
}
