import { Failure, isFailure } from '../../release/failure.ts'
import type { KubeObject } from '../../release/kubernetes.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { toPath, withQuery } from '../api/paths.ts'
import { toPod } from '../resources/pods.ts'
import { instructionsMap, type WatchdogInstruction } from './instructions.ts'
import { type WatchdogPlace, watchdogJob, watchdogLabels, watchdogName } from './job.ts'

/** WatchdogStatus is how a watchdog's pod is: `waiting` says why it does not run yet; null where nothing says so. */
interface WatchdogStatus {
  ready: boolean
  waiting: string | null
}

/** WatchdogClient starts, instructs and ends the watchdog of a target. Its methods throw Failure. */
export interface WatchdogClient {
  /** startWatchdog makes the Job, or wakes the CronJob that an administrator made; one that runs is left alone. */
  startWatchdog(target: WatchdogPlace, image: string, signal: AbortSignal): Promise<void>
  watchdogStatus(target: WatchdogPlace, signal: AbortSignal): Promise<WatchdogStatus>
  /** instructWatchdog says what it would do from now on. */
  instructWatchdog(
    target: WatchdogPlace,
    instructions: WatchdogInstruction,
    signal: AbortSignal,
  ): Promise<void>
  /** stopWatchdog takes everything of it away; what is not there is fine. */
  stopWatchdog(target: WatchdogPlace, signal: AbortSignal): Promise<void>
}

/** createWatchdogClient works with the Jobs, CronJobs and ConfigMaps of a cluster. */
export function createWatchdogClient(api: KubeApi): WatchdogClient {
  return {
    startWatchdog: (target, image, signal) => start(api, target, image, signal),
    watchdogStatus: (target, signal) => readStatus(api, target, signal),
    instructWatchdog: (target, instructions, signal) => instruct(api, target, instructions, signal),
    stopWatchdog: (target, signal) => stop(api, target, signal),
  }
}

function place(plural: string, { namespace }: WatchdogPlace) {
  const apiVersion = plural === 'configmaps' || plural === 'pods' ? 'v1' : 'batch/v1'
  return { apiVersion, plural, namespace }
}

function pathOf(plural: string, target: WatchdogPlace): string {
  return toPath(place(plural, target), watchdogName(target.service))
}

async function start(api: KubeApi, target: WatchdogPlace, image: string, signal: AbortSignal): Promise<void> {
  if (await suspend(api, target, false, signal)) return
  const body = JSON.stringify(watchdogJob(target, image))
  const create = () => api.send({ method: 'POST', path: toPath(place('jobs', target)), body }, signal)
  try {
    await create()
  } catch (error) {
    if (!isFailure(error, 'already-exists')) throw error
    const job = (await api.read(pathOf('jobs', target), signal)) as unknown as KubeObject
    if (!hasEnded(job)) return
    await removeJob(api, target, signal)
    await create()
  }
}

async function readStatus(api: KubeApi, target: WatchdogPlace, signal: AbortSignal): Promise<WatchdogStatus> {
  const labelSelector = Object.entries(watchdogLabels(target.service))
    .map(([key, value]) => `${key}=${value}`)
    .join(',')
  const pods = await api.items(withQuery(toPath(place('pods', target)), { labelSelector }), signal)
  const views = pods.map((pod) => toPod(pod, new Set())).filter(({ deleting }) => !deleting)
  return {
    ready: views.some(({ ready }) => ready),
    waiting: views.find(({ waiting }) => waiting !== null)?.waiting ?? null,
  }
}

async function instruct(
  api: KubeApi,
  target: WatchdogPlace,
  instructions: WatchdogInstruction,
  signal: AbortSignal,
): Promise<void> {
  const body = JSON.stringify(instructionsMap(target, instructions))
  try {
    await api.send({ method: 'PUT', path: pathOf('configmaps', target), body }, signal)
  } catch (error) {
    if (!isFailure(error, 'not-found')) throw error
    await api.send({ method: 'POST', path: toPath(place('configmaps', target)), body }, signal)
  }
}

async function stop(api: KubeApi, target: WatchdogPlace, signal: AbortSignal): Promise<void> {
  const failures: unknown[] = []
  const attempt = async (work: Promise<unknown>) => work.catch((error) => failures.push(error))
  // Without its instructions it can do nothing any more, whatever becomes of the rest.
  await attempt(remove(api, pathOf('configmaps', target), signal))
  const suspended = await suspend(api, target, true, signal).catch((error) => {
    failures.push(error)
    return false
  })
  if (!suspended) await attempt(removeJob(api, target, signal))
  if (failures.length > 0)
    throw failures[0] instanceof Failure ? failures[0] : new Failure('internal', String(failures[0]))
}

/** hasCronJob: one odd answer is none, and a lack of permission only what the authorizer confirms. */
async function hasCronJob(api: KubeApi, path: string, signal: AbortSignal): Promise<boolean> {
  for (const last of [false, true]) {
    try {
      await api.read(path, signal)
      return true
    } catch (error) {
      if (isFailure(error, 'forbidden') && error.details.confirmed === true) return false
      if (!isFailure(error, 'not-found', 'kind-not-served')) throw error
      if (last) return false
    }
  }
  return false
}

/** suspend gives false where no administrator made a CronJob for the target, or we may not see it. */
async function suspend(
  api: KubeApi,
  target: WatchdogPlace,
  suspended: boolean,
  signal: AbortSignal,
): Promise<boolean> {
  const path = pathOf('cronjobs', target)
  if (!(await hasCronJob(api, path, signal))) return false
  const body = JSON.stringify({ spec: { suspend: suspended } })
  await api.send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, signal)
  return true
}

function removeJob(api: KubeApi, target: WatchdogPlace, signal: AbortSignal): Promise<void> {
  return remove(api, withQuery(pathOf('jobs', target), { propagationPolicy: 'Background' }), signal)
}

async function remove(api: KubeApi, path: string, signal: AbortSignal): Promise<void> {
  try {
    await api.send({ method: 'DELETE', path }, signal)
  } catch (error) {
    if (!isFailure(error, 'not-found')) throw error
  }
}

function hasEnded({ status }: KubeObject): boolean {
  const { conditions } = (status ?? {}) as { conditions?: { type: string; status: string }[] }
  return (conditions ?? []).some(
    ({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True',
  )
}
