import { Failure } from '../../../src/release/failure.ts'
import type { JsonObject, KubeObject, ObjectRef, Write } from '../../../src/release/kubernetes.ts'
import type { IstioObjects } from '../../../src/routing/istio/istio-routing.ts'
import { applyPatch } from '../../../src/routing/json-patch.ts'

/** Layout is what routes there are before the release: none, one VirtualService, or one beside it for a gateway. */
export type Layout = 'none' | 'one' | 'two'

export interface Destination {
  destination: { host: string; subset?: string }
  weight?: number
}

export interface Rule {
  match?: JsonObject[]
  route: Destination[]
  [key: string]: unknown
}

/** RouteShare is the part (0–1) of one rule's requests that goes to a subset, and to the version behind it. */
export interface RouteShare {
  rule: string
  subset: string | null
  /** null: pods of any version; `nobody`: the subset selects nothing. */
  version: string | null | 'nobody'
  share: number
}

const rules = (object: KubeObject): Rule[] => (object.spec?.http ?? []) as unknown as Rule[]

/** isOurs tells a destination of the released service from one of somebody else's. */
export const isOurs = ({ destination }: Destination): boolean =>
  destination.host === 'my-api' || destination.host.startsWith('my-api.')

const neighbour: Rule = {
  name: 'neighbour',
  match: [{ uri: { prefix: '/legal' } }],
  route: [{ destination: { host: 'legal' } }],
  'x-future': { unknown: ['fields', 1] },
}

function virtualService(name: string, hosts: string[], gateways?: string[]): KubeObject {
  const main: Rule = {
    name: 'main',
    route: [{ destination: { host: 'my-api', subset: 'v1' }, weight: 100 }],
    retries: { attempts: 2 },
    timeout: '3s',
  }
  return {
    apiVersion: 'networking.istio.io/v1',
    kind: 'VirtualService',
    metadata: { name, namespace: 'shop', annotations: { owner: 'shop' } },
    spec: {
      hosts,
      ...(gateways === undefined ? {} : { gateways }),
      http: [neighbour, main],
    } as unknown as JsonObject,
  }
}

const destinationRule: KubeObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'DestinationRule',
  metadata: { name: 'my-api', namespace: 'shop' },
  spec: {
    host: 'my-api',
    trafficPolicy: { loadBalancer: { simple: 'LEAST_REQUEST' } },
    subsets: [{ name: 'v1', labels: { version: 'v1' } }],
  },
}

/** createModelObjects keeps routing objects as an API server does: versions, conflicts, patches. `onChange` hears of each change. */
export function createModelObjects(layout: Layout, onChange: () => void) {
  let version = 100
  const objects = new Map<string, KubeObject>()
  const keyOf = ({ kind, name }: Pick<ObjectRef, 'kind' | 'name'>) => `${kind} ${name}`
  const put = (object: KubeObject): void => {
    version += 1
    const { metadata } = object
    const created = metadata.creationTimestamp ?? '2026-01-01T00:00:00Z'
    objects.set(keyOf({ kind: object.kind, name: metadata.name }), {
      ...object,
      metadata: { ...metadata, resourceVersion: String(version), creationTimestamp: created },
    })
    onChange()
  }
  if (layout !== 'none') put(virtualService('my-api', ['my-api']))
  if (layout === 'two') put(virtualService('edge', ['shop.example.com'], ['gateway']))
  if (layout !== 'none') put(destinationRule)
  const initial = [...objects.values()]

  const list = (kind: string) => [...objects.values()].filter((object) => object.kind === kind)
  const after = (write: Write): KubeObject => {
    const current = objects.get(keyOf(write.ref))
    if (write.action === 'create') {
      if (current) throw new Failure('already-exists', 'It exists.')
      return write.object
    }
    if (!current) throw new Failure('not-found', 'It is gone.')
    const result = applyPatch(current, write.patch)
    if (result.metadata.resourceVersion === current.metadata.resourceVersion) return result
    throw new Failure('conflict', 'It has been changed.')
  }
  const api: IstioObjects = {
    routing: async () => ({
      apiVersion: 'networking.istio.io/v1',
      objects: [...objects.values()],
      unreadable: [],
    }),
    object: async (ref) => objects.get(keyOf(ref)) ?? null,
    async write(write, { dryRun }) {
      const result = after(write)
      if (!dryRun) put(result)
      return { warnings: [] }
    },
    async replace(object, { dryRun }) {
      const current = objects.get(keyOf({ kind: object.kind, name: object.metadata.name }))
      if (current?.metadata.resourceVersion !== object.metadata.resourceVersion)
        throw new Failure('conflict', 'It has been changed.')
      if (!dryRun) put(object)
    },
  }

  return {
    api,
    all: (): KubeObject[] => [...objects.values()],
    virtualServices: () => list('VirtualService'),
    destinationRules: () => list('DestinationRule'),
    /** edit changes an object as a person with kubectl would; null takes it away. */
    edit(kind: string, name: string, change: (copy: KubeObject) => KubeObject | null) {
      const current = objects.get(keyOf({ kind, name }))
      if (current === undefined) return
      const next = change(structuredClone(current))
      if (next !== null) return put(next)
      objects.delete(keyOf({ kind, name }))
      onChange()
    },
    /** restoreInitial puts everything back as Git has it, annotations too. */
    restoreInitial(): void {
      objects.clear()
      for (const object of initial) put(object)
      onChange()
    },
    /** repairDestinations makes both subsets select what they are named after. */
    repairDestinations(): void {
      const subsets = ['v1', 'v2'].map((name) => ({ name, labels: { version: name } }))
      put({ ...destinationRule, spec: { ...destinationRule.spec, subsets } })
    },
  }
}

export type ModelObjects = ReturnType<typeof createModelObjects>

/** subsetsOf gives the version that each subset of the service selects. */
export function subsetsOf(destinationRules: readonly KubeObject[]): Map<string, string | null> {
  const found = new Map<string, string | null>()
  for (const { spec } of destinationRules) {
    const subsets = (spec?.subsets ?? []) as unknown as { name: string; labels?: { version?: string } }[]
    for (const { name, labels } of subsets) found.set(name, labels?.version ?? null)
  }
  return found
}

/** routeShares resolves every rule of the service that takes any request. Written anew here: it judges the program. */
export function routeShares(
  virtualServices: readonly KubeObject[],
  destinationRules: readonly KubeObject[],
): RouteShare[] {
  const subsets = subsetsOf(destinationRules)
  return virtualServices.flatMap((object) =>
    rules(object).flatMap((rule, index) => {
      if (rule.match !== undefined || !rule.route.some(isOurs)) return []
      const weightOf = ({ weight }: Destination) => (rule.route.length === 1 ? 1 : (weight ?? 0))
      const total = rule.route.reduce((sum, entry) => sum + weightOf(entry), 0)
      return rule.route.map((entry) => {
        const { subset = null } = entry.destination
        const version =
          subset === null ? null : subsets.has(subset) ? (subsets.get(subset) ?? null) : 'nobody'
        return {
          rule: `${object.metadata.name} http/${index}`,
          subset: isOurs(entry) ? subset : entry.destination.host,
          version: isOurs(entry) ? version : entry.destination.host,
          share: total === 0 ? 0 : weightOf(entry) / total,
        }
      })
    }),
  )
}
