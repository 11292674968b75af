import { parseAllDocuments } from 'yaml'
import type { KubeObject, Write } from '../../src/release/kubernetes.ts'
import type { RoutingSnapshot } from '../../src/routing/istio/snapshot.ts'
import {
  applyWrites,
  buildRouteModel,
  newSubsetName,
  type Pair,
  type Plan,
  type Side,
  subsetFor,
} from './istio.ts'

/** snapshotOf reads routing objects from YAML, with what an API server would add. */
export function snapshotOf(yaml: string, unreadable: string[] = []): RoutingSnapshot {
  const objects = parseAllDocuments(yaml, { merge: true }).map((document, index) =>
    stamped(document.toJS(), index),
  )
  return {
    apiVersion: 'v1',
    virtualServices: objects.filter(({ kind }) => kind === 'VirtualService'),
    destinationRules: objects.filter(({ kind }) => kind === 'DestinationRule'),
    unreadable,
  }
}

function stamped(object: KubeObject, index: number): KubeObject {
  return {
    ...object,
    metadata: {
      resourceVersion: String(1000 + index),
      creationTimestamp: new Date(Date.UTC(2026, 0, 1 + index)).toISOString(),
      ...object.metadata,
    },
  }
}

/** pairOf makes a pair of service `reviews` in `prod` unless told otherwise. */
export function pairOf(stable = 'v1', canary = 'v2', service = 'reviews', namespace = 'prod'): Pair {
  return {
    namespace,
    service,
    clusterDomain: 'cluster.local',
    stable: { version: stable, subset: stable },
    canary: { version: canary, subset: canary },
  }
}

/** named gives a pair the subsets that its versions have or would get. */
export function named(snapshot: RoutingSnapshot, pair: Pair): Pair {
  const seen = buildRouteModel(snapshot, pair)
  const side = ({ version }: Side): Side => ({
    version,
    subset: subsetFor(seen, version) ?? newSubsetName(seen, version),
  })
  return { ...pair, stable: side(pair.stable), canary: side(pair.canary) }
}

/** writesOf gives a plan's writes; a refusal fails the test with its reasons. */
export function writesOf(plan: Plan): Write[] {
  if (!plan.ok) throw new Error(plan.problems.map(({ code, text }) => `${code}: ${text}`).join('\n'))
  return plan.writes
}

/** done applies a plan. */
export function done(snapshot: RoutingSnapshot, plan: Plan): RoutingSnapshot {
  return applyWrites(snapshot, writesOf(plan))
}

/** codesOf gives the codes of a refusal; a plan that goes through fails the test. */
export function codesOf(plan: Plan): string[] {
  if (plan.ok) throw new Error(`expected a refusal, got ${plan.writes.length} writes`)
  return plan.problems.map(({ code }) => code)
}

/** routesText writes every weighted destination as `object http/0: subset=weight …` for comparison. */
export function routesText(snapshot: RoutingSnapshot): string[] {
  return snapshot.virtualServices.flatMap((object) =>
    (['http', 'tls', 'tcp'] as const).flatMap((protocol) => {
      const rules = (object.spec?.[protocol] ?? []) as {
        route?: { destination: { host: string; subset?: string }; weight?: number }[]
      }[]
      return rules.flatMap(({ route }, index) =>
        route === undefined
          ? []
          : [
              `${object.metadata.name} ${protocol}/${index}: ${route
                .map(
                  ({ destination, weight }) => `${destination.subset ?? destination.host}=${weight ?? '-'}`,
                )
                .join(' ')}`,
            ],
      )
    }),
  )
}
