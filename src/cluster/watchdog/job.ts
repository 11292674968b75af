import { createHash } from 'node:crypto'
import type { JsonObject } from '../../release/kubernetes.ts'
import { watchdogScript } from './script.ts'

/** WatchdogPlace is the target that a watchdog is for; its objects have their names from it. */
export interface WatchdogPlace {
  namespace: string
  service: string
  /** Name of the target's Lease. */
  lease: string
}

/** Account that the watchdog's pod runs as: an administrator makes it, with its Role. */
const serviceAccount = 'shiftgate-watchdog'

/** A forgotten one ends by itself after a week: no release is meant to last that long. */
const activeDeadlineSeconds = 7 * 86_400
/** What it said can be read for ten minutes after its end. */
const ttlSecondsAfterFinished = 600
/** A numeric user that no image needs to know. */
const nobody = 65_532

/** What a CronJob's name may have at most: its Jobs are named after it. */
const longestName = 52

/** watchdogName is the name of a target's Job, CronJob and ConfigMap; a long one is cut and told apart by a hash. */
export function watchdogName(service: string): string {
  const name = `shiftgate-watchdog-${service}`
  if (name.length <= longestName) return name
  const hash = createHash('sha256').update(service).digest('hex').slice(0, 8)
  return `${name.slice(0, longestName - 9)}-${hash}`
}

/** watchdogLabels select the watchdog's objects of a target, its pods too. */
export function watchdogLabels(service: string): Record<string, string> {
  return {
    'app.kubernetes.io/name': 'shiftgate-watchdog',
    'app.kubernetes.io/managed-by': 'shiftgate',
    'shiftgate.io/service': service,
  }
}

/** watchdogJob is the Job to make, as a manifest. */
export function watchdogJob(target: WatchdogPlace, image: string): JsonObject {
  const { namespace, service } = target
  return {
    apiVersion: 'batch/v1',
    kind: 'Job',
    metadata: { name: watchdogName(service), namespace, labels: watchdogLabels(service) },
    spec: watchdogJobSpec(target, image),
  }
}

/**
 * watchdogCronJob is what an administrator makes where the pipeline may not make Jobs: suspended, so that nothing
 * runs until a release wakes it.
 */
export function watchdogCronJob(target: WatchdogPlace, image: string): JsonObject {
  const { namespace, service } = target
  return {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: watchdogName(service), namespace, labels: watchdogLabels(service) },
    spec: {
      suspend: true,
      schedule: '* * * * *',
      concurrencyPolicy: 'Forbid',
      successfulJobsHistoryLimit: 1,
      failedJobsHistoryLimit: 1,
      jobTemplate: {
        metadata: { labels: watchdogLabels(service) },
        spec: watchdogJobSpec(target, image),
      },
    },
  }
}

function watchdogJobSpec(target: WatchdogPlace, image: string): JsonObject {
  return {
    backoffLimit: 10,
    activeDeadlineSeconds,
    ttlSecondsAfterFinished,
    template: {
      metadata: {
        labels: {
          ...watchdogLabels(target.service),
          // It speaks to the API server alone; a proxy beside it would keep the Job from ending.
          'sidecar.istio.io/inject': 'false',
          'istio.io/dataplane-mode': 'none',
        },
      },
      spec: podSpec(target, image),
    },
  }
}

const home = '/home/watchdog'

/** The pod keeps to PodSecurity `restricted`. */
function podSpec(place: WatchdogPlace, image: string): JsonObject {
  return {
    serviceAccountName: serviceAccount,
    restartPolicy: 'OnFailure',
    terminationGracePeriodSeconds: 5,
    securityContext: {
      runAsNonRoot: true,
      runAsUser: nobody,
      runAsGroup: nobody,
      fsGroup: nobody,
      seccompProfile: { type: 'RuntimeDefault' },
    },
    volumes: [{ name: 'home', emptyDir: { sizeLimit: '16Mi' } }],
    containers: [container(place, image)],
  }
}

function container({ namespace, service, lease }: WatchdogPlace, image: string): JsonObject {
  return {
    name: 'watchdog',
    image,
    command: ['/bin/sh', '-c', watchdogScript],
    env: [
      { name: 'NAMESPACE', value: namespace },
      { name: 'CONFIG', value: watchdogName(service) },
      { name: 'LEASE', value: lease },
      { name: 'HOME', value: home },
    ],
    readinessProbe: {
      exec: { command: ['/bin/sh', '-c', `test -f ${home}/ready`] },
      periodSeconds: 2,
    },
    resources: {
      requests: { cpu: '10m', memory: '16Mi' },
      limits: { cpu: '200m', memory: '64Mi' },
    },
    securityContext: {
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      runAsNonRoot: true,
      capabilities: { drop: ['ALL'] },
    },
    volumeMounts: [{ name: 'home', mountPath: home }],
  }
}
