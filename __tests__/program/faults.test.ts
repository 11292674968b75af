import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { releaseCommit } from '../../src/sandbox/forge/state.ts'
import type { FaultKind, FaultTarget } from '../../src/sandbox/http/faults.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights, violations } from '../support/traffic-laws.ts'
import { releaseIn } from '../support/wire.ts'

const serves = (sandbox: Sandbox, version: string) =>
  expect(routeWeights(sandbox).filter(({ share }) => share > 0)).toEqual([
    expect.objectContaining({ version, share: 1 }),
  ])

/** A call that hangs is given up early: what is looked at is what follows. */
const impatient = (ms: number) => ({ SHIFTGATE_SANDBOX_CALL_TIMEOUT: String(ms) })

const warnings = (bench: Bench, code: string) =>
  bench.record().flatMap((event) => (event.type === 'warning' && event.code === code ? [event.text] : []))

const isWrite = ({ method, query }: FaultTarget) =>
  (method === 'PATCH' || method === 'POST') && !query.includes('dryRun')

/** Every `each`-th write goes wrong, so that over a release each kind of write meets the fault. */
function troubled(sandbox: Sandbox, fault: FaultKind, at: number): () => number {
  let seen = 0
  let struck = 0
  sandbox.api.fail(
    (request) => {
      if (!isWrite(request) || request.path.includes('selfsubject')) return false
      const hit = seen++ % 2 === at
      if (hit) struck++
      return hit
    },
    fault,
    1000,
  )
  return () => struck
}

describe('an API server that fails writes', () => {
  test.each([
    { name: 'every second write is answered with 503', fault: { status: 503 }, at: 0 },
    { name: 'every second write is cut off before it began', fault: { reset: true as const }, at: 0 },
    {
      name: 'every second write is done, but its answer lost',
      fault: { reset: true as const, done: true },
      at: 0,
    },
    { name: 'the other half of them too', fault: { reset: true as const, done: true }, at: 1 },
  ])(
    '$name: the release ends as it should',
    async ({ fault, at }) => {
      await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
        const { sandbox } = bench
        const struck = troubled(sandbox, fault, at)
        const { code, outcome } = await bench.run('rollout', quickFlags)
        expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
        expect(struck()).toBeGreaterThan(3)
        serves(sandbox, 'v2')
        expect(releaseIn(sandbox)).toMatchObject({ phase: 'promoted', fencingToken: 1 })
        expect(releaseIn(sandbox)?.stepStates.map(({ weight }) => weight)).toEqual([20, 100])
        expect(violations(sandbox, bench.record())).toEqual([])
      })
    },
    60_000,
  )

  test('a shift that hangs, and was done, is found done', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      sandbox.api.fail(
        (request) =>
          isWrite(request) && request.path.includes('virtualservices') && request.body.includes('settling'),
        { hang: true, done: true },
      )
      const { outcome } = await bench.run('rollout', quickFlags, { env: impatient(2000) })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      expect(releaseIn(sandbox)?.stepStates.map(({ weight }) => weight)).toEqual([20, 100])
    })
  }, 60_000)

  test('a run that is cancelled while its shift is under way takes that very shift back', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let cancel = () => {}
      sandbox.api.fail(
        (request) => {
          const shift =
            isWrite(request) && request.path.includes('virtualservices') && request.body.includes('settling')
          if (shift) setTimeout(cancel, 50)
          return shift
        },
        { hang: true, done: true },
      )
      const { code, outcome } = await bench.run('rollout', quickFlags, {
        onLine: (_line, kill) => {
          cancel = () => kill('SIGTERM')
        },
      })
      expect({ code, ...outcome }).toMatchObject({ code: 4, result: 'rolled-back', reasonCode: 'cancelled' })
      serves(sandbox, 'v1')
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'rolled-back', weight: 0 })
    })
  }, 60_000)

  test('a server that is away right after traffic was put back does not make that a failure', async () => {
    await withBench({ scenario: quickScenario({}, 'errors'), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let away = 0
      sandbox.api.fail(
        (request) => {
          // Two readings with all their retries, and no more.
          if (away > 0) return --away > 0
          if (isWrite(request) && request.body.includes('rolled-back')) away = 12
          return false
        },
        { reset: true },
        1000,
      )
      const { code, outcome } = await bench.run('rollout', quickFlags)
      expect({ code, ...outcome }).toMatchObject({ code: 1, result: 'rolled-back' })
      serves(sandbox, 'v1')
    })
  }, 60_000)

  test('a minute without any API server in the middle of a step is waited out', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let down = false
      sandbox.api.fail(() => down, { reset: true }, 10_000)
      let reported = false
      const { outcome } = await bench.run('rollout', quickFlags, {
        onLine: (line) => {
          if (!line.includes('settled at 20%') || reported) return
          reported = true
          down = true
          const back = sandbox.clock.now() - sandbox.start + 60_000
          sandbox.at(back, () => {
            down = false
          })
        },
      })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      expect(warnings(bench, 'cluster-unreachable')).toHaveLength(1)
      expect(violations(sandbox, bench.record())).toEqual([])
    })
  }, 90_000)
})

describe('a Prometheus that dies and comes back', () => {
  test('holds the release where it is, and lets it go on', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let healed = 0
      let reported = false
      // The line comes in real time, virtual time goes on meanwhile: the step has room for both.
      const { outcome } = await bench.run(
        'rollout',
        { ...quickFlags, 'step-timeout': '8m' },
        {
          onLine: (line) => {
            if (!line.includes('settled at 20%') || reported) return
            reported = true
            void sandbox.prometheus.setFault({ kind: 'unavailable' })
            healed = sandbox.clock.now() + 90_000
            sandbox.at(healed - sandbox.start, () => sandbox.prometheus.setFault(null))
          },
        },
      )
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      expect(warnings(bench, 'metrics-outage')).toHaveLength(1)
      expect(warnings(bench, 'metrics-back')).toHaveLength(1)
      const pass = bench.record().find((event) => event.type === 'step-end')
      expect(Date.parse(pass?.at ?? '')).toBeGreaterThanOrEqual(healed)
      expect(violations(sandbox, bench.record())).toEqual([])
    })
  }, 60_000)
})

const gitHub = (sandbox: Sandbox, token = sandbox.forge.state.token) => ({
  flags: { token, 'github-api-url': sandbox.githubUrl },
  env: { GITHUB_REPOSITORY: 'example/shop', GITHUB_SHA: releaseCommit, GITHUB_RUN_ID: '77' },
})

describe('a GitHub that is of no help', () => {
  test.each([
    { name: 'forbids', fault: { status: 403 }, says: /permission|pull-requests: write|403/ },
    { name: 'is broken', fault: { status: 502 }, says: /GitHub/ },
    { name: 'hangs', fault: { hang: true as const }, says: /GitHub/ },
  ])(
    '$name: the release ends as it would, warned about once',
    async ({ fault, says }) => {
      await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
        const { sandbox } = bench
        sandbox.forge.faults.fail(() => true, fault, 10_000)
        const { flags, env } = gitHub(sandbox)
        const { code, outcome } = await bench.run(
          'rollout',
          { ...quickFlags, steps: '100', ...flags },
          { env: { ...env, ...impatient(1000) } },
        )
        expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted', commentUrl: null })
        const reported = warnings(bench, 'comment')
        expect(reported).toHaveLength(1)
        expect(reported[0]).toMatch(says)
      })
    },
    90_000,
  )
})

describe('secrets', () => {
  test('of cluster, Prometheus and GitHub are in nothing that is shown or kept', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox, dir } = bench
      const password = 'pr0m-S3cret-pass'
      const { flags, env } = gitHub(sandbox)
      // The failures speak, too: of the server, of the query, of the comment.
      const config = parse(sandbox.kubeconfig)
      writeFileSync(join(dir, 'kubeconfig'), stringify(config))
      sandbox.forge.faults.fail(({ method }) => method === 'POST', { status: 502 }, 2)
      troubled(sandbox, { status: 500 }, 0)
      let reported = false
      const { stdout, stderr, outcome } = await bench.run(
        'rollout',
        { ...quickFlags, ...flags, 'prometheus-username': 'shop', 'prometheus-password': password },
        {
          env,
          onLine: (line) => {
            if (!line.includes('settled at 20%') || reported) return
            reported = true
            void sandbox.prometheus.setFault({ kind: 'unavailable' })
            const healed = sandbox.clock.now() - sandbox.start + 40_000
            sandbox.at(healed, () => sandbox.prometheus.setFault(null))
          },
        },
      )
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      const comments = sandbox.forge.state.comments.map(({ body }) => body)
      const files = readdirSync(join(dir, 'report')).map((name) => bench.report(name))
      expect(files.length).toBeGreaterThanOrEqual(4)
      const annotations = sandbox.store
        .list('VirtualService', 'shop')
        .map(({ metadata }) => JSON.stringify(metadata.annotations))
      const leases = JSON.stringify(sandbox.store.list('Lease', 'shop'))
      const shown = [stdout, stderr, JSON.stringify(outcome), ...comments, ...files, ...annotations, leases]
      const json = readFileSync(join(dir, 'outcome.json'), 'utf8')
      for (const secret of [sandbox.ciToken, password, sandbox.forge.state.token]) {
        for (const text of [...shown, json]) expect(text).not.toContain(secret)
      }
    })
  }, 60_000)
})
