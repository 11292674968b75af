import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import { deploymentManifest } from '../../src/sandbox/scenarios/shop.ts'
import { makeAuthority } from '../cluster/helpers/certificates.ts'
import { serve } from '../cluster/helpers/server.ts'
import type { Bench } from '../support/program.ts'
import { runProgram, withBench } from '../support/program.ts'
import { quickScenario } from '../support/quick-release.ts'
import { changes } from '../support/wire.ts'

interface Case {
  name: string
  exit: 2 | 3
  /** What the one message must hold. */
  says: (RegExp | string)[]
  /** What the world is like. */
  given?: (bench: Bench) => void | Promise<void>
  flags?: (bench: Bench) => Record<string, string>
  /** Flags that are left out. */
  without?: string[]
  command?: string
  words?: string[]
}

/** The scenario with little life before it: nothing here gets as far as counting. */
const idle = (manifests: (text: string) => string = (text) => text, deploy = (text: string) => text) => {
  const scenario = quickScenario()
  return {
    ...scenario,
    warmup: 30,
    manifests: manifests(scenario.manifests),
    deploy: deploy(scenario.deploy),
  }
}

/** The versions take turns in one Deployment, as most people deploy. */
const inOneDeployment = (text: string) =>
  text
    .replaceAll(/name: my-api-v[12]/g, 'name: my-api')
    .replaceAll(/matchLabels: {app: my-api, version: v[12]}/g, 'matchLabels: {app: my-api}')

const kubeconfigWith = (bench: Bench, change: (cluster: Record<string, unknown>, user: object) => void) => {
  const config = parse(bench.sandbox.kubeconfig)
  change(config.clusters[0].cluster, config.users[0].user)
  const path = join(bench.dir, 'other-kubeconfig')
  writeFileSync(path, stringify(config))
  return { kubeconfig: path }
}

const inFile = (bench: Bench, text: string) => {
  writeFileSync(join(bench.dir, 'shiftgate.yml'), text)
}

/** freePort gives a port of this machine on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}

const service = (bench: Bench, spec: string) =>
  void bench.sandbox.apply(
    `apiVersion: v1\nkind: Service\nmetadata: {name: my-api, namespace: shop, labels: {app: my-api}}\nspec: ${spec}\n`,
  )

let closedPort = 0

const words: Case[] = [
  { name: 'unknown command', exit: 2, words: ['rolout'], says: ['unknown command "rolout"', 'rollout'] },
  {
    name: 'unknown flag',
    exit: 2,
    flags: () => ({ 'step-tiemout': '5m' }),
    says: ['--step-tiemout', '--step-timeout'],
  },
  {
    name: 'steps that are no numbers',
    exit: 2,
    flags: () => ({ steps: '10,half' }),
    says: ['--steps', 'half'],
  },
  { name: 'a weight over 100', exit: 2, flags: () => ({ steps: '10,150' }), says: ['--steps', '150', '100'] },
  {
    name: 'steps that do not increase',
    exit: 2,
    flags: () => ({ steps: '50,10,100' }),
    says: ['--steps', '10'],
  },
  {
    name: 'a duration without a unit',
    exit: 2,
    flags: () => ({ interval: '15' }),
    says: ['--interval', '15', '15s'],
  },
  { name: 'no service', exit: 2, without: ['service'], says: ['--service'] },
  {
    name: 'a namespace that is none',
    exit: 2,
    flags: () => ({ namespace: 'Shop!' }),
    says: ['--namespace', 'Shop!'],
  },
  {
    name: 'a tab in the file',
    exit: 2,
    given: (bench) => inFile(bench, 'steps: 10,100\ninterval: 15s\n\thistory: 1h\n'),
    says: [/shiftgate\.yml:3:1\b/, /tab/i],
  },
  {
    name: 'an unknown key in the file',
    exit: 2,
    given: (bench) => inFile(bench, 'steps: 10,100\nstep-timout: 3m\n'),
    says: [/shiftgate\.yml:2:1\b/, 'step-timeout'],
  },
]

const reach: Case[] = [
  {
    name: 'a cluster that is not there',
    exit: 3,
    flags: (bench) =>
      kubeconfigWith(bench, (cluster) => {
        cluster.server = `http://127.0.0.1:${closedPort}`
      }),
    says: ["can't be reached", 'connection refused'],
  },
  {
    name: 'a token that the cluster does not know',
    exit: 3,
    given: ({ sandbox }) => sandbox.access.revoke(sandbox.ciToken),
    says: [/token|credential/i],
  },
  {
    name: 'a login page where Prometheus should be',
    exit: 3,
    given: ({ sandbox }) => sandbox.prometheus.setFault({ kind: 'html' }),
    says: ['Prometheus', /HTML/i],
  },
  {
    name: 'a Prometheus that is down',
    exit: 3,
    given: ({ sandbox }) => sandbox.prometheus.setFault({ kind: 'down' }),
    flags: () => ({ 'query-timeout': '5s' }),
    says: ['Prometheus', 'nothing listens there'],
  },
  {
    name: 'no Prometheus named',
    exit: 2,
    without: ['prometheus-url'],
    says: ['--prometheus-url'],
  },
]

const cluster: (Case & { scenario?: ReturnType<typeof idle> })[] = [
  {
    name: 'an unknown Service',
    exit: 3,
    flags: () => ({ service: 'my-apo' }),
    says: ['no Service shop/my-apo'],
  },
  {
    name: 'an ExternalName',
    exit: 3,
    given: (bench) => service(bench, '{type: ExternalName, externalName: api.example.com}'),
    says: ['ExternalName'],
  },
  {
    name: 'a Service that selects one version',
    exit: 3,
    given: (bench) =>
      service(
        bench,
        '{selector: {app: my-api, version: v1}, ports: [{name: http, port: 80, targetPort: 8080}]}',
      ),
    says: ['selects version=v1 only', 'patch service my-api'],
  },
  {
    name: 'a canary that was never deployed',
    exit: 3,
    flags: () => ({ version: 'v9' }),
    says: ['version=v9', 'v1, v2'],
  },
  {
    name: 'one Deployment for both versions',
    exit: 3,
    scenario: idle(inOneDeployment, inOneDeployment),
    says: ['Versions v1 and v2 are one Deployment (my-api)', 'Deployment of its own'],
  },
  {
    name: 'a stable version whose pods have no label',
    exit: 3,
    scenario: idle((text) =>
      text
        .replaceAll('matchLabels: {app: my-api, version: v1}', 'matchLabels: {app: my-api}')
        .replaceAll('{metadata: {labels: {app: my-api, version: v1}}', '{metadata: {labels: {app: my-api}}')
        .replaceAll(
          '    metadata: {labels: {app: my-api, version: v1}}',
          '    metadata: {labels: {app: my-api}}',
        )
        .replaceAll(', subset: v1', ''),
    ),
    says: ['no "version" label', 'patch deployment my-api-v1', '"version":"v1"'],
  },
  {
    name: 'a cluster without Istio',
    exit: 3,
    given: ({ sandbox }) => {
      const gone = {
        status: 404,
        body: {
          kind: 'Status',
          apiVersion: 'v1',
          status: 'Failure',
          reason: 'NotFound',
          code: 404,
          message: 'the server could not find the requested resource',
        },
      }
      sandbox.api.fail(({ path }) => path.startsWith('/apis/networking.istio.io'), gone, 1000)
    },
    says: ['networking.istio.io', 'Istio'],
  },
  {
    name: 'routes that divide traffic between versions',
    exit: 3,
    scenario: idle((text) =>
      text.replace(
        /( {4}- destination: .*)\n {6}weight: 100\n/,
        (_, entry) =>
          `${entry}\n      weight: 50\n${entry.replace('subset: v1', 'subset: v0')}\n      weight: 50\n`,
      ),
    ),
    says: [/divide traffic between .*v1 50%/, 'stable-version'],
  },
  {
    name: 'a route that delegates',
    exit: 3,
    scenario: idle((text) =>
      text.replace(
        / {4}route:\n {4}- destination: .*\n {6}weight: 100\n/,
        '    delegate: {name: my-api-routes, namespace: shop}\n',
      ),
    ),
    says: ['hands over to VirtualService shop/my-api-routes'],
  },
  {
    name: 'a release of another version in flight',
    exit: 3,
    given: async (bench) => {
      const { code } = await bench.run('rollout', { mode: 'step', history: '0' })
      expect(code).toBe(0)
      bench.sandbox.apply(deploymentManifest('v3'))
    },
    flags: () => ({ version: 'v3' }),
    says: ['in flight', 'v2', 'shiftgate abort'],
  },
]

/** refused runs the program and gives what it said; it must have said it once, plainly. */
async function refused(bench: Bench, row: Case) {
  const { sandbox, dir, env } = bench
  const json = join(dir, 'refused.json')
  const flags: Record<string, string> = {
    namespace: 'shop',
    service: 'my-api',
    version: 'v2',
    kubeconfig: join(dir, 'kubeconfig'),
    'prometheus-url': sandbox.prometheusUrl,
    'report-dir': join(dir, 'report'),
    json,
    ...row.flags?.(bench),
  }
  for (const name of row.without ?? []) delete flags[name]
  const given = Object.entries(flags).flatMap(([name, value]) => [`--${name}`, value])
  const ran = await runProgram(
    [row.command ?? 'rollout', ...given].toSpliced(0, row.words ? 1 : 0, ...(row.words ?? [])),
    {
      cwd: dir,
      env,
    },
  )
  const outcome = JSON.parse(readFileSync(json, 'utf8')) as Outcome
  return { ...ran, outcome, shown: ran.stdout + ran.stderr }
}

async function holds(bench: Bench, row: Case): Promise<void> {
  await row.given?.(bench)
  const before = changes(bench.sandbox).length
  const { code, outcome, shown } = await refused(bench, row)
  expect({ code, result: outcome.result, message: outcome.message }).toEqual({
    code: row.exit,
    result: 'refused',
    message: expect.any(String),
  })
  for (const part of row.says) {
    if (typeof part === 'string') expect(outcome.message).toContain(part)
    else expect(outcome.message).toMatch(part)
  }
  // Once, in full, and without a trace of where in the program it came from.
  expect(shown.split(outcome.message.split('\n')[0] as string)).toHaveLength(2)
  expect(shown).not.toMatch(/^\s+at .*\.js/m)
  expect(changes(bench.sandbox).slice(before)).toEqual([])
}

describe('what can be seen from the words alone', () => {
  test('each mistake gets one message, exit code 2, and nothing is asked of anybody', async () => {
    await withBench({ scenario: idle(), seed: 1 }, async (bench) => {
      for (const row of words) {
        inFile(bench, 'steps: 10,100\n')
        await holds(bench, row)
      }
      expect(bench.sandbox.requests).toEqual([])
    })
  }, 60_000)
})

describe('who can’t be reached', () => {
  test.each(reach)(
    '$name',
    async (row) => {
      closedPort = await freePort()
      await withBench({ scenario: idle(), seed: 1 }, (bench) => holds(bench, row))
    },
    60_000,
  )
})

describe('who answers, but not to us', () => {
  test('an API server whose certificate another authority signed', async () => {
    const { certificate, key } = makeAuthority().sign('api', 'IP:127.0.0.1')
    const server = await serve(() => ({ status: 200, body: '{}' }), { cert: certificate, key })
    try {
      const row: Case = {
        name: 'wrong CA',
        exit: 3,
        flags: (bench) =>
          kubeconfigWith(bench, (cluster) => {
            cluster.server = server.url
            cluster['certificate-authority-data'] = Buffer.from(makeAuthority().ca.certificate).toString(
              'base64',
            )
          }),
        says: ['wrong CA', 'certificate-authority-data'],
      }
      await withBench({ scenario: idle(), seed: 1 }, (bench) => holds(bench, row))
    } finally {
      await server.close()
    }
  }, 60_000)

  test('a Prometheus that wants to know who asks; the wrong password is not repeated', async () => {
    const server = await serve(() => ({ status: 401, body: 'Unauthorized\n' }))
    try {
      const row: Case = {
        name: 'Prometheus 401',
        exit: 3,
        flags: () => ({
          'prometheus-url': server.url,
          'prometheus-username': 'shop',
          'prometheus-password': 'wr0ng-s3cret',
        }),
        says: ['Prometheus', '401', 'token, or user and password'],
      }
      await withBench({ scenario: idle(), seed: 1 }, async (bench) => {
        await holds(bench, row)
        expect(readFileSync(join(bench.dir, 'refused.json'), 'utf8')).not.toContain('wr0ng-s3cret')
      })
    } finally {
      await server.close()
    }
  }, 60_000)
})

describe('a cluster in which this release is not possible', () => {
  test.each(cluster)(
    '$name',
    async (row) => {
      await withBench({ scenario: row.scenario ?? idle(), seed: 1 }, (bench) => holds(bench, row))
    },
    60_000,
  )
})
