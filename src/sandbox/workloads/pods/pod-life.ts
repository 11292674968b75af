import { hashText } from '../../../simulation/random.ts'
import { same, stampOf } from '../../cluster/values.ts'

/** WorkloadFault is what is wrong with a Deployment's pods. */
export type WorkloadFault =
  /** New pods can't pull their image. */
  | { kind: 'imagePull' }
  /** Pods run for `afterSeconds`, crash, wait longer each time, and run again. Running pods crash too. */
  | { kind: 'crashLoop'; afterSeconds: number }
  /** New pods find no node. */
  | { kind: 'unschedulable' }
  /** New pods take `seconds` to become ready. */
  | { kind: 'slow'; seconds: number }

/** Life is what decides how a pod fares. Times in ms since the epoch. */
export interface Life {
  bornAt: number
  /** When its containers run, without a fault. */
  runsAt: number
  /** When it is ready, without a fault. */
  readyAt: number
  fault: WorkloadFault | null
  /** Since when the fault is there. */
  faultAt: number
}

/** PodStage is where a pod stands; two equal stages have equal statuses. `since` in ms since the epoch. */
export type PodStage =
  | { is: 'unschedulable'; since: number }
  | { is: 'creating'; since: number }
  | { is: 'pulling'; backoff: boolean; since: number }
  | { is: 'running'; ready: boolean; restarts: number; started: number; since: number }
  | { is: 'crashed'; restarts: number; since: number }

const longestBackoff = 300

/** stageAt gives a pod's stage at a time. */
export function stageAt(life: Life, now: number): PodStage {
  const { fault } = life
  const hitEarly = fault !== null && life.faultAt < life.runsAt
  if (fault?.kind === 'unschedulable' && hitEarly) return { is: 'unschedulable', since: life.bornAt }
  if (now < life.runsAt) return { is: 'creating', since: life.bornAt }
  if (fault?.kind === 'imagePull' && hitEarly) {
    // The first refusal is shown for a few seconds before the kubelet backs off.
    const backoff = now >= life.runsAt + 10_000
    return { is: 'pulling', backoff, since: life.runsAt + (backoff ? 10_000 : 0) }
  }
  if (fault?.kind === 'crashLoop') return crashing(life, fault.afterSeconds * 1000, now)
  const readyAt = fault?.kind === 'slow' && hitEarly ? life.runsAt + fault.seconds * 1000 : life.readyAt
  return running(life.runsAt, readyAt, 0, now)
}

function running(started: number, readyAt: number, restarts: number, now: number): PodStage {
  const ready = now >= readyAt
  return { is: 'running', ready, restarts, started, since: ready ? readyAt : started }
}

function crashing(life: Life, runs: number, now: number): PodStage {
  const warmUp = life.readyAt - life.runsAt
  let started = life.runsAt
  let crash = Math.max(life.runsAt, life.faultAt) + runs
  for (let restarts = 0; ; restarts++) {
    if (now < crash) return running(started, started + warmUp, restarts, now)
    const backoff = Math.min(longestBackoff, 10 * 2 ** restarts) * 1000
    if (now < crash + backoff) return { is: 'crashed', restarts: restarts + 1, since: crash }
    started = crash + backoff
    crash = started + runs
  }
}

/** sameStage tells whether two stages show the same status. */
export function sameStage(a: PodStage | null, b: PodStage): boolean {
  return a !== null && same(a, b)
}

interface Place {
  ip: string
  hostIP: string
  containers: readonly { name: string; image: string }[]
}

/** statusOf writes the `status` of a pod as kubelet and scheduler would. */
export function statusOf(life: Life, stage: PodStage, place: Place): Record<string, unknown> {
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
  return {
    phase: up ? 'Running' : 'Pending',
    conditions: [
      condition('PodScheduled', true, life.bornAt),
      condition('Initialized', up, up ? life.runsAt : life.bornAt),
      condition('ContainersReady', ready, stage.since, unready),
      condition('Ready', ready, stage.since, unready),
    ],
    hostIP: place.hostIP,
    hostIPs: [{ ip: place.hostIP }],
    ...(up ? { podIP: place.ip, podIPs: [{ ip: place.ip }] } : {}),
    startTime: stampOf(life.bornAt),
    containerStatuses: place.containers.map((container) => containerStatus(container, life, stage)),
    qosClass: 'Burstable',
  }
}

function containerStatus(
  container: { name: string; image: string },
  life: Life,
  stage: PodStage,
): Record<string, unknown> {
  // The proxy lives on while the application beside it crashes or can't be pulled.
  const proxy = container.name === 'istio-proxy'
  const own = proxy && stage.is !== 'creating' ? { ...upStage(life), ready: true } : stage
  const ran = own.is === 'running' || own.is === 'crashed'
  return {
    name: container.name,
    image: container.image,
    imageID: ran ? `${container.image.split(/[:@]/)[0]}@sha256:${digestOf(container.image)}` : '',
    ready: own.is === 'running' && own.ready,
    started: own.is === 'running',
    restartCount: own.is === 'running' || own.is === 'crashed' ? own.restarts : 0,
    state: stateOf(own, container.image),
    lastState: ran && own.restarts > 0 ? { terminated: termination(own.since) } : {},
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
    case 'pulling':
      return stage.backoff
        ? { waiting: { reason: 'ImagePullBackOff', message: `Back-off pulling image "${image}"` } }
        : {
            waiting: {
              reason: 'ErrImagePull',
              message: `failed to pull and unpack image "${image}": not found`,
            },
          }
    default:
      return { waiting: { reason: 'ContainerCreating' } }
  }
}

function termination(finished: number): Record<string, unknown> {
  return { exitCode: 1, reason: 'Error', finishedAt: stampOf(finished) }
}

function digestOf(image: string): string {
  const words = [1, 2, 3, 4, 5, 6, 7, 8].map((salt) => hashText(image, salt).toString(16).padStart(8, '0'))
  return words.join('')
}
