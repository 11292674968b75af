import type { JsonObject, KubeObject } from '../../../release/kubernetes.ts'

/** withDefaults fills in what the API server fills in, as far as readers of the objects rely on it. */
export function withDefaults(object: KubeObject): KubeObject {
  if (object.kind === 'Deployment' && object.spec !== undefined) {
    const strategy = { type: 'RollingUpdate', rollingUpdate: { maxSurge: '25%', maxUnavailable: '25%' } }
    return {
      ...object,
      spec: { replicas: 1, strategy, revisionHistoryLimit: 10, progressDeadlineSeconds: 600, ...object.spec },
    }
  }
  if (object.kind === 'Service') {
    const identity = `${object.metadata.namespace}/${object.metadata.name}`
    return { ...object, spec: serviceSpec({ ...(object.spec ?? {}) }, identity) }
  }
  if (object.kind === 'Namespace') {
    const labels = { 'kubernetes.io/metadata.name': object.metadata.name, ...object.metadata.labels }
    return { ...object, metadata: { ...object.metadata, labels }, status: { phase: 'Active' } }
  }
  return object
}

function serviceSpec(spec: JsonObject, identity: string): JsonObject {
  const ports = spec.ports
  const type = spec.type ?? 'ClusterIP'
  return {
    sessionAffinity: 'None',
    ...spec,
    type,
    ...(type === 'ExternalName' || spec.clusterIP !== undefined ? {} : { clusterIP: addressOf(identity) }),
    ...(Array.isArray(ports)
      ? {
          ports: (ports as JsonObject[]).map((port) => ({
            protocol: 'TCP',
            targetPort: port.port ?? null,
            ...port,
          })),
        }
      : {}),
  }
}

/** addressOf makes a cluster IP out of a Service's name, so that it is the same in every run. */
function addressOf(identity: string): string {
  let hash = 7
  for (const char of identity) hash = (hash * 31 + char.charCodeAt(0)) % 65_025
  return `10.96.${Math.floor(hash / 255)}.${1 + (hash % 255)}`
}
