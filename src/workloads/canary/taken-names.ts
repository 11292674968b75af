import type { KubeObject } from '../../release/kubernetes.ts'
import { type DeploymentView, deploymentView, labelsAt, selects } from '../deployment.ts'
import { objectName } from '../hazards.ts'
import { isMadeBy } from '../marks.ts'
import { type Refusal, refuse } from '../refusal.ts'
import type { ServiceObjects } from '../shape.ts'
import { canaryName, canaryServiceName } from './in-place.ts'

/** takenNames refuses names of a temporary canary that somebody else has; `ending`: the release that gives them free. */
export function takenNames(
  { objects, service }: ServiceObjects,
  stable: DeploymentView,
  ending: string | null,
): Refusal[] {
  const wanted = {
    Deployment: canaryName(stable),
    HorizontalPodAutoscaler: canaryName(stable),
    Service: canaryServiceName(service.name),
  }
  return objects
    .filter(({ kind, metadata }) => wanted[kind as keyof typeof wanted] === metadata.name)
    .filter((object) => ending === null || !isMadeBy(object, ending))
    .map((object) =>
      refuse(
        'name-taken',
        objectName(object),
        isMadeBy(object)
          ? 'an earlier release left it: "shiftgate reconcile" removes it'
          : 'nothing marks it',
      ),
    )
}

/** foreignPods refuses pods of others that the canary's Service would feed: its labels must be nobody's. */
export function foreignPods(
  { objects }: ServiceObjects,
  own: string,
  made: readonly KubeObject[],
): Refusal[] {
  const service = made.find(({ kind, metadata }) => kind === 'Service' && metadata.name === own)
  const selector = labelsAt(service?.spec?.selector)
  return objects
    .filter((object) => selects(selector, deploymentView(object).templateLabels))
    .map((object) => refuse('name-taken', objectName(object), `its pods have the canary's labels`))
}
