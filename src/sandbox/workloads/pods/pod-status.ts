import { stampOf } from '../../cluster/values.ts'
import { pullError } from './images.ts'
import { type Life, longestBackoff, type PodStage } from './pod-life.ts'
import type { ContainerSpec } from './pod-template.ts'

/** Place is what a pod's status says beside its stage. */
export interface Place {
  ip: string
  hostIP: string
  containers: readonly ContainerSpec[]
  initContainers: readonly ContainerSpec[]
  /** What the runtime calls a container's image. */
  imageIds: ReadonlyMap<string, string>
}

/** podStatus writes the `status` of a pod as kubelet and scheduler would. */
export function podStatus(life: Life, stage: PodStage, place: Place): Record<string, unknown> {
  const condition = (type: string, holds: boolean, since: number, why: object = {}) => ({
    type,
    status: holds ? 'True' : 'False',
    lastProbeTime: null,
    lastTransitionTime: stampOf(since),
    ...(holds ? {} : why),
  })
  if (stage.is === 'unschedulable') {
    const message = '0/3 nodes are available: 3 Insufficient cpu. preemption: 0/3 nodes are available.'
    const scheduled = condition('PodScheduled', false, stage.since, { reason: 'Unschedulable', message })
    return { phase: 'Pending', conditions: [scheduled], qosClass: 'Burstable' }
  }
  const ready = stage.is === 'running' && stage.ready
  const unready = { reason: 'ContainersNotReady', message: 'containers with unready status' }
  const up = stage.is === 'running' || stage.is === 'crashed'
  const initialized = up || stage.is === 'pulling'
  return {
    phase: up ? 'Running' : 'Pending',
    conditions: [
      condition('PodScheduled', true, life.bornAt),
      condition('Initialized', initialized, initialized ? life.runsAt : life.bornAt),
      condition('ContainersReady', ready, stage.since, unready),
      condition('Ready', ready, stage.since, unready),
    ],
    hostIP: place.hostIP,
    hostIPs: [{ ip: place.hostIP }],
    ...(up ? { podIP: place.ip, podIPs: [{ ip: place.ip }] } : {}),
    startTime: stampOf(life.bornAt),
    ...(place.initContainers.length === 0
      ? {}
      : { initContainerStatuses: place.initContainers.map((each) => initStatus(each, life, stage, place)) }),
    containerStatuses: place.containers.map((container) => containerStatus(container, life, stage, place)),
    qosClass: 'Burstable',
  }
}

function containerStatus(
  container: ContainerSpec,
  life: Life,
  stage: PodStage,
  { imageIds }: Place,
): Record<string, unknown> {
  // The proxy lives on while the application beside it crashes or can't be pulled.
  const proxy = container.name === 'istio-proxy'
  const own = proxy && stage.is !== 'creating' ? { ...upStage(life), ready: true } : stage
  const ran = own.is === 'running' || own.is === 'crashed'
  return {
    name: container.name,
    image: container.image,
    imageID: ran ? (imageIds.get(container.image) ?? '') : '',
    ready: own.is === 'running' && own.ready,
    started: own.is === 'running',
    restartCount: ran ? own.restarts : 0,
    state: stateOf(own, container.image),
    lastState: ran && own.restarts > 0 ? { terminated: termination(own.since) } : {},
  }
}

/** initStatus: a container that goes before the others has ended, or runs on beside them (`restartPolicy: Always`). */
function initStatus(
  container: ContainerSpec,
  life: Life,
  stage: PodStage,
  { imageIds }: Place,
): Record<string, unknown> {
  const done = stage.is !== 'creating' && stage.is !== 'unschedulable'
  const stays = container.restartPolicy === 'Always'
  const ended = { exitCode: 0, reason: 'Completed', finishedAt: stampOf(life.runsAt) }
  return {
    name: container.name,
    image: container.image,
    imageID: done ? (imageIds.get(container.image) ?? '') : '',
    ready: done,
    started: done && stays,
    restartCount: 0,
    state: !done
      ? { waiting: { reason: 'PodInitializing' } }
      : stays
        ? { running: { startedAt: stampOf(life.runsAt) } }
        : { terminated: ended },
    lastState: {},
  }
}

function upStage(life: Life): Extract<PodStage, { is: 'running' }> {
  return { is: 'running', ready: true, restarts: 0, started: life.runsAt, since: life.runsAt }
}

function stateOf(stage: PodStage, image: string): Record<string, unknown> {
  switch (stage.is) {
    case 'running':
      return { running: { startedAt: stampOf(stage.started) } }
    case 'crashed': {
      const wait = Math.min(longestBackoff, 10 * 2 ** (stage.restarts - 1))
      const message = `back-off ${wait}s restarting failed container`
      return { waiting: { reason: 'CrashLoopBackOff', message } }
    }
    case 'pulling': {
      const error = pullError(image)
      return stage.backoff
        ? {
            waiting: {
              reason: 'ImagePullBackOff',
              message: `Back-off pulling image "${image}": ErrImagePull: ${error}`,
            },
          }
        : { waiting: { reason: 'ErrImagePull', message: error } }
    }
    default:
      return { waiting: { reason: 'ContainerCreating' } }
  }
}

function termination(finished: number): Record<string, unknown> {
  return { exitCode: 1, reason: 'Error', finishedAt: stampOf(finished) }
}
