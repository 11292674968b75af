import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Endpoint } from '../../src/sandbox/http.ts'
import { serveMesh } from '../../src/sandbox/mesh/entrance.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { callerManifest, deploymentManifest, serviceManifest } from '../../src/sandbox/scenarios/shop.ts'
import { systemManifests } from '../../src/sandbox/scenarios/system.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import { meshCases, runMeshCase } from './mesh.ts'
import { type MeshContract, openMesh } from './mesh-wire.ts'
import { openContract } from './wire.ts'

let sandbox: Sandbox
let entrance: Endpoint
let mesh: MeshContract
let folder: string

beforeAll(async () => {
  sandbox = await startSandbox({
    seed: 4,
    scenario: {
      name: 'contract',
      description: 'Two versions without a route, and nobody who calls them but the suite.',
      namespace: 'shop',
      service: 'my-api',
      stable: 'v1',
      canary: 'v2',
      manifests: [systemManifests, serviceManifest, callerManifest, deploymentManifest('v1')].join('\n'),
      deploy: deploymentManifest('v2').replace('replicas: 3', 'replicas: 2'),
      warmup: 60,
      traffic: {
        rate: { kind: 'constant', perSecond: 0 },
        callers: [{ name: 'web', namespace: 'shop', through: 'sidecar', share: 1 }],
        versions: {},
        others: healthyVersion(0),
      },
      faults: [],
      args: {},
    },
  })
  entrance = await serveMesh(sandbox.dataPlane)
  folder = mkdtempSync(join(tmpdir(), 'shiftgate-contract-'))
  writeFileSync(join(folder, 'admin'), sandbox.kubeconfigFor(sandbox.adminToken))
  mesh = openMesh({
    mesh: entrance.url,
    prometheus: sandbox.prometheusUrl,
    contract: await openContract({ kubeconfig: join(folder, 'admin'), namespace: 'shop', bystander: null }),
    service: 'my-api',
    stable: 'v1',
    canary: 'v2',
    pause: (ms) => sandbox.clock.advance(ms),
  })
})

afterAll(async () => {
  await mesh?.clean()
  await entrance?.close()
  await sandbox?.close()
  rmSync(folder, { recursive: true })
})

describe('the sandbox’s mesh behaves as a real one', () => {
  test.each(meshCases.map((one) => [one.title, one] as const))(
    '%s',
    (_title, one) => runMeshCase(one, mesh),
    30_000,
  )
})

test('the suite as a script drives the same mesh, and leaves no route behind', async () => {
  const script = fileURLToPath(new URL('main.ts', import.meta.url))
  const { clockUrl, prometheusUrl } = sandbox
  const args = ['--kubeconfig', join(folder, 'admin'), '--namespace', 'shop', '--mesh', entrance.url]
  const child = spawn(process.execPath, [
    '--disable-warning=ExperimentalWarning',
    ...[script, ...args, '--prometheus-url', prometheusUrl, '--clock', clockUrl],
  ])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const [code] = await once(child, 'close')
  expect(output).toContain(`${meshCases.length} passed, 0 failed`)
  expect(code).toBe(0)
  expect(sandbox.store.list('VirtualService', 'shop')).toEqual([])
  expect(sandbox.store.list('DestinationRule', 'shop')).toEqual([])
}, 60_000)
