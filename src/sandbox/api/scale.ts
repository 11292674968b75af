import type { KubeObject } from '../../release/kubernetes.ts'
import type { Store } from '../cluster/store.ts'
import { badRequest, unsupportedMedia } from './answers.ts'
import { applyJsonPatch, readJsonPatch } from './patch/json-patch.ts'
import { mergePatch } from './patch/merge-patch.ts'
import { existing, put, type WriteCall, type Written } from './writes.ts'

/** scaleOf shows a workload as its `/scale`: how many pods are asked for, how many there are, which they are. */
export function scaleOf(object: KubeObject): KubeObject {
  const { name, namespace = '', uid = '', resourceVersion = '', creationTimestamp = '' } = object.metadata
  const { matchLabels = {} } = (object.spec?.selector ?? {}) as { matchLabels?: Record<string, string> }
  const { replicas = 0 } = (object.status ?? {}) as { replicas?: number }
  return {
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    spec: { replicas: object.spec?.replicas ?? 0 },
    status: {
      replicas,
      selector: Object.entries(matchLabels)
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([key, value]) => `${key}=${value}`)
        .join(','),
    },
  }
}

/** writeScale answers a PUT or PATCH of `/scale`. */
export function writeScale(store: Store, call: WriteCall, method: string): Written {
  const before = existing(store, call)
  const wanted = method === 'PUT' ? call.body : patched(scaleOf(before), call)
  const { spec, metadata } = (wanted ?? {}) as Partial<KubeObject>
  const replicas = spec?.replicas
  if (typeof replicas !== 'number') throw badRequest('spec.replicas: Required value')
  const { resourceVersion = before.metadata.resourceVersion } = metadata ?? {}
  const next = {
    ...before,
    metadata: { ...before.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
    spec: { ...before.spec, replicas },
  }
  const writer = { manager: call.manager, operation: 'Update' as const }
  const written = put(store, { ...call, subresource: '' }, before, next, writer, method === 'PATCH')
  return { ...written, object: scaleOf(written.object) }
}

function patched(scale: KubeObject, { body, contentType }: WriteCall): unknown {
  const type = contentType.split(';')[0]?.trim() ?? ''
  if (type === 'application/json-patch+json') return applyJsonPatch(scale, readJsonPatch(body))
  if (type === 'application/merge-patch+json' || type === 'application/strategic-merge-patch+json') {
    return mergePatch(scale, body)
  }
  throw unsupportedMedia(['application/json-patch+json', 'application/merge-patch+json'])
}
