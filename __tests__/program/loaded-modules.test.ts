import { type ChildProcess, execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'

const folder = mkdtempSync(join(tmpdir(), 'shiftgate-modules-'))
afterAll(() => {
  server.close()
  rmSync(folder, { recursive: true })
})

/** Notes the URL of every module that is loaded, a line each. */
const hook = join(folder, 'hook.mjs')
writeFileSync(
  hook,
  `import { registerHooks } from 'node:module'
import { appendFileSync } from 'node:fs'
registerHooks({
  load(url, context, next) {
    appendFileSync(process.env.LOADED, url + '\\n')
    return next(url, context)
  },
})`,
)

/** A server that has the process end at its first request: by then the client is loaded, and nothing is tried again. */
let running: ChildProcess | null = null
const server = createServer((_request, response) => {
  running?.kill('SIGKILL')
  response.writeHead(404).end()
})
const kubeconfig = join(folder, 'kubeconfig')
beforeAll(async () => {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  const { port } = server.address() as AddressInfo
  writeFileSync(
    kubeconfig,
    `{apiVersion: v1, kind: Config, current-context: a, clusters: [{name: a, cluster: {server: "http://127.0.0.1:${port}"}}],
    contexts: [{name: a, context: {cluster: a}}]}`,
  )
})

/** loadedBy runs lib/ and gives the modules that it loaded: of ours by their path in lib/, of packages by name. */
function loadedBy(words: readonly string[], env: Record<string, string> = {}): Promise<string[]> {
  const list = join(mkdtempSync(join(folder, 'run-')), 'loaded')
  const options = { cwd: folder, env: { PATH: process.env.PATH ?? '', HOME: folder, LOADED: list, ...env } }
  return new Promise((done) => {
    running = execFile(
      process.execPath,
      ['--import', hook, resolve('lib/index.js'), ...words],
      options,
      () => {
        const urls = readFileSync(list, 'utf8').split('\n')
        const own = urls.map((url) => /\/lib\/(.+)$/.exec(url)?.[1])
        const packages = urls.map((url) => /\/node_modules\/((?:@[^/]+\/)?[^/]+)\//.exec(url)?.[1])
        done([...new Set([...own, ...packages])].filter((name) => name !== undefined).sort())
      },
    )
  })
}

const target = ['--namespace', 'shop', '--service', 'my-api', '--kubeconfig']
const isSandbox = (name: string) => name.startsWith('sandbox/') || name.startsWith('cli/sandbox/')
/** Packages that only the sandbox uses. */
const sandboxPackages = ['@prometheus-io/lezer-promql', '@lezer/lr', '@lezer/common']

/** A start under load: nothing is measured by it. */
jest.setTimeout(60_000)

describe('the sandbox is loaded by nobody but its own commands', () => {
  test('a command that reaches for a cluster', async () => {
    const loaded = await loadedBy(['status', ...target, kubeconfig])
    expect(loaded).toEqual(expect.arrayContaining(['cluster/cluster.js', '@kubernetes/client-node']))
    expect(loaded.filter(isSandbox)).toEqual([])
    expect(loaded.filter((name) => sandboxPackages.includes(name))).toEqual([])
  })

  test('the action, whose inputs are in the environment', async () => {
    const loaded = await loadedBy([], {
      GITHUB_ACTIONS: 'true',
      INPUT_COMMAND: 'status',
      INPUT_NAMESPACE: 'shop',
      INPUT_SERVICE: 'my-api',
      INPUT_KUBECONFIG: kubeconfig,
    })
    expect(loaded).toEqual(expect.arrayContaining(['action/main.js', '@kubernetes/client-node']))
    expect(loaded.filter(isSandbox)).toEqual([])
    expect(loaded.filter((name) => sandboxPackages.includes(name))).toEqual([])
  })

  test('a demo loads it: the two above would not pass where nothing is seen', async () => {
    const loaded = await loadedBy(['demo', '--scenario', 'none-of-that-name'])
    expect(loaded).toEqual(expect.arrayContaining(['cli/sandbox/demo.js', 'sandbox/sandbox.js', '@lezer/lr']))
  })
})

describe('a package is loaded by nobody who does not need it', () => {
  test('a command without a cluster', async () => {
    const loaded = await loadedBy(['simulate', '--runs', '1'])
    expect(loaded).toContain('cli/simulate.js')
    expect(loaded.filter((name) => !name.endsWith('.js'))).toEqual(['yaml'])
  })

  test('the command line: the toolkit of actions; a command without Prometheus or GitHub: their clients', async () => {
    const loaded = await loadedBy(['status', ...target, kubeconfig])
    expect(loaded).toContain('@kubernetes/client-node')
    for (const name of ['@actions/core', '@actions/github', 'axios']) expect(loaded).not.toContain(name)
  })
})
