import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { decodeState } from '../../src/release/state/state-codec.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Bench } from '../support/program.ts'
import { program, withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

interface Step {
  code: number | null
  signal: NodeJS.Signals | null
  out: string
  /** Milliseconds of real time from the signal to the end. */
  stopped: number
  outputs: Record<string, string>
  state: Record<string, string>
  summary: string
}

const values = (path: string): Record<string, string> =>
  Object.fromEntries(
    [...readFileSync(path, 'utf8').matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n?\2\n/gm)].map(([, name, , value]) => [
      name,
      value,
    ]),
  )

/** What a runner gives to one step of run 500; `state` is what its main step had saved. */
function stepEnv(bench: Bench, inputs: Record<string, string>, files: string, state: Record<string, string>) {
  const { forge } = bench.sandbox
  return {
    PATH: process.env.PATH ?? '',
    HOME: bench.dir,
    GITHUB_ACTIONS: 'true',
    GITHUB_WORKSPACE: bench.dir,
    GITHUB_OUTPUT: join(files, 'output'),
    GITHUB_STATE: join(files, 'state'),
    GITHUB_STEP_SUMMARY: join(files, 'summary'),
    GITHUB_REPOSITORY: `${forge.state.owner}/${forge.state.name}`,
    GITHUB_SHA: forge.state.commits[0]?.sha ?? '',
    GITHUB_EVENT_NAME: 'push',
    GITHUB_REF: 'refs/heads/main',
    GITHUB_RUN_ID: '500',
    GITHUB_RUN_ATTEMPT: '1',
    ...bench.env,
    ...Object.fromEntries(
      Object.entries(inputs).map(([name, value]) => [`INPUT_${name.toUpperCase()}`, value]),
    ),
    ...Object.fromEntries(Object.entries(state).map(([name, value]) => [`STATE_${name}`, value])),
  }
}

/** runStep runs the program as the runner does: no words, inputs in the environment, files for what it gives back. */
function runStep(
  bench: Bench,
  inputs: Record<string, string>,
  options: { state?: Record<string, string>; stopAt?: { line: string; signal: NodeJS.Signals } } = {},
): Promise<Step> {
  const files = mkdtempSync(join(bench.dir, 'step-'))
  for (const name of ['output', 'state', 'summary']) writeFileSync(join(files, name), '')
  const child = spawn(process.execPath, [program], {
    cwd: bench.dir,
    env: stepEnv(bench, inputs, files, options.state ?? {}),
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let out = ''
  let signalled = Number.NaN
  const heard = (chunk: string): void => {
    out += chunk
    if (options.stopAt && Number.isNaN(signalled) && out.includes(options.stopAt.line)) {
      signalled = performance.now()
      child.kill(options.stopAt.signal)
    }
  }
  child.stdout.setEncoding('utf8').on('data', heard)
  child.stderr.setEncoding('utf8').on('data', heard)
  return new Promise((done, failed) => {
    child.once('error', failed)
    child.once('close', (code, signal) =>
      done({
        code,
        signal,
        out,
        stopped: performance.now() - signalled,
        outputs: values(join(files, 'output')),
        state: values(join(files, 'state')),
        summary: readFileSync(join(files, 'summary'), 'utf8'),
      }),
    )
  })
}

function rolloutInputs({ sandbox }: Bench): Record<string, string> {
  return {
    command: 'rollout',
    namespace: 'shop',
    service: 'my-api',
    version: 'v2',
    'prometheus-url': sandbox.prometheusUrl,
    kubeconfig: sandbox.kubeconfig,
    token: sandbox.forge.state.token,
    'github-api-url': `${sandbox.forge.url}/api/v3`,
    ...quickFlags,
  }
}

function stateIn(sandbox: Sandbox) {
  const [text] = sandbox.store
    .list('VirtualService', 'shop')
    .map(({ metadata }) => metadata.annotations?.['my-api.shop.shiftgate.io/release'])
    .filter((annotation) => annotation !== undefined)
  return text === undefined ? null : decodeState(text)
}

const shareOf = (sandbox: Sandbox, version: string) =>
  routeWeights(sandbox).find((route) => route.version === version)?.share

describe('the action', () => {
  test('a release: outputs, job summary, one comment on the pull request of the commit', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const { code, out, outputs, summary } = await runStep(bench, rolloutInputs(bench))
      expect(code === 0 ? '' : out).toBe('')
      expect(outputs).toMatchObject({
        result: 'promoted',
        'reason-code': 'all-steps-passed',
        'stable-version': 'v1',
        'canary-version': 'v2',
        weight: '100',
        'release-id': 'my-api-v2-500',
      })
      expect(summary).toContain('v2 is serving all of shop/my-api')
      const { comments } = bench.sandbox.forge.state
      expect(comments.map(({ issue }) => issue)).toEqual([42])
      expect(comments[0]?.body.split('\n')[0]).toContain('v2 is serving all of shop/my-api')
      expect(outputs['comment-url']).toContain('42')
    })
  }, 60_000)

  test.each(['SIGINT', 'SIGTERM'] as const)(
    'cancelled with %s: main stops within two seconds, post puts traffic back with a higher fencing number',
    async (signal) => {
      await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
        const inputs = rolloutInputs(bench)
        const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20 %', signal } })
        expect(main.code).toBe(4)
        expect(main.stopped).toBeLessThan(2000)
        expect(main.outputs).toMatchObject({ 'reason-code': 'cancelled', weight: '20' })
        const left = stateIn(bench.sandbox)
        expect(left).toMatchObject({ phase: 'observing', weight: 20 })
        const post = await runStep(bench, inputs, { state: main.state })
        expect(post.code).toBe(0)
        expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'rolled-back', reason: 'cancelled', weight: 0 })
        expect(stateIn(bench.sandbox)?.fencingToken).toBeGreaterThan(left?.fencingToken ?? 0)
        expect(shareOf(bench.sandbox, 'v1')).toBe(1)
        expect(bench.sandbox.forge.state.comments.at(-1)?.body).toContain('rolled back')
      })
    },
    60_000,
  )

  test('main killed without a word: post finds its release in the cluster and puts traffic back', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const inputs = rolloutInputs(bench)
      const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20 %', signal: 'SIGKILL' } })
      expect(main.signal).toBe('SIGKILL')
      const post = await runStep(bench, inputs, { state: main.state })
      expect(post.code).toBe(0)
      expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'rolled-back', weight: 0 })
    })
  }, 60_000)

  test('on-cancel: pause leaves traffic where it is and says so', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const inputs = { ...rolloutInputs(bench), 'on-cancel': 'pause' }
      const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20 %', signal: 'SIGINT' } })
      await runStep(bench, inputs, { state: main.state })
      expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'paused', weight: 20 })
    })
  }, 60_000)

  test('a rollback by workflow_dispatch: the version before serves in one run, and the post step changes nothing', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      await runStep(bench, rolloutInputs(bench))
      const { kubeconfig = '', token = '' } = rolloutInputs(bench)
      const api = `${bench.sandbox.forge.url}/api/v3`
      const inputs = {
        command: 'rollback',
        namespace: 'shop',
        service: 'my-api',
        kubeconfig,
        token,
        'github-api-url': api,
      }
      const back = await runStep(bench, inputs)
      expect(back.code).toBe(0)
      expect(back.outputs).toMatchObject({
        result: 'rolled-back',
        'reason-code': 'rolled-back-by-command',
        'stable-version': 'v1',
      })
      expect(shareOf(bench.sandbox, 'v1')).toBe(1)
      const writes = bench.sandbox.requests.length
      await runStep(bench, inputs, { state: back.state })
      expect(bench.sandbox.requests.slice(writes).filter(({ method }) => method !== 'GET')).toEqual([])
    })
  }, 60_000)
})
