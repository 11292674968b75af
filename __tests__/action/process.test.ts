import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from '@jest/globals'
import { leastEnvironment, program } from '../support/program.ts'

const least = {
  command: 'rollout',
  namespace: 'shop',
  service: 'my-api',
  version: 'v2',
  'prometheus-url': 'http://127.0.0.1:9',
}

const servers: Server[] = []
const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

interface Started {
  child: ChildProcess
  folder: string
  ended: Promise<{ code: number | null; out: string; after: number }>
  signal(name: NodeJS.Signals): void
}

/** start runs the program as the runner does: inputs in the environment, files for outputs and state, no words. */
function start(
  inputs: Record<string, string>,
  more: { env?: Record<string, string>; words?: string[] } = {},
) {
  const folder = mkdtempSync(join(tmpdir(), 'shiftgate-step-'))
  for (const name of ['output', 'state', 'summary']) writeFileSync(join(folder, name), '')
  const env: Record<string, string> = {
    ...leastEnvironment,
    HOME: folder,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: folder,
    GITHUB_OUTPUT: join(folder, 'output'),
    GITHUB_STATE: join(folder, 'state'),
    GITHUB_STEP_SUMMARY: join(folder, 'summary'),
    GITHUB_REPOSITORY: 'octo/shop',
    GITHUB_RUN_ID: '7',
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
    ...more.env,
  }
  const child = spawn(process.execPath, [program, ...(more.words ?? [])], { cwd: folder, env })
  children.push(child)
  let out = ''
  let signalled = Number.NaN
  child.stdout?.on('data', (chunk) => {
    out += chunk
  })
  child.stderr?.on('data', (chunk) => {
    out += chunk
  })
  const ended = new Promise<{ code: number | null; out: string; after: number }>((resolve) => {
    child.on('close', (code) => resolve({ code, out, after: performance.now() - signalled }))
  })
  const started: Started = {
    child,
    folder,
    ended,
    signal: (name) => {
      if (Number.isNaN(signalled)) signalled = performance.now()
      child.kill(name)
    },
  }
  return started
}

/** A GITHUB_OUTPUT or GITHUB_STATE file, as the runner reads it: the last word about a name counts. */
function fileValues(path: string): Record<string, string> {
  const values: Record<string, string> = {}
  for (const [, name, , value] of readFileSync(path, 'utf8').matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n?\2\n/gm)) {
    values[name as string] = value as string
  }
  return values
}

/** An API server that takes every call and answers none. */
async function silentServer(): Promise<{ kubeconfig: string; called: Promise<void> }> {
  let heard = (): void => {}
  const called = new Promise<void>((resolve) => {
    heard = resolve
  })
  const server = createServer(() => heard())
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const kubeconfig = [
    'apiVersion: v1',
    'kind: Config',
    'current-context: test',
    `clusters: [{name: test, cluster: {server: "${url}"}}]`,
    'users: [{name: test, user: {token: very-secret-token}}]',
    'contexts: [{name: test, context: {cluster: test, user: test}}]',
  ].join('\n')
  return { kubeconfig, called }
}

describe('the program as a step', () => {
  test('bad input: outputs, one error, exit 2', async () => {
    const step = start({ ...least, steps: '10,150' })
    const { code, out } = await step.ended
    expect(code).toBe(2)
    expect(out).toContain('::error title=shiftgate%3A refused (bad-input)::steps: "10,150" has the step 150')
    expect(fileValues(join(step.folder, 'output'))).toMatchObject({
      result: 'refused',
      'reason-code': 'bad-input',
    })
    expect(fileValues(join(step.folder, 'state'))).toEqual({ isPost: 'true' })
  }, 30_000)

  test('an annotation names the line of shiftgate.yml, and cannot be forged by it', async () => {
    const step = start(least, { env: {} })
    step.child.kill('SIGKILL')
    await step.ended
    const again = start({ ...least, config: 'own.yml' }, { env: { GITHUB_WORKSPACE: step.folder } })
    writeFileSync(join(step.folder, 'own.yml'), 'namespace: shop\n"::set-output name=a::b": 1\n')
    const { code, out } = await again.ended
    expect(code).toBe(2)
    expect(out).toContain('::error title=shiftgate%3A refused (bad-input),file=own.yml,line=2,col=1::')
    expect(out.split('\n').filter((line) => line.startsWith('::set-output'))).toEqual([])
  }, 30_000)

  test.each([
    { name: 'are missing', path: () => '/nowhere/file' },
    { name: 'are a full disk', path: () => '/dev/full' },
    {
      name: 'are pipes that nobody reads',
      path: (folder: string) => {
        execFileSync('mkfifo', [join(folder, 'pipe')])
        return join(folder, 'pipe')
      },
    },
  ])(
    'the runner’s files $name: said once each, and nothing else changes',
    async ({ path }) => {
      const file = path(mkdtempSync(join(tmpdir(), 'shiftgate-files-')))
      const env = { GITHUB_OUTPUT: file, GITHUB_STATE: file, GITHUB_STEP_SUMMARY: file }
      const { code, out } = await start({ ...least, steps: '10,150' }, { env }).ended
      expect(code).toBe(2)
      expect(out).toContain(
        '::error title=shiftgate%3A refused (bad-input)::steps: "10,150" has the step 150',
      )
      for (const what of ['outputs', 'state'])
        expect(
          out.match(new RegExp(`^::warning title=No ${what}::${what} could not be written`, 'gm')),
        ).toHaveLength(1)
    },
    30_000,
  )

  test('a signal ends it within two seconds, with its outputs; a second one changes nothing', async () => {
    const { kubeconfig, called } = await silentServer()
    const step = start({ ...least, kubeconfig })
    await called
    step.signal('SIGINT')
    step.signal('SIGTERM')
    const { code, out, after } = await step.ended
    // Not 4: nothing was written yet.
    expect(code).toBe(3)
    expect(after).toBeLessThan(2000)
    expect(fileValues(join(step.folder, 'output'))['reason-code']).toBe('cancelled')
    expect(fileValues(join(step.folder, 'state'))).toMatchObject({ isPost: 'true', started: 'true' })
    expect(out.replace(/^::add-mask::.*$/gm, '')).not.toContain('very-secret-token')
  }, 30_000)

  test('post, after a main that started nothing, asks nobody', async () => {
    const step = start(least, { env: { STATE_isPost: 'true' } })
    const { code, out } = await step.ended
    expect(code).toBe(0)
    expect(out).toContain('Nothing was started')
    expect(fileValues(join(step.folder, 'output'))).toEqual({})
  }, 30_000)

  test('words in a `run:` step mean the command line', async () => {
    const step = start({}, { words: ['rollout', '--namespace', 'shop'] })
    const { code, out } = await step.ended
    expect(code).toBe(2)
    expect(out).toBe(
      'shiftgate: --service is missing: Name of the Kubernetes Service whose traffic is moved. Nothing was written.\n',
    )
  }, 30_000)

  test('neither words nor inputs: help', async () => {
    const step = start({})
    const { code, out } = await step.ended
    expect(code).toBe(2)
    expect(out).toContain('Usage: shiftgate COMMAND')
  }, 30_000)
})
