import { Failure, isFailure } from '../../release/failure.ts'
import type { JsonObject, KubeObject } from '../../release/kubernetes.ts'
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
  const place = (plural: string, { namespace }: WatchdogPlace) => ({
    apiVersion: plural === 'configmaps' || plural === 'pods' ? 'v1' : 'batch/v1',
    plural,
    namespace,
  })
  const pathOf = (plural: string, target: WatchdogPlace) =>
    toPath(place(plural, target), watchdogName(target.service))
  const send = (method: string, path: string, body: JsonObject | null, signal: AbortSignal) =>
    api.send({ method, path, ...(body === null ? {} : { body: JSON.stringify(body) }) }, signal)

  /** suspend gives false where no administrator made a CronJob for the target, or we may not see it. */
  async function suspend(target: WatchdogPlace, suspended: boolean, signal: AbortSignal): Promise<boolean> {
    const path = pathOf('cronjobs', target)
    try {
      await api.read(path, signal)
    } catch (error) {
      if (isFailure(error, 'not-found', 'forbidden', 'kind-not-served')) return false
      throw error
    }
    const body = JSON.stringify({ spec: { suspend: suspended } })
    await api.send({ method: 'PATCH', path, body, contentType: 'application/merge-patch+json' }, signal)
    return true
  }

  async function createJob(target: WatchdogPlace, image: string, signal: AbortSignal): Promise<void> {
    await send('POST', toPath(place('jobs', target)), watchdogJob(target, image), signal)
  }

  async function remove(path: string, signal: AbortSignal): Promise<void> {
    try {
      await send('DELETE', path, null, signal)
    } catch (error) {
      if (!isFailure(error, 'not-found')) throw error
    }
  }

  const removeJob = (target: WatchdogPlace, signal: AbortSignal) =>
    remove(withQuery(pathOf('jobs', target), { propagationPolicy: 'Background' }), signal)

  return {
    async startWatchdog(target, image, signal) {
      if (await suspend(target, false, signal)) return
      try {
        await createJob(target, image, signal)
      } catch (error) {
        if (!isFailure(error, 'already-exists')) throw error
        const job = (await api.read(pathOf('jobs', target), signal)) as unknown as KubeObject
        if (!hasEnded(job)) return
        await removeJob(target, signal)
        await createJob(target, image, signal)
      }
    },
    async watchdogStatus(target, signal) {
      const labelSelector = Object.entries(watchdogLabels(target.service))
        .map(([key, value]) => `${key}=${value}`)
        .join(',')
      const pods = await api.items(withQuery(toPath(place('pods', target)), { labelSelector }), signal)
      const views = pods.map((pod) => toPod(pod, new Set())).filter(({ deleting }) => !deleting)
      return {
        ready: views.some(({ ready }) => ready),
        waiting: views.find(({ waiting }) => waiting !== null)?.waiting ?? null,
      }
    },
    async instructWatchdog(target, instructions, signal) {
      const map = instructionsMap(target, instructions)
      try {
        await send('PUT', pathOf('configmaps', target), map, signal)
      } catch (error) {
        if (!isFailure(error, 'not-found')) throw error
        await send('POST', toPath(place('configmaps', target)), map, signal)
      }
    },
    async stopWatchdog(target, signal) {
      const failures: unknown[] = []
      const attempt = async (work: Promise<unknown>) => work.catch((error) => failures.push(error))
      // Without its orders it can do nothing any more, whatever becomes of the rest.
      await attempt(remove(pathOf('configmaps', target), signal))
      const suspended = await suspend(target, true, signal).catch(() => false)
      if (!suspended) await attempt(removeJob(target, signal))
      if (failures.length > 0)
        throw failures[0] instanceof Failure ? failures[0] : new Failure('internal', String(failures[0]))
    },
  }
}

function hasEnded({ status }: KubeObject): boolean {
  const { conditions } = (status ?? {}) as { conditions?: { type: string; status: string }[] }
  return (conditions ?? []).some(
    ({ type, status: holds }) => (type === 'Complete' || type === 'Failed') && holds === 'True',
  )
}
