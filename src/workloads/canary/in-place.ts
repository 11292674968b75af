import type { HostPolicy, KubeObject } from '../../release/kubernetes.ts'
import { type DeploymentView, itemsAt, labelsAt, objectAt, selects } from '../deployment.ts'
import { toLabelValue, toObjectName } from '../image.ts'
import type { ImageChange } from '../image-change.ts'
import { isEmpty } from '../label-selector.ts'
import { podSelectors } from '../treated-apart.ts'
import { canaryDeployment, relabelled } from './canary-deployment.ts'
import { policyCopy } from './copied-policies.ts'
import type { ChangedLabels } from './own-terms.ts'

/** InPlaceChoice is what is decided of a temporary canary before it is made. */
interface InPlaceChoice {
  changes: readonly ImageChange[]
  /** Labels by which its pods are nobody else's: of stable's selector and the Service's. */
  changed: ChangedLabels
  replicas: number
  marks: Readonly<Record<string, string>>
  /** What the mesh is told about stable's host; null: nothing. */
  policy: HostPolicy | null
  /** Resolved name of the canary's Service. */
  host: string
  /** Policies of stable's to copy. */
  policies: readonly KubeObject[]
}

/** Longest name of a Service, and of a Deployment whose pods' names don't have to be cut. */
const longestName = { service: 63, deployment: 52 }
const suffix = '-canary'

/** canaryName names the temporary Deployment beside stable's. */
export function canaryName(stable: Pick<DeploymentView, 'name'>): string {
  return named(stable.name, longestName.deployment)
}

/** canaryServiceName names the Service of the temporary Deployment. */
export function canaryServiceName(service: string): string {
  return named(service, longestName.service)
}

function named(name: string, longest: number): string {
  return `${toObjectName(name, longest - suffix.length)}${suffix}`
}

/**
 * changedLabels chooses the label that gets another value in the canary: one that both the Deployment's and the
 * Service's selector use, and of those the one that the fewest other objects select on; where they share none, one of
 * each.
 */
export function changedLabels(
  stable: DeploymentView,
  serviceSelector: Readonly<Record<string, string>>,
  objects: readonly KubeObject[],
): ChangedLabels {
  const used = (key: string) => objects.filter((object) => selectsOn(object, key)).length
  const best = (keys: readonly string[]) =>
    [...keys].sort((a, b) => used(a) - used(b) || (a < b ? -1 : 1)).slice(0, 1)
  const own = Object.keys(stable.selector)
  const both = own.filter((key) => serviceSelector[key] !== undefined)
  const keys = both.length > 0 ? best(both) : [...best(own), ...best(Object.keys(serviceSelector))]
  return Object.fromEntries(
    keys.map((key) => {
      const from = stable.templateLabels[key] ?? ''
      return [key, { from, to: toLabelValue(`${from}${suffix}`) }]
    }),
  )
}

function selectsOn(object: KubeObject, key: string): boolean {
  if (object.kind === 'Service') return labelsAt(object.spec?.selector)[key] !== undefined
  return podSelectors(object).some(
    ({ selector }) =>
      !isEmpty(selector) &&
      (labelsAt(selector.matchLabels)[key] !== undefined ||
        itemsAt(selector.matchExpressions).some((each) => objectAt(each).key === key)),
  )
}

/** inPlaceObjects makes what a temporary canary consists of, in the order in which it is made. */
export function inPlaceObjects(
  stable: DeploymentView,
  service: KubeObject,
  choice: InPlaceChoice,
): KubeObject[] {
  const { changes, changed, replicas, marks, policy, policies } = choice
  const owned = { ownerReferences: [ownerOf(stable.object)] }
  const name = canaryServiceName(service.metadata.name)
  return [
    canaryService(service, name, choice, owned),
    ...(policy === null ? [] : [canaryRule(stable.namespace, name, { ...choice, policy }, owned)]),
    ...policies.map((each) => policyCopy(each, { changed, marks, metadata: owned })),
    canaryDeployment(stable, {
      name: canaryName(stable),
      changes,
      changed,
      replicas,
      marks,
      podLabels: { [canonicalLabel]: canonicalName(stable) },
      metadata: owned,
    }),
  ]
}

const canonicalLabel = 'service.istio.io/canonical-name'

/** What Istio takes for the name of stable's service: the canary is to count as the same. */
function canonicalName({ templateLabels, name }: DeploymentView): string {
  const { [canonicalLabel]: canonical, 'app.kubernetes.io/name': recommended, app } = templateLabels
  return canonical ?? recommended ?? app ?? toLabelValue(name)
}

/** Gone with stable, if stable goes; nothing waits for that, and nobody takes the canary for stable's own. */
function ownerOf({ apiVersion, kind, metadata }: KubeObject) {
  const { name, uid = '' } = metadata
  return { apiVersion, kind, name, uid, controller: false, blockOwnerDeletion: false }
}

/** What of a Service's metadata says how the mesh is to treat it; nothing of load balancers, names and scrapes. */
const meshLabels = [
  'istio.io/use-waypoint',
  'istio.io/use-waypoint-namespace',
  'istio.io/ingress-use-waypoint',
]
const meshAnnotations = ['networking.istio.io/exportTo']

function canaryService(
  service: KubeObject,
  name: string,
  { changed, marks }: Pick<InPlaceChoice, 'changed' | 'marks'>,
  owned: Partial<KubeObject['metadata']>,
): KubeObject {
  const { metadata, spec = {} } = service
  const picked = (from: Readonly<Record<string, string>> | undefined, keys: readonly string[]) =>
    Object.fromEntries(Object.entries(from ?? {}).filter(([key]) => keys.includes(key)))
  const annotations = picked(metadata.annotations, meshAnnotations)
  return {
    apiVersion: 'v1',
    kind: 'Service',
    metadata: {
      name,
      namespace: metadata.namespace ?? '',
      labels: { ...picked(metadata.labels, meshLabels), ...marks },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...owned,
    },
    spec: {
      type: 'ClusterIP',
      ...(spec.clusterIP === 'None' ? { clusterIP: 'None' } : {}),
      selector: relabelled(labelsAt(spec.selector), changed),
      ports: itemsAt(spec.ports).map((port) => {
        const { nodePort: _, ...others } = objectAt(port)
        return others
      }),
    },
  }
}

function canaryRule(
  namespace: string,
  name: string,
  {
    policy: { apiVersion, spec },
    marks,
    host,
  }: Pick<InPlaceChoice, 'marks' | 'host'> & { policy: HostPolicy },
  owned: Partial<KubeObject['metadata']>,
): KubeObject {
  return {
    apiVersion,
    kind: 'DestinationRule',
    metadata: { name, namespace, labels: { ...marks }, ...owned },
    spec: { ...structuredClone(spec), host },
  }
}

/**
 * callersPastTheRoute says which other Services select stable's pods: they lose the canary's share, or feed the canary
 * whatever the route says.
 */
export function callersPastTheRoute(
  stable: DeploymentView,
  canary: DeploymentView,
  service: string,
  objects: readonly KubeObject[],
): string[] {
  return objects
    .filter(({ kind, metadata }) => kind === 'Service' && metadata.name !== service)
    .flatMap(({ metadata, spec }) => {
      const selector = labelsAt(spec?.selector)
      if (!selects(selector, stable.templateLabels)) return []
      return selects(selector, canary.templateLabels)
        ? [
            `Service ${metadata.name} selects the pods of both: its callers meet the canary whatever the route says.`,
          ]
        : [
            `Service ${metadata.name} selects stable's pods alone: its callers never meet the canary, and see stable's ordinary rolling update at the end.`,
          ]
    })
}
