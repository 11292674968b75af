import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { scenarioNamed } from '../../src/sandbox/scenarios/catalogue.ts'
import { meshCases, runMeshCase } from './mesh.ts'
import { type MeshContract, openMesh } from './mesh-wire.ts'
import { openContract } from './wire.ts'

let sandbox: Sandbox
let mesh: MeshContract
let folder: string

beforeAll(async () => {
  const scenario = scenarioNamed('no-traffic')
  if (scenario === null) throw new Error('the suite needs the scenario in which nobody else calls')
  sandbox = await startSandbox({ scenario, seed: 4 })
  folder = mkdtempSync(join(tmpdir(), 'shiftgate-contract-'))
  writeFileSync(join(folder, 'admin'), sandbox.kubeconfigFor(sandbox.adminToken))
  mesh = openMesh({
    mesh: sandbox.meshUrl,
    prometheus: sandbox.prometheusUrl,
    contract: await openContract({ kubeconfig: join(folder, 'admin'), namespace: 'shop', bystander: null }),
    service: 'my-api',
    stable: 'v1',
    canary: 'v2',
    mutualTls: true,
    scraped: 75,
    pause: (ms) => sandbox.clock.advance(ms),
  })
})

afterAll(async () => {
  await mesh?.clean()
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
  const { clockUrl, meshUrl, prometheusUrl } = sandbox
  const args = ['--kubeconfig', join(folder, 'admin'), '--namespace', 'shop', '--mesh', meshUrl]
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
