import { isFailure } from '../../release/failure.ts'
import type { KubeObject, ObjectRef, RoutingObjects, Write } from '../../release/kubernetes.ts'
import { refText } from '../../release/kubernetes.ts'
import { stateKey } from '../../release/target.ts'
import type { RouteTarget, Routing } from '../routing.ts'
import { ruleHost } from './model/destination-rule.ts'
import { scopeHost } from './model/host.ts'
import { refOf } from './model/rule.ts'
import type { IstioSnapshot } from './planner.ts'
import { istioPlanner, istioSnapshot, istioWrite, toIstioSnapshot } from './planner.ts'
import { buildRouteModel } from './route-model.ts'
import { toRoutingSnapshot } from './snapshot.ts'

/** IstioObjects reads and writes VirtualServices and DestinationRules. Its methods throw Failure as `Routing` says. */
export interface IstioObjects {
  /** routing reads every object of both kinds that may be read. */
  routing(namespace: string, signal: AbortSignal): Promise<RoutingObjects>
  /** object reads one object; null where it doesn't exist. */
  object(ref: ObjectRef, signal: AbortSignal): Promise<KubeObject | null>
  /** write performs one planned write; a dry run is strict about unknown fields. */
  write(write: Write, options: { dryRun: boolean }, signal: AbortSignal): Promise<{ warnings: string[] }>
  /** replace puts a whole object in the place of the one at its resourceVersion: `conflict` when that is stale. */
  replace(object: KubeObject, options: { dryRun: boolean }, signal: AbortSignal): Promise<unknown>
}

const group = 'networking.istio.io'

/** createIstioRouting moves traffic by VirtualServices and DestinationRules. */
export function createIstioRouting(objects: IstioObjects): Routing {
  return {
    ...istioPlanner,
    hostPolicies: {
      kind: 'DestinationRule',
      permissions: ['get', 'create', 'delete'].map((verb) => ({
        verb,
        group: 'networking.istio.io',
        resource: 'destinationrules',
      })),
    },
    permissions: [
      ...['list', 'get', 'create', 'patch', 'update'].map((verb) => ({
        verb,
        group,
        resource: 'virtualservices',
      })),
      ...['list', 'create', 'patch'].map((verb) => ({ verb, group, resource: 'destinationrules' })),
    ],
    inspectCommand: (namespace) => `kubectl -n ${namespace} get virtualservices,destinationrules -o yaml`,
    forgetCommand(object, target) {
      const [, namespace = target.namespace, name = ''] = /^VirtualService (.+)\/(.+)$/.exec(object) ?? []
      return `kubectl -n ${namespace} annotate virtualservice ${name} ${stateKey(target)}-`
    },
    read: async (namespace, signal) =>
      toIstioSnapshot(toRoutingSnapshot(await objects.routing(namespace, signal))),
    refresh: (snapshot, target, signal) => refreshed(objects, istioSnapshot(snapshot), target, signal),
    readByName: (snapshot, target, signal) => readByName(objects, istioSnapshot(snapshot), target, signal),
    async apply(write, signal) {
      const { warnings } = await objects.write(istioWrite(write).request, { dryRun: false }, signal)
      return warnings
    },
    dryRun: (write, present, signal) => dryRun(objects, istioWrite(write).request, present, signal),
  }
}

/** dryRun asks for a write in the order of a release; `present` is null where the write itself can be asked for. */
async function dryRun(
  objects: IstioObjects,
  request: Write,
  present: Parameters<Routing['dryRun']>[1],
  signal: AbortSignal,
): Promise<void> {
  if (present === null) {
    await objects.write(request, { dryRun: true }, signal)
    return
  }
  const object = request.action === 'create' ? request.object : request.result
  const known = istioSnapshot(present)
  // An object that an earlier write makes is asked for as a creation: there is nothing yet that it could replace.
  if ([...known.virtualServices, ...known.destinationRules].some((other) => isSame(other, object)))
    await objects.replace(object, { dryRun: true }, signal)
  else
    await objects.write({ action: 'create', ref: request.ref, object, summary: '' }, { dryRun: true }, signal)
}

function isSame(left: KubeObject, right: KubeObject): boolean {
  return refText(refOf(left)) === refText(refOf(right))
}

/** Only VirtualServices that route to the host are read again: others can't move its traffic without the host's being read whole. */
function refreshed(
  objects: IstioObjects,
  known: IstioSnapshot,
  target: RouteTarget,
  signal: AbortSignal,
): Promise<IstioSnapshot> {
  return readAgain(known, routesTo(known, target), (ref) => objects.object(ref, signal))
}

function readByName(
  objects: IstioObjects,
  known: IstioSnapshot,
  target: RouteTarget,
  signal: AbortSignal,
): Promise<IstioSnapshot> {
  const { namespace, service, clusterDomain } = target
  const usual = ['VirtualService', 'DestinationRule'].map((kind) => ({ kind, namespace, name: service }))
  const rules = known.destinationRules
    .filter((object) => ruleHost(object, clusterDomain) === scopeHost(target))
    .map(refOf)
  return readAgain(known, [...usual, ...routesTo(known, target), ...rules], async (ref) => {
    try {
      return await objects.object(ref, signal)
    } catch (error) {
      // Who may not ask for it by name has the list's word only.
      if (isFailure(error, 'forbidden') && error.details.confirmed === true) return undefined
      throw error
    }
  })
}

function routesTo(known: IstioSnapshot, target: RouteTarget): ObjectRef[] {
  return buildRouteModel(known, target).routes.map(({ object }) => object)
}

/** readAgain puts what `read` finds in the place of what a snapshot has of some objects; undefined: that stays. */
async function readAgain(
  known: IstioSnapshot,
  refs: readonly ObjectRef[],
  read: (ref: ObjectRef) => Promise<KubeObject | null | undefined>,
): Promise<IstioSnapshot> {
  const fresh = new Map<string, KubeObject | null | undefined>()
  for (const ref of refs) if (!fresh.has(refText(ref))) fresh.set(refText(ref), await read(ref))
  const found = [...fresh.values()].filter((object) => object != null)
  const now = (kind: string, before: readonly KubeObject[]) => {
    const kept = before.flatMap((object) => {
      const again = fresh.get(refText(refOf(object)))
      return again === undefined ? [object] : again === null ? [] : [again]
    })
    const isNew = (object: KubeObject) => object.kind === kind && !kept.some((other) => isSame(other, object))
    return [...kept, ...found.filter(isNew)]
  }
  return {
    ...known,
    virtualServices: now('VirtualService', known.virtualServices),
    destinationRules: now('DestinationRule', known.destinationRules),
  }
}
