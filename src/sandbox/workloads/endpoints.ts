import type { JsonObject, KubeObject } from '../../release/kubernetes.ts'
import { hashText } from '../../simulation/random.ts'
import { kindNamed } from '../cluster/kinds.ts'
import { type Store, type StoreChange, writeSystem } from '../cluster/store.ts'
import { letters } from './pods/pod-template.ts'
import { isReady } from './pods/readiness.ts'

/** deriveEndpoints keeps an EndpointSlice for each Service with a selector; the returned function ends it. */
export function deriveEndpoints(store: Store): () => void {
  return store.subscribe(({ object, before, type }: StoreChange) => {
    if (object.kind === 'Service') {
      if (type === 'deleted') remove(store, object)
      else derive(store, object)
    } else if (object.kind === 'Pod') {
      for (const service of store.list('Service', object.metadata.namespace)) {
        if (selects(service, object) || (before !== null && selects(service, before))) derive(store, service)
      }
    }
  })
}

function selectorOf(service: KubeObject): [string, string][] {
  return Object.entries((service.spec?.selector ?? {}) as Record<string, string>)
}

function selects(service: KubeObject, pod: KubeObject): boolean {
  const selector = selectorOf(service)
  return selector.length > 0 && selector.every(([key, value]) => pod.metadata.labels?.[key] === value)
}

function nameOf(service: KubeObject): string {
  return `${service.metadata.name}-${letters(hashText(service.metadata.name, 11), 5)}`
}

function derive(store: Store, service: KubeObject): void {
  if (selectorOf(service).length === 0) return
  const { namespace = 'default', name, uid } = service.metadata
  const pods = store
    .list('Pod', namespace)
    .filter((pod) => selects(service, pod) && addressOf(pod) !== undefined)
  const ports = (service.spec?.ports ?? []) as { name?: string; targetPort?: unknown; protocol?: string }[]
  writeSystem(store, {
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: {
      name: nameOf(service),
      namespace,
      labels: {
        'kubernetes.io/service-name': name,
        'endpointslice.kubernetes.io/managed-by': 'endpointslice-controller.k8s.io',
      },
      ownerReferences: [
        {
          apiVersion: 'v1',
          kind: 'Service',
          name,
          ...(uid === undefined ? {} : { uid }),
          controller: true,
          blockOwnerDeletion: true,
        },
      ],
    },
    addressType: 'IPv4',
    ports: ports.map((port) => ({
      name: port.name ?? '',
      port: port.targetPort,
      protocol: port.protocol ?? 'TCP',
    })),
    endpoints: pods.map(endpointOf),
  })
}

function endpointOf(pod: KubeObject): JsonObject {
  const terminating = pod.metadata.deletionTimestamp !== undefined
  const ready = isReady(pod)
  return {
    addresses: [addressOf(pod) as string],
    conditions: { ready: ready && !terminating, serving: ready, terminating },
    nodeName: pod.spec?.nodeName ?? null,
    targetRef: {
      kind: 'Pod',
      namespace: pod.metadata.namespace ?? '',
      name: pod.metadata.name,
      uid: pod.metadata.uid ?? '',
    },
  }
}

function addressOf(pod: KubeObject): string | undefined {
  return (pod.status as { podIP?: string } | undefined)?.podIP
}

function remove(store: Store, service: KubeObject): void {
  const slice = store.get('EndpointSlice', service.metadata.namespace ?? '', nameOf(service))
  if (slice !== null) store.remove(kindNamed('EndpointSlice'), slice)
}
