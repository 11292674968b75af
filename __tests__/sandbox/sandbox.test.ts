import { describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { scenarioNamed, scenarios } from '../../src/sandbox/scenarios/catalogue.ts'
import type { Scenario } from '../../src/sandbox/scenarios/scenario.ts'
import { isReady } from '../../src/sandbox/workloads/pods/readiness.ts'
import { asking, jsonPatch, routes } from './api-client.ts'

/** A short history is enough where nobody judges. */
function brief(name: string, changes: Partial<Scenario> = {}): Scenario {
  return { ...(scenarioNamed(name) as Scenario), warmup: 30, ...changes }
}

async function within(scenario: Scenario, act: (sandbox: Sandbox) => Promise<void>, seed = 1): Promise<void> {
  const sandbox = await startSandbox({ scenario, seed })
  try {
    await act(sandbox)
  } finally {
    await sandbox.close()
  }
}

const proxied = '/api/v1/namespaces/istio-system/services/prometheus:9090/proxy/api/v1/query?query=up'

describe('the sandbox', () => {
  // Releases of an image deploy nothing beforehand, and no label says their versions.
  const labelled = scenarios.filter(({ args }) => args.image === undefined)
  test.each(labelled.map(({ name }) => name))('the scenario %s comes up as it says', async (name) => {
    await within(brief(name), async ({ scenario, store, clock, start, apiUrl, kubeconfig }) => {
      expect(clock.now()).toBe(start)
      const { namespace, service, stable, canary } = scenario
      expect(store.get('Service', namespace, service)).not.toBeNull()
      const ready = (version: string) =>
        store.list('Pod', namespace).filter((pod) => isVersion(pod, version) && isReady(pod)).length
      expect(ready(`${canary}`)).toBe(0)
      if (stable !== null) expect(ready(stable)).toBe(3)
      await clock.advance(20_000)
      expect(ready(canary)).toBe(3)
      const istiod = store.get('Deployment', 'istio-system', 'istiod')
      expect(istiod?.status).toMatchObject({ availableReplicas: 2, observedGeneration: 1 })
      const has = store.list('VirtualService', namespace).length > 0
      expect(has).toBe(!['first', 'initial', 'no-traffic'].includes(name))
      expect(parse(kubeconfig).clusters[0].cluster.server).toBe(apiUrl)
    })
  })

  test('every address is on loopback, and Prometheus is reached through the API server too', async () => {
    await within(brief('good'), async (sandbox) => {
      for (const url of [sandbox.apiUrl, sandbox.prometheusUrl, sandbox.githubUrl, sandbox.clockUrl]) {
        expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
      }
      const ask = asking(sandbox.apiUrl)
      const through = await ask('GET', proxied)
      const direct = await asking(sandbox.prometheusUrl)('GET', '/api/v1/query?query=up')
      expect(through.status).toBe(200)
      expect(through.body).toEqual(direct.body)
      expect(through.body.data.result.length).toBeGreaterThan(5)
      const unknownPort = await ask('GET', proxied.replace('9090', '9091'))
      expect([unknownPort.status, unknownPort.body.reason]).toEqual([503, 'ServiceUnavailable'])
    })
  })

  test('a route that is patched over HTTP moves traffic', async () => {
    await within(brief('good'), async ({ apiUrl, clock, dataPlane }) => {
      await clock.advance(30_000)
      expect(dataPlane.truth().pods).not.toHaveProperty('v2')
      const rule = routes.replace('virtualservices', 'destinationrules')
      const subset = { name: 'v2', labels: { version: 'v2' } }
      const ask = asking(apiUrl)
      await ask('PATCH', `${rule}/my-api`, [{ op: 'add', path: '/spec/subsets/-', value: subset }], jsonPatch)
      await clock.advance(10_000)
      const patch = [{ op: 'replace', path: '/spec/http/0/route/0/destination/subset', value: 'v2' }]
      expect((await ask('PATCH', `${routes}/my-api`, patch, jsonPatch)).status).toBe(200)
      await clock.advance(10_000)
      const before = dataPlane.truth().pods
      await clock.advance(10_000)
      const after = dataPlane.truth().pods
      expect(after.v1).toEqual(before.v1)
      expect(after.v2?.total).toBeGreaterThan(before.v2?.total ?? 0)
    })
  })

  test('faults strike when the scenario says', async () => {
    const faults: Scenario['faults'] = [
      { at: 30, what: 'prometheus-down' },
      { at: 40, what: 'prometheus-up' },
      { at: 50, what: 'canary-crashes' },
      { at: 60, what: 'canary-heals' },
    ]
    await within(brief('good', { faults }), async ({ apiUrl, clock, store }) => {
      const ask = asking(apiUrl)
      const ready = () => store.list('Pod', 'shop').filter((pod) => isVersion(pod, 'v2') && isReady(pod))
      await clock.advance(35_000)
      const down = await ask('GET', proxied)
      expect([down.status, down.body.message]).toEqual([
        503,
        expect.stringContaining('error trying to reach service'),
      ])
      expect(ready()).toHaveLength(3)
      await clock.advance(10_000)
      expect((await ask('GET', proxied)).status).toBe(200)
      await clock.advance(7_000)
      expect(ready()).toHaveLength(0)
      await clock.advance(10_000)
      expect(ready()).toHaveLength(3)
    })
  })

  test('while istiod is away its webhook refuses every write of a route, or is passed over', async () => {
    await within(brief('good'), async ({ apiUrl, clock, workloads }) => {
      const ask = asking(apiUrl)
      const patch = [{ op: 'add', path: '/metadata/labels', value: { a: 'b' } }]
      workloads.setFault('istio-system', 'istiod', { kind: 'crashLoop', afterSeconds: 0 })
      await clock.advance(2000)
      for (const query of ['', '?dryRun=All']) {
        const { status, body } = await ask('PATCH', `${routes}/my-api${query}`, patch, jsonPatch)
        expect([status, body.reason]).toEqual([500, 'InternalError'])
        expect(body.message).toContain('failed calling webhook "validation.istio.io"')
      }
      const hooks =
        '/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations/istiod-default-validator'
      const ignore = [{ op: 'replace', path: '/webhooks/0/failurePolicy', value: 'Ignore' }]
      expect((await ask('PATCH', hooks, ignore, jsonPatch)).status).toBe(200)
      expect((await ask('PATCH', `${routes}/my-api`, patch, jsonPatch)).status).toBe(200)
    })
  })

  test('the same seed is the same life, another seed another', async () => {
    const lived = async (seed: number) => {
      let life: unknown
      await within(
        brief('good'),
        async ({ clock, dataPlane, store }) => {
          await clock.advance(20_000)
          const pods = store.list('Pod').map(({ metadata, status }) => [metadata, status])
          life = { truth: dataPlane.truth(), pods }
        },
        seed,
      )
      return life
    }
    const first = await lived(1)
    expect(await lived(1)).toEqual(first)
    expect(await lived(2)).not.toEqual(first)
  })

  test('a scenario that the API would refuse ends in an error, with nothing left open', async () => {
    const before = await openServers()
    await expect(
      startSandbox({
        scenario: brief('good', { deploy: 'apiVersion: v1\nkind: Gadget\nmetadata: {name: a}' }),
        seed: 1,
      }),
    ).rejects.toThrow('The sandbox serves no v1 Gadget')
    expect(await openServers()).toBe(before)
  })

  test('closing leaves nothing open, even under hanging requests and sleepers', async () => {
    const before = await openServers()
    const sandbox = await startSandbox({ scenario: brief('good'), seed: 1, speed: 10 })
    sandbox.api.fail(() => true, { hang: true })
    const hanging = asking(sandbox.apiUrl)('GET', '/version')
    const attached = fetch(`${sandbox.clockUrl}/clock/attach`)
    const reader = (await attached).body?.getReader()
    const { participant } = JSON.parse(new TextDecoder().decode((await reader?.read())?.value))
    const sleeping = fetch(`${sandbox.clockUrl}/clock/sleep`, {
      method: 'POST',
      body: JSON.stringify({ participant, ms: 3_600_000 }),
    })
    const outcomes = Promise.allSettled([hanging, sleeping, reader?.read()])
    await sandbox.close()
    expect((await outcomes).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected'])
    expect(await openServers()).toBe(before)
    for (const url of [sandbox.apiUrl, sandbox.prometheusUrl, sandbox.githubUrl, sandbox.clockUrl]) {
      await expect(fetch(url)).rejects.toMatchObject({ cause: { code: 'ECONNREFUSED' } })
    }
  })
})

function isVersion({ metadata }: KubeObject, version: string): boolean {
  return metadata.labels?.app === 'my-api' && metadata.labels.version === version
}

/** openServers counts listening sockets, once those that were closed are gone. */
async function openServers(): Promise<number> {
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
  return process.getActiveResourcesInfo().filter((name) => name === 'TCPServerWrap').length
}
