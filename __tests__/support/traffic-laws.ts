import type { KubeObject } from '../../src/release/kubernetes.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'

interface Destination {
  destination: { host: string; subset?: string }
  weight?: number
}

type Rules = { route?: Destination[] }[]

const shares = (route: Destination[]): { subset: string | null; share: number }[] => {
  const weightOf = (entry: Destination) => (route.length === 1 ? 1 : (entry.weight ?? 0))
  const total = route.reduce((sum, entry) => sum + weightOf(entry), 0)
  return route.map((entry) => ({ subset: entry.destination.subset ?? null, share: weightOf(entry) / total }))
}

/** routeWeights gives, for every route in the cluster, each version's share 0–1. */
export function routeWeights(sandbox: Sandbox): { object: string; version: string | null; share: number }[] {
  const versions = subsetVersions(sandbox.store.list('DestinationRule', sandbox.scenario.namespace))
  return sandbox.store.list('VirtualService', sandbox.scenario.namespace).flatMap((object) =>
    ((object.spec?.http ?? []) as unknown as Rules).flatMap((rule) =>
      shares(rule.route ?? []).map(({ subset, share }) => ({
        object: object.metadata.name,
        version: subset === null ? null : (versions.get(subset) ?? null),
        share,
      })),
    ),
  )
}

function subsetVersions(rules: readonly KubeObject[]): Map<string, string> {
  const subsets = rules.flatMap(
    (rule) => (rule.spec?.subsets ?? []) as unknown as { name: string; labels?: { version?: string } }[],
  )
  return new Map(subsets.map(({ name, labels }) => [name, labels?.version ?? '']))
}

/** Weights that one accepted write of a VirtualService sets, from what went over the wire. */
function canaryWeights(body: string, canary: string): number[] {
  const routes: Destination[][] = []
  const parsed = JSON.parse(body) as unknown
  const visit = (value: unknown): void => {
    if (Array.isArray(value)) {
      if (value.every((entry) => typeof entry === 'object' && entry !== null && 'destination' in entry)) {
        if (value.length > 0) routes.push(value as Destination[])
        return
      }
      value.forEach(visit)
    } else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit)
  }
  visit(parsed)
  return routes.map((route) =>
    shares(route)
      .filter(({ subset }) => subset === canary)
      .reduce((sum, { share }) => sum + share, 0),
  )
}

/**
 * violations looks at what went over the wire and into the record for anything that must never happen. It gives a
 * sentence for each.
 */
export function violations(sandbox: Sandbox, record: readonly RecordEvent[]): string[] {
  return [
    ...sharesWithoutPass(record),
    ...pollingWrites(sandbox),
    ...lastWeight(sandbox),
    ...subsetsFirst(sandbox),
  ]
}

/** The canary's share grows only after a pass of the step that it stands at. */
function sharesWithoutPass(record: readonly RecordEvent[]): string[] {
  const found: string[] = []
  let passed = true
  for (const event of record) {
    if (event.type === 'step') {
      if (!passed) found.push(`step ${event.step} began at ${event.weight}% without a pass of the one before`)
      passed = false
    }
    if (event.type === 'verdict' && event.verdict.verdict === 'pass') passed = true
  }
  return found
}

/** A VirtualService is written with changes of weights or state, never per poll. */
function pollingWrites(sandbox: Sandbox): string[] {
  const writes = sandbox.requests.filter(
    ({ method, path, query, status }) =>
      (method === 'PATCH' || method === 'POST') &&
      path.includes('/virtualservices') &&
      !query.includes('dryRun') &&
      status < 300,
  )
  // A canary for a time gives the traffic back in steps of its own.
  const most = sandbox.scenario.args.image === undefined ? 12 : 20
  return writes.length > most ? [`${writes.length} writes of VirtualServices in one release`] : []
}

/** When the program has ended the routes are whole: nothing stands in between. */
function lastWeight(sandbox: Sandbox): string[] {
  return routeWeights(sandbox)
    .filter(({ share }) => share !== 0 && share !== 1)
    .map(({ object, version, share }) => `${object} was left with ${share} on ${version}`)
}

/** A route names a subset only after the DestinationRule has had it for the settling time. */
function subsetsFirst(sandbox: Sandbox): string[] {
  const made = sandbox.requests.find(
    ({ method, path, query, status }) =>
      method !== 'GET' && path.includes('/destinationrules') && !query.includes('dryRun') && status < 300,
  )
  const canary = sandbox.scenario.canary
  const named = sandbox.requests.find(
    ({ method, path, query, body, status }) =>
      (method === 'PATCH' || method === 'POST') &&
      path.includes('/virtualservices') &&
      !query.includes('dryRun') &&
      status < 300 &&
      body.includes(`"subset":"${canary}"`),
  )
  if (!named || !made) return []
  const early = named.at - made.at < 10_000
  const weights = canaryWeights(named.body, canary)
  return early
    ? [`a route named ${canary} ${named.at - made.at} ms after its subset (weights ${weights.join(', ')})`]
    : []
}
