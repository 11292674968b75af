import { Failure } from '../../../release/failure.ts'
import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import type { InPlaceCanary, ReleaseState } from '../../../release/state/state.ts'
import { canaryObjects } from '../../../workloads/canary/canary-objects.ts'
import { canaryReplicas } from '../../decision/capacity.ts'
import type { ObjectsPort } from '../../ports.ts'
import type { Session } from '../../session.ts'

/**
 * wantedObjects gives what the canary of a release consists of, made from what is there now. It throws Failure `refused`
 * where something that it is made from is gone.
 */
export async function wantedObjects(
  session: Session,
  port: ObjectsPort,
  { id, canary, workload, steps, stableReady }: ReleaseState,
  signal: AbortSignal,
): Promise<KubeObject[]> {
  const { scope } = session
  if (workload === undefined) return []
  const ref = { kind: 'Deployment', namespace: scope.namespace, name: workload.source }
  const source = await port.object(ref, signal)
  if (source === null)
    throw new Failure('refused', `${refText(ref)} is gone: the canary can't be made of it any more.`)
  const replicas = canaryReplicas(workload.size, steps[0] ?? 100, stableReady)
  const release = { id, service: scope.service, version: canary.version, replicas }
  const { inPlace } = workload
  const beside = inPlace === undefined ? null : await readBeside(session, port, canary.host, inPlace, signal)
  const objects = canaryObjects(source, workload, release, beside)
  if (Array.isArray(objects)) return objects
  throw new Failure('refused', `${objects.text} ${objects.remedy}`)
}

/** What a temporary canary's Service and its policy are made from. */
async function readBeside(
  session: Session,
  port: ObjectsPort,
  host: string | undefined,
  { policies = [] }: InPlaceCanary,
  signal: AbortSignal,
) {
  const { scope, routing } = session
  const { namespace, service } = scope
  const copied = await Promise.all(policies.map((ref) => port.object({ ...ref, namespace }, signal)))
  const gone = policies.find((_, index) => copied[index] === null)
  if (gone !== undefined)
    throw new Failure(
      'refused',
      `${gone.kind} ${namespace}/${gone.name} is gone: the canary would be without it.`,
    )
  return {
    policies: copied.filter((policy) => policy !== null),
    service: await port.object({ kind: 'Service', namespace, name: service }, signal),
    policy: routing.hostPolicy(await routing.read(namespace, signal), scope),
    host: host ?? '',
  }
}
