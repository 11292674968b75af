import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { parseAllDocuments, stringify } from 'yaml'
import { toApiCall } from '../../src/cluster/api/paths.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { changes } from '../support/wire.ts'

interface Rule {
  apiGroups: string[]
  resources: string[]
  resourceNames?: string[]
  verbs: string[]
}

interface Manifest {
  kind: string
  metadata: { name: string; namespace?: string }
  rules?: Rule[]
  roleRef?: { kind: string; name: string }
}

/** What the README tells people to apply. */
const readme = readFileSync('README.md', 'utf8')
const [, manifestText = ''] =
  /<!-- rbac:start -->\n```yaml\n([\s\S]*?)```\n<!-- rbac:end -->/.exec(readme) ?? []
const manifests = parseAllDocuments(manifestText).map((document) => document.toJS() as Manifest)

/** roles writes the manifest again, changed. */
function roles(change: (manifest: Manifest) => Manifest | null): string {
  return manifests
    .map(change)
    .filter((manifest) => manifest !== null)
    .map((manifest) => stringify(manifest))
    .join('---\n')
}

/** without takes verbs from a resource wherever the manifest gives them. */
const without = (verb: string, resource: string) =>
  roles((manifest) => ({
    ...manifest,
    ...(manifest.rules
      ? {
          rules: manifest.rules.flatMap((rule) =>
            rule.resources.flatMap((name) => {
              const verbs = rule.verbs.filter((each) => name !== resource || each !== verb)
              return verbs.length === 0 ? [] : [{ ...rule, resources: [name], verbs }]
            }),
          ),
        }
      : {}),
  }))

const required = (manifest: Manifest) =>
  manifest.metadata.name === 'shiftgate' || manifest.roleRef?.name === 'shiftgate' ? manifest : null

interface Use {
  verb: string
  group: string
  resource: string
  namespace: string | null
}

/** usesOf reads from what went over the wire which rights were used. */
function usesOf(sandbox: Sandbox): Use[] {
  return (
    sandbox.requests
      // What isn't installed is answered with 404, to those who may ask.
      .filter(({ server, status }) => server === 'kubernetes' && (status < 400 || status === 404))
      .map(({ method, path, query }) => toApiCall(method, `${path}${query ? `?${query}` : ''}`))
      .filter((call) => call !== null)
      .map(({ verb, group, resource, namespace }) => ({
        verb,
        group,
        resource,
        namespace: namespace ?? null,
      }))
  )
}

/** grants takes the manifest apart into single rights. */
function grants(): (Use & { scope: string })[] {
  return manifests.flatMap(({ kind, metadata, rules = [] }) =>
    rules.flatMap(({ apiGroups, resources, verbs }) =>
      apiGroups.flatMap((group) =>
        resources.flatMap((resource) =>
          verbs.map((verb) => ({
            verb,
            group,
            resource,
            namespace: kind === 'ClusterRole' ? null : (metadata.namespace ?? null),
            scope: `${kind} ${metadata.name}: ${verb} ${resource}${group && `.${group}`}`,
          })),
        ),
      ),
    ),
  )
}

const withControllers = {
  kind: 'APIGroupList',
  groups: ['flagger.app/v1beta1', 'argoproj.io/v1alpha1'].map((groupVersion) => ({
    name: groupVersion.split('/')[0],
    preferredVersion: { groupVersion },
  })),
}

const proxied = { 'prometheus-url': 'k8s://istio-system/prometheus:9090' }
const used: Use[] = []

/** Versions that never fail: this is about rights, and no chance of the traffic may decide it. */
function flawless(of: string) {
  const scenario = quickScenario({}, of)
  return { ...scenario, traffic: { ...scenario.traffic, versions: {}, others: healthyVersion(0) } }
}

/** A whole life: pinned, released through the API server alone, looked at, and rolled back. */
async function life(bench: Bench): Promise<void> {
  const flags = { ...quickFlags, ...proxied }
  expect((await bench.run('pin')).outcome).toMatchObject({ exitCode: 0 })
  const { outcome } = await bench.run('rollout', flags)
  expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
  expect((await bench.run('status')).outcome).toMatchObject({ exitCode: 0 })
  expect((await bench.run('rollback')).outcome).toMatchObject({ exitCode: 0, result: 'rolled-back' })
  expect(bench.sandbox.requests.filter(({ status }) => status === 401 || status === 403)).toEqual([])
}

describe('the rights that the README asks for', () => {
  test('are enough for pin, a release through the API server’s proxy, status and rollback', async () => {
    await withBench({ scenario: flawless('good'), seed: 3, rbac: manifestText }, async (bench) => {
      await life(bench)
      used.push(...usesOf(bench.sandbox))
    })
    await withBench({ scenario: flawless('first'), seed: 3, rbac: manifestText }, async (bench) => {
      await life(bench)
      used.push(...usesOf(bench.sandbox))
    })
    // Other controllers count as installed, so that their objects are asked for.
    const optional = { scenario: quickScenario(), seed: 3, rbac: withoutClusterList() }
    await withBench(optional, async (bench) => {
      bench.sandbox.api.fail(({ path }) => path === '/apis', { status: 200, body: withControllers }, 10)
      expect((await bench.run('preflight')).outcome).toMatchObject({ exitCode: 0 })
      expect((await bench.run('preflight', { service: 'gone' })).outcome).toMatchObject({ exitCode: 3 })
      used.push(...usesOf(bench.sandbox))
    })
  }, 120_000)

  test('hold nothing that was never used', () => {
    const idle = grants().filter(
      (grant) =>
        !used.some(
          (use) =>
            use.verb === grant.verb &&
            use.group === grant.group &&
            use.resource === grant.resource &&
            (use.namespace ?? null) === grant.namespace,
        ),
    )
    expect(idle.map(({ scope }) => scope)).toEqual([])
  })
})

/** Routes of single namespaces may be listed, but not over all of them: then the namespaces are. */
function withoutClusterList(): string {
  return roles((manifest) =>
    manifest.kind === 'ClusterRole'
      ? {
          ...manifest,
          rules: (manifest.rules ?? []).filter(({ resources }) => resources.includes('namespaces')),
        }
      : manifest,
  )
}

describe('a right that is missing', () => {
  test.each([
    { verb: 'list', resource: 'virtualservices', names: 'virtualservices' },
    { verb: 'patch', resource: 'virtualservices', names: 'virtualservices' },
    { verb: 'create', resource: 'destinationrules', names: 'destinationrules' },
    { verb: 'get', resource: 'services', names: 'services' },
    { verb: 'list', resource: 'pods', names: 'pods' },
    { verb: 'list', resource: 'deployments', names: 'deployments' },
    { verb: 'patch', resource: 'leases', names: 'leases' },
  ])(
    '$verb $resource: exit 3 that names it, and nothing written',
    async ({ verb, resource, names }) => {
      const rbac = without(verb, resource)
      await withBench({ scenario: { ...quickScenario(), warmup: 30 }, seed: 3, rbac }, async (bench) => {
        const { code, outcome } = await bench.run('rollout', quickFlags)
        expect({ code, result: outcome.result }).toEqual({ code: 3, result: 'refused' })
        expect(outcome.message).toMatch(
          new RegExp(`${verb} ${names}[^.]*(\\.[a-z0-9.]+)? in namespace "?shop"?`),
        )
        expect(changes(bench.sandbox)).toEqual([])
      })
    },
    60_000,
  )

  test('without those that are optional a release goes on, and names what it could not look at', async () => {
    await withBench({ scenario: quickScenario(), seed: 3, rbac: roles(required) }, async (bench) => {
      const { outcome } = await bench.run('rollout', { ...quickFlags, steps: '100' })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      const shown = bench
        .record()
        .flatMap((event) =>
          event.type === 'finding' && event.finding.level === 'warning' ? [event.finding.text] : [],
        )
      expect(shown).toContainEqual(expect.stringContaining('can only be read in the target’s namespace'))
      expect(routeWeights(bench.sandbox).find(({ version }) => version === 'v2')?.share).toBe(1)
    })
    await withBench(
      { scenario: { ...quickScenario(), warmup: 30 }, seed: 3, rbac: roles(required) },
      async (bench) => {
        const { code, outcome } = await bench.run('rollout', { ...quickFlags, ...proxied })
        expect({ code, result: outcome.result }).toEqual({ code: 3, result: 'refused' })
        expect(outcome.message).toMatch(/get services\/proxy.*istio-system/)
        expect(changes(bench.sandbox)).toEqual([])
      },
    )
  }, 60_000)
})
