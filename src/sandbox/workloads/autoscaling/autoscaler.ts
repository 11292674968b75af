import type { JsonObject, KubeObject } from '../../../release/kubernetes.ts'
import { kindNamed } from '../../cluster/kinds.ts'
import { selectsLabels } from '../../cluster/label-selector.ts'
import { type Store, systemWriter } from '../../cluster/store.ts'
import { stampOf } from '../../cluster/values.ts'
import type { Condition } from '../conditions.ts'
import { createLoadMeter, type LoadMeter } from './pod-load.ts'
import { boundedReplicas, neededReplicas, type ScaleRange } from './recommendation.ts'

/** Autoscaler is the controller of HorizontalPodAutoscalers. */
interface Autoscaler {
  tick(): void
}

interface AutoscalerOptions {
  store: Store
  /** now gives virtual time in ms. */
  now: () => number
  /** served gives how many requests a pod has answered so far. */
  served: (podUid: string) => number
}

interface AutoscalerSpec {
  scaleTargetRef: { kind: string; name: string }
  minReplicas?: number
  maxReplicas: number
  metrics?: { resource?: { target?: { averageUtilization?: number } } }[]
  behavior?: { scaleDown?: { stabilizationWindowSeconds?: number } }
}

/** How often an autoscaler looks, ms. */
const period = 15_000
const usualTarget = 80
/** Seconds over which the highest of what was needed keeps pods. */
const usualWindow = 300

/** Memory is what one autoscaler keeps between its turns. */
interface Memory {
  meter: LoadMeter
  recent: { at: number; needed: number }[]
}

/** createAutoscaler scales Deployments as their HorizontalPodAutoscalers say, every 15 s. */
export function createAutoscaler(options: AutoscalerOptions): Autoscaler {
  const { store, now, served } = options
  const memories = new Map<string, Memory>()
  let next = 0
  return {
    tick() {
      if (now() < next) return
      next = now() + period
      for (const scaler of store.list('HorizontalPodAutoscaler')) {
        const uid = scaler.metadata.uid ?? ''
        const memory = memories.get(uid) ?? { meter: createLoadMeter(served, now), recent: [] }
        memories.set(uid, memory)
        scale(options, scaler, memory)
      }
    },
  }
}

function scale({ store, now }: AutoscalerOptions, scaler: KubeObject, memory: Memory): void {
  const spec = scaler.spec as unknown as AutoscalerSpec
  const write = createStatusWriter(store, scaler, now())
  const target = targetOf(store, scaler)
  if (target === null) {
    write({}, [targetNotFound(spec)])
    return
  }
  const current = Number(target.spec?.replicas ?? 1)
  const range = { min: spec.minReplicas ?? 1, max: spec.maxReplicas }
  const inactive = inactivity(store, scaler, target, { current, range })
  if (inactive !== null) {
    write({ currentReplicas: current, desiredReplicas: current }, [scaleRead, inactive])
    return
  }
  const sized = size(store, memory, { spec, target, current, range, now: now() })
  const desired = sized.replicas ?? current
  if (desired !== current) resize(store, target, desired)
  write(
    {
      currentReplicas: current,
      desiredReplicas: desired,
      ...(desired === current ? {} : { lastScaleTime: stampOf(now()) }),
      currentMetrics: sized.metrics,
    },
    [desired === current ? sizeMatches : rescaled(desired), ...sized.conditions],
  )
}

type ConditionEntry = [type: string, status: string, reason: string, message: string]

const scaleRead: ConditionEntry = [
  'AbleToScale',
  'True',
  'SucceededGetScale',
  "the HPA controller was able to get the target's current scale",
]

const sizeMatches: ConditionEntry = [
  'AbleToScale',
  'True',
  'ReadyForNewScale',
  'recommended size matches current size',
]

function rescaled(replicas: number): ConditionEntry {
  const message = `the HPA controller was able to update the target scale to ${replicas}`
  return ['AbleToScale', 'True', 'SucceededRescale', message]
}

function targetNotFound({ scaleTargetRef: { kind, name } }: AutoscalerSpec): ConditionEntry {
  const message = `the HPA controller was unable to get the target's current scale: ${kind.toLowerCase()}s.apps "${name}" not found`
  return ['AbleToScale', 'False', 'FailedGetScale', message]
}

/** inactivity says why an autoscaler leaves its target alone whatever the load is; null where it doesn't. */
function inactivity(
  store: Store,
  scaler: KubeObject,
  target: KubeObject,
  { current, range }: { current: number; range: ScaleRange },
): ConditionEntry | null {
  if (current === 0 && range.min !== 0) {
    const message = 'scaling is disabled since the replica count of the target is zero'
    return ['ScalingActive', 'False', 'ScalingDisabled', message]
  }
  const rivals = rivalsOf(store, scaler, target)
  if (rivals.length < 2 || current < range.min || current > range.max) return null
  const message = `pods by selector ${selectorText(target)} are controlled by multiple HPAs: [${rivals.join(' ')}]`
  return ['ScalingActive', 'False', 'AmbiguousSelector', message]
}

const metricFound: ConditionEntry = [
  'ScalingActive',
  'True',
  'ValidMetricFound',
  'the HPA was able to successfully calculate a replica count from cpu resource utilization (percentage of request)',
]

const limits = {
  TooFewReplicas: 'the desired replica count is less than the minimum replica count',
  TooManyReplicas: 'the desired replica count is more than the maximum replica count',
} as const

interface Turn {
  spec: AutoscalerSpec
  target: KubeObject
  current: number
  range: ScaleRange
  now: number
}

/** size decides on the number of pods; replicas null: nothing can be said, and it stays as it is. */
function size(
  store: Store,
  memory: Memory,
  { spec, target, current, range, now }: Turn,
): { replicas: number | null; conditions: ConditionEntry[]; metrics: JsonObject[] } {
  // Its range holds whatever the load is, and is restored before any metric is asked for.
  if (current < range.min || current > range.max) {
    const limited = current < range.min ? 'TooFewReplicas' : 'TooManyReplicas'
    const replicas = current < range.min ? range.min : range.max
    return { replicas, conditions: [['ScalingLimited', 'True', limited, limits[limited]]], metrics: [] }
  }
  const use = memory.meter.measure(podsOf(store, target))
  if ('why' in use) {
    const message = `the HPA was unable to compute the replica count: failed to get cpu utilization: ${use.why}`
    return {
      replicas: null,
      conditions: [['ScalingActive', 'False', 'FailedGetResourceMetric', message]],
      metrics: [],
    }
  }
  const goal = spec.metrics?.[0]?.resource?.target?.averageUtilization ?? usualTarget
  const needed = neededReplicas(current, use.ready, use.percent / goal)
  const window = (spec.behavior?.scaleDown?.stabilizationWindowSeconds ?? usualWindow) * 1000
  memory.recent = [...memory.recent.filter(({ at }) => at > now - window), { at: now, needed }]
  const { replicas, limited } = boundedReplicas(
    current,
    needed,
    memory.recent.map((one) => one.needed),
    range,
  )
  const within = 'the desired count is within the acceptable range'
  const scaling: ConditionEntry =
    limited === null
      ? ['ScalingLimited', 'False', 'DesiredWithinRange', within]
      : ['ScalingLimited', 'True', limited, limits[limited]]
  const resource = { name: 'cpu', current: { averageUtilization: Math.round(use.percent) } }
  return { replicas, conditions: [metricFound, scaling], metrics: [{ type: 'Resource', resource }] }
}

function resize(store: Store, target: KubeObject, replicas: number): void {
  const next = { ...target, spec: { ...target.spec, replicas } }
  store.update(kindNamed(target.kind), target, next, systemWriter)
}

function targetOf(store: Store, scaler: KubeObject): KubeObject | null {
  const { kind, name } = (scaler.spec as unknown as AutoscalerSpec).scaleTargetRef
  return kind === 'Deployment' ? store.get(kind, scaler.metadata.namespace ?? '', name) : null
}

type Selector = Parameters<typeof selectsLabels>[0]

/** podsOf gives the pods that a target's selector fits, whoever owns them: an autoscaler knows no owners. */
function podsOf(store: Store, target: KubeObject): KubeObject[] {
  return store
    .list('Pod', target.metadata.namespace)
    .filter(
      ({ metadata }) =>
        metadata.deletionTimestamp === undefined &&
        selectsLabels(target.spec?.selector as Selector, metadata.labels ?? {}),
    )
}

/** rivalsOf names all autoscalers, this one among them, whose targets select one of the pods that its own selects. */
function rivalsOf(store: Store, scaler: KubeObject, target: KubeObject): string[] {
  const pods = new Set(podsOf(store, target).map(({ metadata }) => metadata.uid))
  return store.list('HorizontalPodAutoscaler', scaler.metadata.namespace).flatMap((other) => {
    const theirs = targetOf(store, other)
    const shares = theirs !== null && podsOf(store, theirs).some(({ metadata }) => pods.has(metadata.uid))
    return shares || other === scaler ? [`${other.metadata.namespace}/${other.metadata.name}`] : []
  })
}

function selectorText(target: KubeObject): string {
  const { matchLabels = {} } = (target.spec?.selector ?? {}) as { matchLabels?: Record<string, string> }
  return Object.entries(matchLabels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
}

/** createStatusWriter writes an autoscaler's status; what a turn doesn't name stays as it was. */
function createStatusWriter(store: Store, scaler: KubeObject, now: number) {
  return (fields: JsonObject, entries: readonly ConditionEntry[]): void => {
    const before = (scaler.status ?? {}) as JsonObject & { conditions?: Condition[] }
    const conditions = (before.conditions ?? []).filter(
      ({ type }) => !entries.some(([name]) => name === type),
    )
    const added = entries.map(([type, status, reason, message]): Condition => {
      const old = before.conditions?.find((condition) => condition.type === type)
      const since = old?.status === status ? old.lastTransitionTime : stampOf(now)
      return { type, status, reason, message, lastTransitionTime: since }
    })
    const status = {
      ...before,
      ...fields,
      observedGeneration: scaler.metadata.generation ?? 1,
      conditions: [...conditions, ...added],
    }
    const found = store.get(scaler.kind, scaler.metadata.namespace ?? '', scaler.metadata.name)
    if (found !== null) store.update(kindNamed(scaler.kind), found, { ...found, status }, systemWriter)
  }
}
