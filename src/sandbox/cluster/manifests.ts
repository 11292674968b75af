import { parseAllDocuments } from 'yaml'
import { Failure } from '../../release/failure.ts'
import type { KubeObject } from '../../release/kubernetes.ts'
import { admit } from '../api/admission.ts'
import { kinds } from './kinds.ts'
import type { Writer } from './object-metadata.ts'
import type { Store } from './store.ts'
import { same } from './values.ts'

const writer: Writer = { manager: 'kubectl', operation: 'Update' }

/**
 * applyManifests creates or replaces the objects of YAML documents, checked as the API checks them. Statuses
 * that a document brings are kept. Throws Failure `invalid-input` where a kind isn't
 * served, the YAML parser's error, or the API's refusal of an object.
 */
export function applyManifests(store: Store, yaml: string): KubeObject[] {
  const objects = parsed.get(yaml) ?? parseObjects(yaml)
  parsed.set(yaml, objects)
  return objects.map((object) => applyOne(store, structuredClone(object)))
}

/** What was parsed before: a scenario's manifests take a fifth of the time that its start takes. */
const parsed = new Map<string, readonly KubeObject[]>()

function parseObjects(yaml: string): readonly KubeObject[] {
  return parseAllDocuments(yaml).flatMap((document) => {
    if (document.errors.length > 0) throw document.errors[0]
    const object = document.toJS() as KubeObject | null
    return object === null ? [] : [object]
  })
}

function applyOne(store: Store, given: KubeObject): KubeObject {
  const parts = given.apiVersion.split('/')
  const version = parts.at(-1) as string
  const group = parts.length === 2 ? (parts[0] as string) : ''
  const kind = kinds.find((item) => item.kind === given.kind && item.group === group)
  if (kind === undefined || !kind.versions.includes(version)) {
    throw new Failure('invalid-input', `The sandbox serves no ${given.apiVersion} ${given.kind}.`)
  }
  const namespace = kind.namespaced ? (given.metadata.namespace ?? 'default') : ''
  const before = store.get(kind.kind, namespace, given.metadata.name)
  const proposal = {
    kind,
    version,
    namespace,
    before,
    fieldValidation: 'Strict' as const,
    patched: false,
    overApi: false,
  }
  const { object } = admit(store, proposal, given)
  if (given.status !== undefined) object.status = given.status
  if (before === null) return store.create(kind, object, writer)
  if (same(before.spec, object.spec) && same(before.metadata.labels, object.metadata.labels)) return before
  const metadata = { ...before.metadata, ...object.metadata }
  return store.update(kind, before, { ...object, metadata }, writer)
}
