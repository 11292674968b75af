import { Failure } from '../release/failure.ts'
import type { WorkloadsSnapshot } from '../release/kubernetes.ts'
import type { Problem } from '../routing/problem.ts'
import { problem } from '../routing/problem.ts'
import type { Reach } from '../routing/reach.ts'
import type {
  RouteChange,
  RoutePlan,
  RouteSnapshot,
  RouteTarget,
  RouteView,
  RouteWrite,
  Routing,
  StateNote,
  VersionPair,
} from '../routing/routing.ts'

const backend = 'memory'

/** InMemoryRoutes is the whole routing of one service: which destination gets which share, and what a release noted. */
interface InMemoryRoutes {
  /** Shares 0–1 by destination; a destination is named like its version. Their sum is 1. */
  shares: Readonly<Record<string, number>>
  destinations: readonly string[]
  /** Requests that reach the canary beside its share. */
  preTraffic: 'preview' | 'mirror' | null
  state: string | null
  command: string | null
}

interface Snapshot extends RouteSnapshot {
  readonly backend: typeof backend
  /** Grows with every write: a write planned on an older one is a lost race. */
  revision: number
  routes: InMemoryRoutes
}

interface PlannedWrite extends RouteWrite {
  readonly backend: typeof backend
  revision: number
  routes: InMemoryRoutes
}

/** InMemoryRouting is a `Routing` without a cluster, and what somebody else can do to its routes. */
interface InMemoryRouting extends Routing {
  /** current gives the routes as they are. */
  current(): InMemoryRoutes
  /** edit changes the routes as another writer would. */
  edit(change: Partial<InMemoryRoutes>): void
}

/**
 * createInMemoryRouting makes the routing of one service in memory, all of it on `stable`. `onShares` hears of every
 * write that moves traffic.
 */
export function createInMemoryRouting(
  stable: string,
  onShares: (shares: InMemoryRoutes['shares']) => void = () => {},
): InMemoryRouting {
  let now: Snapshot = {
    backend,
    revision: 1,
    routes: { shares: { [stable]: 1 }, destinations: [stable], preTraffic: null, state: null, command: null },
  }
  const put = (routes: InMemoryRoutes) => {
    const moved = JSON.stringify(routes.shares) !== JSON.stringify(now.routes.shares)
    now = { backend, revision: now.revision + 1, routes }
    if (moved) onShares(routes.shares)
  }
  return {
    ...planner,
    permissions: [],
    hostPolicies: { kind: 'HostPolicy', permissions: [] },
    inspectCommand: () => 'true',
    forgetCommand: () => 'true',
    read: async () => now,
    refresh: async () => now,
    readByName: async () => now,
    async apply(write) {
      const { revision, routes } = own<PlannedWrite>(write)
      if (revision !== now.revision) throw new Failure('conflict', 'The routes have been changed meanwhile.')
      put(routes)
      return []
    },
    dryRun: async () => {},
    current: () => now.routes,
    edit: (change) => put({ ...now.routes, ...change }),
  }
}

function own<Kind extends { readonly backend: typeof backend }>(value: { readonly backend: string }): Kind {
  if (value.backend !== backend) throw new Failure('internal', 'Routing of another backend was given.')
  return value as Kind
}

const planner: Omit<
  Routing,
  | 'permissions'
  | 'hostPolicies'
  | 'inspectCommand'
  | 'forgetCommand'
  | 'read'
  | 'refresh'
  | 'readByName'
  | 'apply'
  | 'dryRun'
> = {
  notes(snapshot, target) {
    const { state, command } = own<Snapshot>(snapshot).routes
    return state === null && command === null
      ? []
      : [{ object: objectOf(target), state, part: null, command }]
  },
  view: (snapshot, target) => viewOf(own<Snapshot>(snapshot).routes, target),
  canaryShare(snapshot, pair) {
    const { shares } = own<Snapshot>(snapshot).routes
    const canary = shares[pair.canary.destination] ?? 0
    const both = canary + (shares[pair.stable.destination] ?? 0)
    const share = both === 0 ? 0 : canary / both
    return { min: share, max: share }
  },
  reach: (snapshot, pair, workloads) => reachOf(own<Snapshot>(snapshot).routes, pair, workloads),
  restorePoint: () => ({}),
  plan: (snapshot, pair, change, note = null) => planWrite(own<Snapshot>(snapshot), pair, change, note),
  changedBy: () => '',
  hostSplit: () => ({ byHost: false, hosts: [] }),
  hostPolicy: () => null,
  conflicts: () => [],
  owners: () => [],
  diff: (_, write) => [`+ ${JSON.stringify(own<PlannedWrite>(write).routes.shares)}`],
  resultOf: (write) => JSON.stringify(own<PlannedWrite>(write).routes),
}

function objectOf({ namespace, service }: RouteTarget): string {
  return `Routes ${namespace}/${service}`
}

function viewOf({ shares, destinations }: InMemoryRoutes, target: RouteTarget): RouteView {
  const host = `${target.service}.${target.namespace}.svc.${target.clusterDomain}`
  return {
    objects: [objectOf(target)],
    serving: Object.entries(shares)
      .filter(([, share]) => share > 0)
      .map(([name, share]) => ({ host, destination: name, version: name, share, least: share }))
      .sort((left, right) => right.share - left.share),
    destinations: [...destinations],
    problems: [],
    warnings: [],
    destinationOf: (version) => ({ name: version, exists: destinations.includes(version) }),
  }
}

function reachOf(
  { shares, destinations }: InMemoryRoutes,
  target: RouteTarget,
  { pods }: WorkloadsSnapshot,
): Reach {
  const held = Object.entries(shares).filter(([, share]) => share > 0)
  const serves = (name: string) =>
    destinations.includes(name) && pods.some(({ version, ready }) => version === name && ready)
  const reached = held.filter(([name]) => serves(name))
  const lost = held.filter(([name]) => !serves(name))
  return {
    routes: [
      {
        name: objectOf(target),
        any: true,
        reached: reached.map(([name, share]) => ({ name, version: name, share })),
        lost: lost.map(([name, share]) => ({ name, why: 'it has no ready pod', share })),
      },
    ],
  }
}

function planWrite(now: Snapshot, pair: VersionPair, change: RouteChange, note: StateNote | null): RoutePlan {
  const changed = changeRoutes(now.routes, pair, change)
  if ('code' in changed) return { ok: false, problems: [changed] }
  const routes =
    note === null
      ? changed
      : {
          ...changed,
          state: note.state,
          command: changed.command === note.obeyedCommand ? null : changed.command,
        }
  const object = objectOf(pair)
  const write: PlannedWrite = {
    backend,
    object,
    action: 'patch',
    summary: change.kind,
    movesTraffic: routes.shares !== now.routes.shares || routes.preTraffic !== now.routes.preTraffic,
    patch: [],
    revision: now.revision,
    routes,
  }
  const after: Snapshot = { backend, revision: now.revision, routes }
  const creates = routes.destinations.filter((name) => !now.routes.destinations.includes(name))
  const writes = JSON.stringify(routes) === JSON.stringify(now.routes) ? [] : [write]
  return { ok: true, writes, warnings: [], after, holder: note === null ? null : object, creates }
}

function changeRoutes(
  routes: InMemoryRoutes,
  { stable, canary }: VersionPair,
  change: RouteChange,
): InMemoryRoutes | Problem {
  const split = (share: number): InMemoryRoutes['shares'] =>
    stable.destination === canary.destination
      ? { [stable.destination]: 1 }
      : { [stable.destination]: 1 - share, [canary.destination]: share }
  switch (change.kind) {
    case 'prepare':
      return {
        ...routes,
        destinations: [...new Set([...routes.destinations, stable.destination, canary.destination])],
      }
    case 'pin':
      return { ...routes, shares: split(0) }
    case 'put-back':
      return { ...routes, shares: split(0), preTraffic: null }
    case 'share':
      return routes.destinations.includes(canary.destination)
        ? { ...routes, shares: split(change.percent / 100) }
        : problem('SG-no-destination', null, `${canary.destination} is no destination.`)
    case 'preview':
      return { ...routes, preTraffic: change.testers === null ? null : 'preview' }
    case 'mirror':
      return { ...routes, preTraffic: change.percent === 0 ? null : 'mirror' }
    case 'clean-up':
      return { ...routes, destinations: routes.destinations.filter((name) => name !== change.destination) }
    case 'state':
      return routes
    case 'command':
      return { ...routes, command: change.text }
  }
}
