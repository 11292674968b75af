import type { KubeObject } from '../../../release/kubernetes.ts'
import type { Kind } from '../../cluster/kinds.ts'
import { same } from '../../cluster/values.ts'
import { type Cause, undecodable } from '../answers.ts'

const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/
const annotationLimit = 262_144
const microTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}(Z|[+-]\d\d:\d\d)$/

/** metadataCauses checks name, labels and annotations. */
export function metadataCauses(object: KubeObject): Cause[] {
  const causes: Cause[] = []
  const { name, labels, annotations } = object.metadata
  if (!subdomain.test(name) || name.length > 253) {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(name)}: a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character`,
      field: 'metadata.name',
    })
  }
  for (const value of Object.values(labels ?? {})) {
    if (typeof value === 'string' && labelValue.test(value) && value.length <= 63) continue
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(value)}: a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', at most 63 of them`,
      field: 'metadata.labels',
    })
  }
  const size = Object.entries(annotations ?? {}).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(String(value)),
    0,
  )
  if (size > annotationLimit) {
    const message = `Too long: may not be more than ${annotationLimit} bytes`
    causes.push({ reason: 'FieldValueTooLong', message, field: 'metadata.annotations' })
  }
  return causes
}

/** checkTimes refuses a Lease's times that don't have microseconds; throws a 422. */
export function checkTimes(kind: Kind, version: string, object: KubeObject): void {
  if (kind.kind !== 'Lease') return
  for (const field of ['acquireTime', 'renewTime']) {
    const value = object.spec?.[field]
    if (value === undefined || value === null) continue
    if (typeof value === 'string' && microTime.test(value)) continue
    throw undecodable(
      422,
      kind,
      version,
      `parsing time ${JSON.stringify(value)} as "2006-01-02T15:04:05.000000Z07:00": cannot parse ${JSON.stringify(value)} as ".000000"`,
    )
  }
}

/** kindCauses checks what single kinds ask for beyond their schema; `before` is null on creation. */
export function kindCauses(kind: Kind, object: KubeObject, before: KubeObject | null): Cause[] {
  switch (kind.kind) {
    case 'Lease':
      return leaseCauses(object)
    case 'Deployment':
      return deploymentCauses(object, before)
    case 'Service':
      return serviceCauses(object)
    default:
      return []
  }
}

function leaseCauses(object: KubeObject): Cause[] {
  const causes: Cause[] = []
  const duration = object.spec?.leaseDurationSeconds
  if (typeof duration === 'number' && duration <= 0) {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${duration}: must be greater than 0`,
      field: 'spec.leaseDurationSeconds',
    })
  }
  const transitions = object.spec?.leaseTransitions
  if (typeof transitions === 'number' && transitions < 0) {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${transitions}: must be greater than or equal to 0`,
      field: 'spec.leaseTransitions',
    })
  }
  return causes
}

interface DeploymentSpec {
  selector?: { matchLabels?: Record<string, string> }
  template?: { metadata?: { labels?: Record<string, string> } }
}

function deploymentCauses(object: KubeObject, before: KubeObject | null): Cause[] {
  const spec = object.spec as DeploymentSpec
  const wanted = Object.entries(spec.selector?.matchLabels ?? {})
  const labels = spec.template?.metadata?.labels ?? {}
  const causes: Cause[] = []
  if (wanted.length === 0 || wanted.some(([key, value]) => labels[key] !== value)) {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(labels)}: \`selector\` does not match template \`labels\``,
      field: 'spec.template.metadata.labels',
    })
  }
  const old = (before?.spec as DeploymentSpec | undefined)?.selector
  if (old !== undefined && !same(old, spec.selector)) {
    causes.push({
      reason: 'FieldValueInvalid',
      message: `Invalid value: ${JSON.stringify(spec.selector)}: field is immutable`,
      field: 'spec.selector',
    })
  }
  return causes
}

function serviceCauses(object: KubeObject): Cause[] {
  const ports = object.spec?.ports
  if (object.spec?.type === 'ExternalName' || (Array.isArray(ports) && ports.length > 0)) return []
  return [{ reason: 'FieldValueRequired', message: 'Required value', field: 'spec.ports' }]
}
