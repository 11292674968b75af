import { readFileSync } from 'node:fs'
import { Ajv, type ValidateFunction } from 'ajv'
import type { KubeObject } from '../../src/release/kubernetes.ts'

const validators = new Map<string, ValidateFunction>()

/** schemaErrors lists what an API server with Istio's CRDs, asked to be strict, finds wrong with an object. */
export function schemaErrors(object: KubeObject): string[] {
  const validate = validatorFor(object.kind)
  const { metadata: _, apiVersion: __, kind: ___, ...rest } = object
  return validate(rest)
    ? []
    : (validate.errors ?? []).map((error) => `${error.instancePath} ${error.message}`)
}

function validatorFor(kind: string): ValidateFunction {
  const known = validators.get(kind)
  if (known !== undefined) return known
  const file = new URL(`./__fixtures__/${kind.toLowerCase()}.v1.schema.json`, import.meta.url)
  const schema = closed(JSON.parse(readFileSync(file, 'utf8')))
  const ajv = new Ajv({
    strict: false,
    formats: { int32: true, byte: true, double: true, 'date-time': true, int64: true },
  })
  const validate = ajv.compile(schema as object)
  validators.set(kind, validate)
  return validate
}

/** A structural schema knows its fields: an unknown one would be dropped without a word. */
function closed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(closed)
  if (typeof schema !== 'object' || schema === null) return schema
  const copy = Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, closed(value)]))
  const open =
    copy.additionalProperties !== undefined || copy['x-kubernetes-preserve-unknown-fields'] === true
  if (copy.type === 'object' && copy.properties !== undefined && !open) copy.additionalProperties = false
  if (copy['x-kubernetes-int-or-string'] === true) delete copy.type
  return copy
}
