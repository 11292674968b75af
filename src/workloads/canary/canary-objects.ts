import type { HostPolicy, KubeObject } from '../../release/kubernetes.ts'
import type { CanaryWorkload } from '../../release/state/state.ts'
import { deploymentView } from '../deployment.ts'
import { imageChanges } from '../image-change.ts'
import { marksOf } from '../marks.ts'
import { type Refusal, refuse } from '../refusal.ts'
import { inPlaceObjects } from './in-place.ts'
import { versionedDeployment } from './per-version.ts'

/**
 * canaryObjects gives what the canary consists of, made anew from stable's Deployment as it is now: for whoever goes on
 * with a release that was left before everything was made.
 */
export function canaryObjects(
  source: KubeObject,
  workload: CanaryWorkload,
  release: { id: string; service: string; version: string; replicas: number },
  beside: {
    service: KubeObject | null
    policy: HostPolicy | null
    host: string
    policies: readonly KubeObject[]
  } | null,
): KubeObject[] | Refusal {
  const stable = deploymentView(source)
  const changes = imageChanges(stable, workload.image)
  if (!Array.isArray(changes)) return changes
  const { version, replicas } = release
  const marks = marksOf(release.id, release.service)
  const { inPlace } = workload
  if (inPlace === undefined) return [versionedDeployment(stable, { version, changes, replicas, marks })]
  const nothing = { service: null, policy: null, host: '', policies: [] }
  const { service, policy, host, policies } = beside ?? nothing
  if (service === null) return refuse('unreadable', 'Service', 'it is gone')
  return inPlaceObjects(stable, service, {
    changes,
    changed: inPlace.changed,
    replicas,
    marks,
    policy,
    host,
    policies,
  })
}
