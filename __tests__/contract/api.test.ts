import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { serveApi } from '../../src/sandbox/api/server.ts'
import { adminToken, ciToken, createAccess } from '../../src/sandbox/cluster/access.ts'
import { readRbac } from '../../src/sandbox/cluster/rbac.ts'
import { createStore, writeSystem } from '../../src/sandbox/cluster/store.ts'
import { createFaults } from '../../src/sandbox/http/faults.ts'
import type { LoopbackServer } from '../../src/sandbox/http/http.ts'
import { kubeconfig } from '../cluster/helpers/access.ts'
import { apiCases } from './api.ts'
import { whyNot } from './case.ts'
import { type Contract, openContract } from './wire.ts'

// May look, and nothing else: the bystander.
const reader = `
kind: Role
metadata: {name: reader, namespace: contract}
rules: [{apiGroups: [networking.istio.io], resources: [virtualservices], verbs: [get, list]}]
---
kind: RoleBinding
metadata: {name: reader, namespace: contract}
roleRef: {kind: Role, name: reader}
subjects: [{kind: User, name: ci}]
`

let folder: string
let server: LoopbackServer
let contract: Contract
beforeAll(async () => {
  const store = createStore(() => Date.now())
  writeSystem(store, { apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'contract' } })
  server = await serveApi({
    store,
    access: createAccess(readRbac(reader)),
    faults: createFaults(),
    log: [],
    now: () => Date.now(),
    backend: () => null,
  })
  folder = mkdtempSync(join(tmpdir(), 'shiftgate-contract-'))
  writeFileSync(join(folder, 'admin'), kubeconfig({ server: server.url }, { token: adminToken }))
  writeFileSync(join(folder, 'ci'), kubeconfig({ server: server.url }, { token: ciToken }))
  contract = await openContract({
    kubeconfig: join(folder, 'admin'),
    namespace: 'contract',
    bystander: join(folder, 'ci'),
  })
})
afterAll(async () => {
  await contract?.clean()
  await server.close()
  rmSync(folder, { recursive: true })
})

describe('the sandbox’s API server answers as a real one', () => {
  test.each(apiCases.map((one) => [one.title, one] as const))('%s', async (_title, one) => {
    // Nothing may be left out here: the sandbox has a webhook and a bystander.
    expect(whyNot(one, contract)).toBeNull()
    await one.run(contract)
  })
})

test('the suite as a script says what ran, leaves nothing behind, and counts', async () => {
  const script = fileURLToPath(new URL('main.ts', import.meta.url))
  const args = [script, '--kubeconfig', join(folder, 'admin'), '--namespace', 'contract']
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', ...args])
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const [code] = await once(child, 'close')
  const bystanders = apiCases.filter(({ needs }) => needs === 'bystander').length
  expect(output).toContain(`${apiCases.length - bystanders} passed, 0 failed, ${bystanders} skipped`)
  expect(output).toMatch(/skipped {2}no right.*no --bystander kubeconfig/)
  expect(code).toBe(0)
  await contract.clean()
  const left = (await contract.get(contract.routes())).object.items as unknown[]
  expect(left).toEqual([])
}, 30_000)
