import { describe, expect, test } from '@jest/globals'
import type { PreflightInput } from '../../src/preflight/check.ts'
import { runChecks } from '../../src/preflight/checks.ts'
import type { Pod, ServiceView } from '../../src/release/kubernetes.ts'
import { istioPlanner, toIstioSnapshot } from '../../src/routing/istio/planner.ts'
import { named, pairOf, snapshotOf } from './cluster.ts'
import { renderYaml } from './istio.ts'
import { zoo } from './zoo.ts'

/** What stands in the way, or is told, beside what only a cluster knows: permissions, pods, owners, a credential. */
const checked = ['routes', 'conflicts', 'release-plan']

const reviews: ServiceView = {
  name: 'reviews',
  namespace: 'prod',
  type: 'ClusterIP',
  clusterIP: '10.0.0.1',
  selector: { app: 'reviews' },
  ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: null }],
}

/** Pods that every subset of the input selects: what preflight then says is about routes alone. */
function podsFor(labelSets: readonly Record<string, string>[]): Pod[] {
  return labelSets.map((labels, index) => ({
    name: `pod-${index}`,
    workload: 'reviews',
    version: labels.version ?? null,
    labels,
    ready: true,
    deleting: false,
    createdAt: 0,
    waiting: null,
    restarts: 0,
    injected: true,
  }))
}

function preflightCodes(yaml: string): Set<string> {
  const snapshot = snapshotOf(yaml)
  const pair = named(snapshot, pairOf())
  const { stable, canary, ...target } = pair
  const side = ({ version, subset }: typeof stable) => ({ version, destination: subset })
  const subsets = snapshot.destinationRules.flatMap(
    ({ spec }) => (spec?.subsets ?? []) as { labels?: Record<string, string> }[],
  )
  const ref = (version: string) => ({ version, destination: version, workload: `w-${version}`, image: '' })
  const input: PreflightInput = {
    namespace: 'prod',
    service: 'reviews',
    stable: ref('v1'),
    canary: ref('v2'),
    planner: istioPlanner,
    routing: toIstioSnapshot(snapshot),
    routes: istioPlanner.view(toIstioSnapshot(snapshot), target),
    workloads: { service: reviews, workloads: [], pods: podsFor(subsets.map(({ labels = {} }) => labels)) },
    pair: { ...target, stable: side(stable), canary: side(canary) },
    releaseRoutes: { steps: [10], preview: null, mirror: null, sticky: null, retired: [], service: null },
    controllers: { canaries: [], rollouts: [] },
    permissions: [],
    metrics: null,
    clusterClockSkew: null,
    tokenExpiry: null,
    now: 0,
    longestRelease: 0,
    metricsLag: 5_000,
    unpinned: false,
  }
  const findings = runChecks(input).filter(({ id, level }) => checked.includes(id) && level !== 'ok')
  return new Set(findings.map(({ text }) => text.split(/[ :]/)[0] ?? ''))
}

function renderCodes(yaml: string): { ok: boolean; codes: string[] } {
  const pair = named(snapshotOf(yaml), pairOf())
  const sources = yaml === '' ? [] : [{ name: 'a.yaml', text: yaml.trimStart() }]
  const result = renderYaml(sources, { pair, percent: 10, create: true })
  const codes = new Set((result.ok ? result.warnings : result.problems).map(({ code }) => code))
  return { ok: result.ok, codes: [...codes].sort() }
}

describe('preflight and render say the same of the same routes', () => {
  const animals = zoo.filter(({ service, stable }) => service === undefined && stable === undefined)

  test.each(animals)('$name', ({ yaml }) => {
    const [online, { ok, codes }] = [[...preflightCodes(yaml)].sort(), renderCodes(yaml)]
    // A refusal ends at what stands in the way; preflight goes on to what is worth knowing beside it.
    if (ok) expect(codes).toEqual(online)
    else expect(online).toEqual(expect.arrayContaining(codes))
  })
})
