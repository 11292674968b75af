import type { JsonObject, KubeObject } from '../../release/kubernetes.ts'
import type { InPlaceCanary } from '../../release/state/state.ts'
import { type DeploymentView, itemsAt, labelsAt, objectAt } from '../deployment.ts'
import { toObjectName } from '../image.ts'
import { fits } from '../label-selector.ts'
import { relabelled } from './canary-deployment.ts'
import { copiedAnnotations, copiedLabels } from './metadata.ts'
import type { ChangedLabels } from './own-terms.ts'

/** Where a policy says which pods it is about, by kind: the field of its spec, and the field of labels in there. */
const subjects: Readonly<Record<string, readonly [field: string, labels: string]>> = {
  AuthorizationPolicy: ['selector', 'matchLabels'],
  RequestAuthentication: ['selector', 'matchLabels'],
  PeerAuthentication: ['selector', 'matchLabels'],
  Telemetry: ['selector', 'matchLabels'],
  WasmPlugin: ['selector', 'matchLabels'],
  ProxyConfig: ['selector', 'matchLabels'],
  Sidecar: ['workloadSelector', 'labels'],
  EnvoyFilter: ['workloadSelector', 'labels'],
  NetworkPolicy: ['podSelector', 'matchLabels'],
}

/** Longest name of a copy. */
const longestName = 63

/** PolicyCopy is how a copy of a policy is to be. */
interface PolicyCopy {
  changed: ChangedLabels
  marks: Readonly<Record<string, string>>
  metadata: Partial<KubeObject['metadata']>
}

/** copiedPolicies gives the policies that are about stable's pods by labels alone, and not about a canary whose labels change. */
export function copiedPolicies(
  objects: readonly KubeObject[],
  { templateLabels }: DeploymentView,
  changed: ChangedLabels,
): KubeObject[] {
  return objects.filter((object) => {
    const labels = subjectLabels(object)
    return (
      labels !== null &&
      fits({ matchLabels: labels }, templateLabels) &&
      !fits({ matchLabels: labels }, relabelled(templateLabels, changed))
    )
  })
}

/** policyName names the copy of a policy. */
export function policyName(name: string): string {
  return `${toObjectName(name, longestName - '-canary'.length)}-canary`
}

/** policyCopy makes a policy that is about the canary's pods as the one that it is copied from is about stable's. */
export function policyCopy(policy: KubeObject, { changed, marks, metadata }: PolicyCopy): KubeObject {
  const [field, labels] = subjects[policy.kind] ?? ['', '']
  const annotations = copiedAnnotations(policy)
  return {
    apiVersion: policy.apiVersion,
    kind: policy.kind,
    metadata: {
      name: policyName(policy.metadata.name),
      namespace: policy.metadata.namespace ?? '',
      labels: { ...copiedLabels(policy), ...marks },
      ...(Object.keys(annotations).length === 0 ? {} : { annotations }),
      ...metadata,
    },
    spec: {
      ...structuredClone(policy.spec ?? {}),
      [field]: { [labels]: relabelled(subjectLabels(policy) ?? {}, changed) },
    },
  }
}

/** withoutSubjects gives what was seen with policies that are copied about every pod: what they say of peers stays. */
export function withoutSubjects<Seen extends { objects: readonly KubeObject[] }>(
  seen: Seen,
  copied: readonly KubeObject[],
): Seen {
  const objects = seen.objects.map((object) => (copied.includes(object) ? withoutSubject(object) : object))
  return { ...seen, objects }
}

function withoutSubject(policy: KubeObject): KubeObject {
  const [field = ''] = subjects[policy.kind] ?? []
  const { [field]: _, ...spec } = policy.spec ?? {}
  return { ...policy, spec }
}

/** copiedNames says for whoever goes on which policies are copied. */
export function copiedNames(policies: readonly KubeObject[]): Pick<InPlaceCanary, 'policies'> {
  if (policies.length === 0) return {}
  return { policies: policies.map(({ kind, metadata }) => ({ kind, name: metadata.name })) }
}

/** null: it selects pods in another way too, or in none. */
function subjectLabels({ kind, spec }: KubeObject): Record<string, string> | null {
  const place = subjects[kind]
  if (place === undefined) return null
  const selector: JsonObject = objectAt(spec?.[place[0]])
  const labels = labelsAt(selector[place[1]])
  return Object.keys(labels).length === 0 || itemsAt(selector.matchExpressions).length > 0 ? null : labels
}
