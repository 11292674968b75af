import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { decodeState } from '../../src/release/state/state-codec.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { runStep } from '../support/action-step.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickScenario, rolloutInputs } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

/** Inputs of a step that also reports to the pull request. */
function stepInputs(bench: Bench): Record<string, string> {
  const { forge } = bench.sandbox
  return {
    ...rolloutInputs(bench),
    token: forge.state.token,
    'github-api-url': `${forge.url}/api/v3`,
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
      const { code, out, outputs, summary } = await runStep(bench, stepInputs(bench))
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
        const inputs = stepInputs(bench)
        const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20%', signal } })
        expect(main.code).toBe(4)
        expect(main.stopped).toBeLessThan(2000)
        expect(main.outputs).toMatchObject({ 'reason-code': 'cancelled', weight: '20' })
        const left = stateIn(bench.sandbox)
        expect(left).toMatchObject({ phase: 'observing', weight: 20 })
        const post = await runStep(bench, inputs, { post: true, state: main.state })
        expect(post.code).toBe(0)
        expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'rolled-back', reason: 'cancelled', weight: 0 })
        expect(stateIn(bench.sandbox)?.fencingToken).toBeGreaterThan(left?.fencingToken ?? 0)
        expect(shareOf(bench.sandbox, 'v1')).toBe(1)
        expect(bench.sandbox.forge.state.comments.at(-1)?.body).toContain('rolled back')
      })
    },
    60_000,
  )

  test('cancelled with on-cancel: ignore: the release stays where it is, and post finds nothing to put right', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const inputs = { ...stepInputs(bench), 'on-cancel': 'ignore' }
      const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20%', signal: 'SIGINT' } })
      expect(main.outputs).toMatchObject({ result: 'in-progress', 'reason-code': 'cancelled', weight: '20' })
      const post = await runStep(bench, inputs, { post: true, state: main.state })
      expect(post.code).toBe(0)
      expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'observing', weight: 20, fencingToken: 1 })
      expect(shareOf(bench.sandbox, 'v2')).toBe(0.2)
    })
  }, 60_000)

  test('main killed without a word: post finds its release in the cluster and puts traffic back', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const inputs = stepInputs(bench)
      const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20%', signal: 'SIGKILL' } })
      expect(main.signal).toBe('SIGKILL')
      const post = await runStep(bench, inputs, { post: true, state: main.state })
      expect(post.code).toBe(0)
      expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'rolled-back', weight: 0 })
    })
  }, 60_000)

  test('nothing can be written for the runner: each is said once, and the release is what it is', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const env = {
        GITHUB_OUTPUT: '/dev/full',
        GITHUB_STATE: '/nowhere/state',
        GITHUB_STEP_SUMMARY: '/dev/full',
      }
      const { code, out } = await runStep(bench, stepInputs(bench), { env })
      expect(code).toBe(0)
      for (const what of ['outputs', 'state', 'summary']) {
        expect(out.match(new RegExp(`^::warning title=No ${what}::`, 'gm'))).toHaveLength(1)
      }
      expect(shareOf(bench.sandbox, 'v2')).toBe(1)
    })
  }, 60_000)

  test('shiftgate.yml, which named the target, broke since main: post puts traffic back all the same', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const { namespace, service, ...inputs } = stepInputs(bench)
      const file = join(bench.dir, 'shiftgate.yml')
      writeFileSync(file, `namespace: ${namespace}\nservice: ${service}\n`)
      const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20%', signal: 'SIGKILL' } })
      expect(main.signal).toBe('SIGKILL')
      writeFileSync(file, 'namespace: [broken\n')
      const post = await runStep(bench, inputs, { post: true, state: main.state })
      expect(post.code === 0 ? '' : post.out).toBe('')
      expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'rolled-back', weight: 0 })
      expect(shareOf(bench.sandbox, 'v1')).toBe(1)
    })
  }, 60_000)

  test('on-cancel: pause leaves traffic where it is and says so', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      const inputs = { ...stepInputs(bench), 'on-cancel': 'pause' }
      const main = await runStep(bench, inputs, { stopAt: { line: 'settled at 20%', signal: 'SIGINT' } })
      await runStep(bench, inputs, { post: true, state: main.state })
      expect(stateIn(bench.sandbox)).toMatchObject({ phase: 'paused', weight: 20 })
    })
  }, 60_000)

  test('a rollback by workflow_dispatch: the version before serves in one run, and the post step changes nothing', async () => {
    await withBench({ scenario: quickScenario(), seed: 5 }, async (bench) => {
      await runStep(bench, stepInputs(bench))
      const { kubeconfig = '', token = '' } = stepInputs(bench)
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
      await runStep(bench, inputs, { post: true, state: back.state })
      expect(bench.sandbox.requests.slice(writes).filter(({ method }) => method !== 'GET')).toEqual([])
    })
  }, 60_000)
})
