import { same } from '../../cluster/values.ts'

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

/** Seconds. */
export const longestBackoff = 300

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
