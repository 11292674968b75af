import type { KubeObject } from '../../release/kubernetes.ts'
import { apiVersionOf, type Kind, kindNamed } from '../cluster/kinds.ts'
import type { Store } from '../cluster/store.ts'
import { isReady } from '../workloads/pods/readiness.ts'
import { badRequest, type Cause, invalid, invalidPatch, notFound, webhookDown } from './answers.ts'
import { admitRouting } from './istio-webhook.ts'
import { withDefaults } from './schema/defaults.ts'
import { prune, validateSchema } from './schema/schema.ts'
import { schemaOf } from './schema/schemas.ts'
import { checkTimes, kindCauses, metadataCauses } from './schema/validation.ts'

/** Proposal is an object on its way into the store. */
interface Proposal {
  kind: Kind
  version: string
  namespace: string
  /** null on creation. */
  before: KubeObject | null
  fieldValidation: 'Ignore' | 'Warn' | 'Strict'
  /** The request was a patch: a strict refusal then shows the patched object. */
  patched: boolean
  /** Over the API Istio's webhook is asked where istiod runs; the sandbox's own manifests need no istiod yet. */
  overApi: boolean
}

/** admit checks a proposed object as the API server and Istio's webhook do; throws their answer. */
export function admit(
  store: Store,
  proposal: Proposal,
  proposed: unknown,
): { object: KubeObject; warnings: string[] } {
  const { kind, namespace, before } = proposal
  const decoded = decode(proposal, proposed)
  const { object: known, warnings } = withoutUnknown(proposal, decoded)
  if (before === null && kind.namespaced && store.get('Namespace', '', namespace) === null) {
    throw notFound(kindNamed('Namespace'), namespace)
  }
  checkTimes(kind, proposal.version, known)
  const object = kind.status ? withStatusOf(withDefaults(known), before) : withDefaults(known)
  const causes = causesIn(proposal, object)
  if (causes.length > 0) throw invalid(kind, object.metadata.name, causes)
  const asked = !proposal.overApi || isWebhookUp(store, kind)
  return { object, warnings: asked ? [...warnings, ...admitRouting(object)] : warnings }
}

const validator = 'istiod-default-validator'

/** isWebhookUp tells whether Istio's webhook can be asked; throws a 500 where it can't, but has to be. */
function isWebhookUp(store: Store, kind: Kind): boolean {
  const configuration = store.get('ValidatingWebhookConfiguration', '', validator)
  if (configuration === null || !kind.group.endsWith('istio.io')) return true
  const pods = store.list('Pod', 'istio-system').filter(({ metadata }) => metadata.labels?.app === 'istiod')
  if (pods.some(isReady)) return true
  const [hook] = configuration.webhooks as { failurePolicy?: string }[]
  if (hook?.failurePolicy !== 'Ignore') {
    throw webhookDown('validation.istio.io', 'https://istiod.istio-system.svc:443/validate?timeout=10s')
  }
  return false
}

function decode({ kind, version, namespace, before }: Proposal, proposed: unknown): KubeObject {
  if (typeof proposed !== 'object' || proposed === null || Array.isArray(proposed)) {
    throw badRequest(`the object provided is unrecognized (must be of type ${kind.kind})`)
  }
  const object = proposed as Partial<KubeObject>
  const expected = apiVersionOf(kind, version)
  if ((object.apiVersion ?? expected) !== expected || (object.kind ?? kind.kind) !== kind.kind) {
    throw badRequest(
      `${object.kind} in version "${object.apiVersion}" cannot be handled as a ${kind.kind}: expected ${expected}`,
    )
  }
  const metadata = { ...object.metadata } as KubeObject['metadata']
  if (kind.namespaced) {
    if ((metadata.namespace ?? namespace) !== namespace) {
      throw badRequest(
        'the namespace of the provided object does not match the namespace sent on the request',
      )
    }
    metadata.namespace = namespace
  } else delete metadata.namespace
  if (before !== null && metadata.name !== before.metadata.name) {
    throw badRequest(
      `the name of the object (${metadata.name}) does not match the name on the URL (${before.metadata.name})`,
    )
  }
  if (typeof metadata.name !== 'string' || metadata.name === '') {
    const message = 'Required value: name or generateName is required'
    throw invalid(kind, '', [{ reason: 'FieldValueRequired', message, field: 'metadata.name' }])
  }
  return { ...object, apiVersion: expected, kind: kind.kind, metadata }
}

function withoutUnknown(
  { kind, version, fieldValidation, patched }: Proposal,
  object: KubeObject,
): { object: KubeObject; warnings: string[] } {
  const schema = schemaOf(kind.kind)
  if (schema === null) return { object, warnings: [] }
  const { value, unknown } = prune(object, schema)
  const texts = unknown.map((path) => `unknown field "${path}"`)
  if (texts.length > 0 && fieldValidation === 'Strict') {
    const why = `strict decoding error: ${texts.join(', ')}`
    if (patched) throw invalidPatch(JSON.stringify(object), why)
    throw badRequest(`${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: ${why}`)
  }
  return { object: value as KubeObject, warnings: fieldValidation === 'Warn' ? texts : [] }
}

/** The main resource never changes a status that is a subresource. */
function withStatusOf(object: KubeObject, before: KubeObject | null): KubeObject {
  const { status, ...rest } = object
  if (before === null) return object.kind === 'Namespace' ? { ...rest, status } : rest
  return before.status === undefined ? rest : { ...rest, status: before.status }
}

function causesIn({ kind, before }: Proposal, object: KubeObject): Cause[] {
  const schema = schemaOf(kind.kind)
  const structural = schema === null ? [] : validateSchema(object, schema)
  const causes = [...metadataCauses(object), ...structural]
  // Rules of a kind read fields whose types have been proven.
  return causes.length > 0 ? causes : kindCauses(kind, object, before)
}
