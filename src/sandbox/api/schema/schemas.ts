import istio from './istio-schemas.json' with { type: 'json' }
import type { Schema } from './schema.ts'

const open: Schema = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
const text: Schema = { type: 'string' }
const integer: Schema = { type: 'integer', format: 'int32' }
const labels: Schema = { type: 'object', additionalProperties: text }

function object(spec: Schema): Schema {
  return {
    type: 'object',
    properties: { apiVersion: text, kind: text, metadata: open, spec, status: open },
  }
}

/** partly describes the fields that are checked and lets every other field through. */
function partly(properties: { [name: string]: Schema }, required: string[] = []): Schema {
  return { type: 'object', properties, required, 'x-kubernetes-preserve-unknown-fields': true }
}

const containers: Schema = {
  type: 'array',
  items: partly({ name: text, image: text, ports: { type: 'array', items: open } }, ['name', 'image']),
}

const template = partly({ metadata: partly({ labels }), spec: partly({ containers }, ['containers']) })
const selector = partly({ matchLabels: labels })

const built: Record<string, Schema> = {
  Lease: {
    type: 'object',
    properties: {
      holderIdentity: text,
      leaseDurationSeconds: integer,
      leaseTransitions: integer,
      acquireTime: text,
      renewTime: text,
      preferredHolder: text,
      strategy: text,
    },
  },
  Deployment: partly({ replicas: integer, selector, template }, ['selector', 'template']),
  ReplicaSet: partly({ replicas: integer, selector, template }, ['selector']),
  StatefulSet: partly({ replicas: integer, selector, template }, ['selector', 'template']),
  Pod: partly({ containers }, ['containers']),
  Service: partly({
    selector: labels,
    type: { type: 'string', enum: ['ClusterIP', 'ExternalName', 'LoadBalancer', 'NodePort'] },
    ports: {
      type: 'array',
      items: partly({ name: text, port: { ...integer, minimum: 1, maximum: 65_535 }, protocol: text }, [
        'port',
      ]),
    },
  }),
}

const specs: Record<string, Schema> = {
  ...built,
  VirtualService: istio.VirtualService as Schema,
  DestinationRule: istio.DestinationRule as Schema,
}

const whole = new Map(Object.entries(specs).map(([kind, spec]) => [kind, object(spec)]))

/** schemaOf gives a kind's structural schema; null for kinds whose content the sandbox takes as it comes. */
export function schemaOf(kind: string): Schema | null {
  return whole.get(kind) ?? null
}
