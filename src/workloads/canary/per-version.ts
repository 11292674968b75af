import type { KubeObject } from '../../release/kubernetes.ts'
import type { DeploymentView } from '../deployment.ts'
import { toObjectName } from '../image.ts'
import type { ImageChange } from '../image-change.ts'
import { canaryDeployment } from './canary-deployment.ts'
import type { ChangedLabels } from './own-terms.ts'

/** Labels that say which version a pod is; the canary's say its own. */
const versionLabels = ['version', 'app.kubernetes.io/version', 'service.istio.io/canonical-revision']

/** Longest name of a Deployment whose pods' names don't have to be cut. */
const longestName = 52

/** CanaryChoice is what is decided of a canary before it is made. */
interface CanaryChoice {
  version: string
  changes: readonly ImageChange[]
  replicas: number
  /** Labels of everything that the release makes. */
  marks: Readonly<Record<string, string>>
}

/** versionedName names the Deployment of a version after stable's: `my-api-v1` beside it is `my-api-v2`. */
export function versionedName({ name, selector }: DeploymentView, version: string): string {
  const suffix = `-${toObjectName(selector.version ?? '', 63)}`
  const base = name.endsWith(suffix) ? name.slice(0, -suffix.length) : name
  const room = Math.max(10, longestName - base.length - 1)
  return `${base}-${toObjectName(version, room)}`
}

/**
 * versionedDeployment makes the Deployment of the new version from stable's live one: everything is carried over but
 * the images, the version's labels, and what marks stable as somebody's.
 */
export function versionedDeployment(stable: DeploymentView, choice: CanaryChoice): KubeObject {
  const from = stable.selector.version ?? ''
  const changed: ChangedLabels = Object.fromEntries(
    versionLabels
      .filter((key) => stable.templateLabels[key] === from)
      .map((key) => [key, { from, to: choice.version }]),
  )
  return canaryDeployment(stable, { ...choice, changed, name: versionedName(stable, choice.version) })
}
