import { randomBytes } from 'node:crypto'
import { Agent, request } from 'node:http'
import type { JsonObject } from '../../src/release/kubernetes.ts'
import type { Contract } from './wire.ts'

/** MeshOptions say where a mesh is, and what the suite may use in it. */
export interface MeshOptions {
  /** Where a request enters a caller's proxy as a call of the service. Answers carry `x-version`. */
  mesh: string
  prometheus: string
  /** Opened for the namespace that the service is in. */
  contract: Contract
  service: string
  /** Versions of the two workloads: `stable` has ready pods, `canary` too; a third label has none. */
  stable: string
  canary: string
  /** Sidecars speak mutual TLS to each other, which is Istio's default. */
  mutualTls: boolean
  /** How long until what was counted can be read, in seconds: a scrape interval and a little. */
  scraped: number
  /** pause lets `ms` pass; on a virtual clock it moves it. */
  pause(ms: number): Promise<void>
}

/** Tally is what a number of calls came to. */
export interface Tally {
  sent: number
  byVersion: Record<string, number>
  byCode: Record<string, number>
}

/** MeshContract is what a case works with. */
export interface MeshContract extends MeshOptions {
  host: string
  /** send makes n calls, twenty at a time, and tells what came of them. */
  send(n: number): Promise<Tally>
  /** rule writes the DestinationRule with subsets of these versions; null takes it away. */
  rule(versions: string[] | null): Promise<void>
  /** route writes the VirtualService with these destinations; null takes it away. */
  route(destinations: JsonObject[] | null): Promise<void>
  /** to gives a destination with a weight, or without one. */
  to(version: string, weight?: number): JsonObject
  /** query gives an instant query's sum over all series; 0 without any. */
  query(expression: string): Promise<number>
  /** series gives the labels of what an instant query finds. */
  series(expression: string): Promise<Record<string, string>[]>
  /** until repeats a check, a second apart, until it holds; it throws after `seconds`. */
  until(seconds: number, what: string, holds: () => Promise<boolean>): Promise<void>
  clean(): Promise<void>
}

/** openMesh prepares the driving of a mesh. Nothing is written yet. */
export function openMesh(options: MeshOptions): MeshContract {
  const { contract, service } = options
  const agent = new Agent({ keepAlive: true, maxSockets: 20 })
  const host = `${service}.${contract.namespace}.svc.cluster.local`
  const name = `shiftgate-contract-${randomBytes(4).toString('hex')}`
  const root = `/apis/networking.istio.io/v1/namespaces/${contract.namespace}`
  const place = (plural: string): string => `${root}/${plural}/${name}`
  const write = async (plural: string, kind: string, spec: JsonObject | null): Promise<void> => {
    const there = await contract.get(place(plural))
    if (spec === null) {
      if (there.code === 200) await contract.delete(place(plural))
      return
    }
    const metadata = { name, namespace: contract.namespace }
    const object = { apiVersion: 'networking.istio.io/v1', kind, metadata, spec }
    const { resourceVersion } = there.object.metadata ?? {}
    const answer =
      there.code === 200
        ? await contract.put(place(plural), { ...object, metadata: { ...metadata, resourceVersion } })
        : await contract.post(`${root}/${plural}`, object)
    if (answer.code >= 300) throw new Error(`${kind}: ${answer.code} ${answer.text.slice(0, 400)}`)
  }
  const vector = async (
    expression: string,
  ): Promise<{ metric: Record<string, string>; value: [number, string] }[]> => {
    const answer = await fetch(
      `${options.prometheus}/api/v1/query?${new URLSearchParams({ query: expression })}`,
    )
    if (!answer.ok) throw new Error(`${expression}: ${answer.status} ${(await answer.text()).slice(0, 300)}`)
    return ((await answer.json()) as { data: { result: [] } }).data.result
  }
  const mesh: MeshContract = {
    ...options,
    host,
    send: (n) => sendCalls(agent, options.mesh, host, n),
    rule: (versions) =>
      write(
        'destinationrules',
        'DestinationRule',
        versions && {
          host,
          subsets: versions.map((version) => ({ name: `s-${version}`, labels: { version } })),
        },
      ),
    route: (route) =>
      write('virtualservices', 'VirtualService', route && { hosts: [host], http: [{ route }] }),
    to: (version, weight) => ({
      destination: { host, subset: `s-${version}` },
      ...(weight === undefined ? {} : { weight }),
    }),
    query: async (expression) =>
      (await vector(expression)).reduce((sum, { value }) => sum + Number(value[1]), 0),
    series: async (expression) => (await vector(expression)).map(({ metric }) => metric),
    async until(seconds, what, holds) {
      for (let waited = 0; waited <= seconds; waited += 1) {
        if (await holds()) return
        await options.pause(1000)
      }
      throw new Error(`not within ${seconds} s: ${what}`)
    },
    async clean() {
      await mesh.route(null)
      await mesh.rule(null)
      agent.destroy()
    },
  }
  return mesh
}

async function sendCalls(agent: Agent, url: string, host: string, n: number): Promise<Tally> {
  const tally: Tally = { sent: n, byVersion: {}, byCode: {} }
  const add = (counts: Record<string, number>, key: string): void => {
    counts[key] = (counts[key] ?? 0) + 1
  }
  let left = n
  const worker = async (): Promise<void> => {
    while (left-- > 0) {
      const { code, version } = await callOnce(agent, url, host)
      add(tally.byCode, code)
      if (version !== null) add(tally.byVersion, version)
    }
  }
  await Promise.all(Array.from({ length: 20 }, worker))
  return tally
}

function callOnce(
  agent: Agent,
  url: string,
  host: string,
): Promise<{ code: string; version: string | null }> {
  return new Promise((resolve, reject) => {
    const call = request(url, { agent, headers: { host }, timeout: 10_000 }, (answer) => {
      answer.resume()
      answer.on('end', () => {
        const version = answer.headers['x-version']
        resolve({ code: String(answer.statusCode), version: typeof version === 'string' ? version : null })
      })
    })
    call.on('timeout', () => call.destroy(new Error('no answer within 10 s')))
    call.on('error', reject)
    call.end()
  })
}
