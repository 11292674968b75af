import { type KubeObject, refText, type Write } from '../../../release/kubernetes.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { refOf } from './rule.ts'

/** applyWrites gives the snapshot as it would be once the writes are done. */
export function applyWrites(snapshot: RoutingSnapshot, writes: readonly Write[]): RoutingSnapshot {
  const results = new Map(writes.map((write) => [refText(write.ref), write]))
  const changed = (objects: readonly KubeObject[], kind: string): KubeObject[] => [
    ...objects.map((object) => {
      const write = results.get(refText(refOf(object)))
      return write?.action === 'patch' ? write.result : object
    }),
    ...writes.flatMap((write) =>
      write.action === 'create' && write.ref.kind === kind ? [write.object] : [],
    ),
  ]
  return {
    ...snapshot,
    virtualServices: changed(snapshot.virtualServices, 'VirtualService'),
    destinationRules: changed(snapshot.destinationRules, 'DestinationRule'),
  }
}
