import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { cookieText, cookieValue } from '../../src/routing/istio/plan/added-rules/sticky-cookie.ts'
import type { Scenario } from '../../src/sandbox/scenarios/scenario.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import { patchByHand, virtualService } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { releaseIn, routeWrites } from '../support/wire.ts'

jest.setTimeout(60_000)

const config = `
steps:
- {weight: 20, sticky: {cookie: canary, max-age: 1h}}
- 100
`

interface Rule {
  name?: string
  match?: { headers?: { cookie?: { regex: string } } }[]
  timeout?: string
  route?: { destination: { subset?: string }; weight?: number; headers?: object }[]
}

const { steps: _, ...flags } = quickFlags
const scope = { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' }
const sticky = { cookie: 'canary', maxAge: 3600, release: 'my-api-v2-7' }
const cookie = `canary=${cookieValue(scope, sticky)}`

const env = (attempt: string) => ({
  GITHUB_REPOSITORY: 'example/shop',
  GITHUB_RUN_ID: '7',
  GITHUB_RUN_ATTEMPT: attempt,
})

const rules = ({ sandbox }: Bench): Rule[] => (virtualService(sandbox, 'my-api').spec?.http ?? []) as Rule[]
const weights = (rule: Rule | undefined) => rule?.route?.map(({ weight }) => weight)

/** A third of the requests come from users who met the canary; before it has a share they are like all others. */
function returning(scenario: Scenario): Scenario {
  const { traffic } = scenario
  const requests = [{ share: 2 }, { share: 1, headers: { cookie: `session=1; ${cookie}` } }]
  return {
    ...scenario,
    traffic: { ...traffic, callers: traffic.callers.map((caller) => ({ ...caller, requests })) },
  }
}

async function keeping(
  scenario: Scenario,
  act: (bench: Bench) => Promise<void>,
  text = config,
): Promise<void> {
  await withBench({ scenario, seed: 3 }, async (bench) => {
    writeFileSync(join(bench.dir, 'shiftgate.yml'), text)
    await act(bench)
  })
}

/** Every write that took users in or let them go moved the canary's weight in the same patch. */
function expectTogether({ sandbox }: Bench): void {
  const writes = routeWrites(sandbox).filter(({ body }) => body.includes('shiftgate-sticky'))
  expect(writes.length).toBeGreaterThanOrEqual(2)
  for (const { body } of writes) expect(body).toMatch(/\/route\/1\/weight/)
}

function expectGone(bench: Bench, ends: number[]): void {
  expect(rules(bench)).toHaveLength(1)
  expect(JSON.stringify(rules(bench))).not.toMatch(/Set-Cookie|shiftgate-sticky/)
  expect(weights(rules(bench)[0])).toEqual(ends)
  expectTogether(bench)
}

describe('users who stay on the version they met', () => {
  test('they raise its share, which is seen and let be, and are let go at 100%', async () => {
    await keeping(returning(quickScenario()), async (bench) => {
      let during: Rule[] = []
      const { code, outcome } = await bench.run('rollout', flags, {
        env: env('1'),
        onLine: (line) => {
          if (line.includes('settled at 20%')) during = rules(bench)
        },
      })
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
      expect(during[0]).toMatchObject({
        name: 'shiftgate-sticky-my-api-shop',
        timeout: '2s',
        route: [{ destination: { subset: 'v2' }, weight: 100 }],
      })
      expect(new RegExp(during[0]?.match?.[0]?.headers?.cookie?.regex ?? '$^').test(`a=b; ${cookie}`)).toBe(
        true,
      )
      expect(weights(during[1])).toEqual([80, 20])
      const set = { response: { add: { 'Set-Cookie': cookieText(scope, sticky) } } }
      expect(during[1]?.route?.map(({ headers }) => headers)).toEqual([undefined, set])
      const [first] = bench.record().filter((event) => event.type === 'settled')
      expect(first).toMatchObject({ weight: 20, seen: 'higher' })
      const { canary, total } = first as { canary: number; total: number }
      expect(canary / total).toBeGreaterThan(0.35)
      expectGone(bench, [0, 100])
    })
  })

  test('without the option nobody gets the cookie, and who has it is drawn like all others', async () => {
    await keeping(
      returning(quickScenario()),
      async (bench) => {
        const { outcome } = await bench.run('rollout', flags, { env: env('1') })
        expect(outcome).toMatchObject({ result: 'promoted' })
        expect(bench.record().filter((event) => event.type === 'settled')[0]).toMatchObject({
          seen: 'as-asked',
        })
        expect(routeWrites(bench.sandbox).some(({ body }) => body.includes('Set-Cookie'))).toBe(false)
      },
      'steps: [20, 100]\n',
    )
  })

  test('a version that is worse is rolled back, and its users with it in one patch', async () => {
    const base = returning(quickScenario())
    const bad = {
      ...base,
      traffic: { ...base.traffic, versions: { ...base.traffic.versions, v2: healthyVersion(0.4) } },
    }
    await keeping(bad, async (bench) => {
      const { code, outcome } = await bench.run('rollout', flags, { env: env('1') })
      expect({ code, ...outcome }).toMatchObject({ code: 1, reasonCode: 'worse-than-stable' })
      expectGone(bench, [100, 0])
    })
  })

  test('a process that dies is followed by one that goes on and lets them go', async () => {
    await keeping(quickScenario(), async (bench) => {
      const killed = await bench.run('rollout', flags, {
        env: env('1'),
        onLine: (line, kill) => {
          if (line.includes('settled at 20%')) kill('SIGKILL')
        },
      })
      expect(killed.signal).toBe('SIGKILL')
      expect(rules(bench)).toHaveLength(2)
      const { outcome } = await bench.run('rollout', flags, { env: env('2') })
      expect(outcome).toMatchObject({ result: 'promoted' })
      expectGone(bench, [0, 100])
    })
  })

  test.each([
    { writes: ['abort'], ends: [100, 0] },
    { writes: ['pause', 'abort'], ends: [100, 0] },
    { writes: ['promote'], ends: [0, 100] },
    { writes: ['reconcile'], ends: [100, 0] },
  ])('$orders: nothing of it is left', async ({ writes, ends }) => {
    await keeping(quickScenario(), async (bench) => {
      for (let turn = 1; (releaseIn(bench.sandbox)?.weight ?? 0) === 0 && turn < 5; turn++)
        await bench.run('rollout', { ...flags, mode: 'step' }, { env: env(String(turn)) })
      expect(rules(bench)).toHaveLength(2)
      for (const order of writes) {
        const { outcome } = await bench.run(order)
        expect(outcome.exitCode).toBe(0)
      }
      expectGone(bench, ends)
    })
  })

  test('somebody applies the old routes again: weights, rule and cookie are put back together', async () => {
    await keeping(quickScenario(), async (bench) => {
      const seen: Rule[][] = []
      bench.sandbox.at(45_000, () => {
        const [base] = rules(bench).slice(-1)
        const route = base?.route?.map(({ headers: _, ...entry }, index) => ({
          ...entry,
          weight: [100, 0][index],
        }))
        const value = [{ ...base, route }]
        return patchByHand(bench.sandbox, 'my-api', [{ op: 'replace', path: '/spec/http', value }])
      })
      bench.sandbox.at(60_000, () => void seen.push(rules(bench)))
      const { outcome } = await bench.run('rollout', { ...flags, 'on-drift': 'restore' }, { env: env('1') })
      expect(outcome).toMatchObject({ result: 'promoted' })
      expect(releaseIn(bench.sandbox)?.driftRestores).toBe(1)
      expect(seen[0]?.map(({ name }) => name)).toContain('shiftgate-sticky-my-api-shop')
      expect(JSON.stringify(seen[0]?.[1]?.route?.[1])).toContain('Set-Cookie')
      expectGone(bench, [0, 100])
    })
  })

  test('a cancelled run lets them go', async () => {
    await keeping(quickScenario(), async (bench) => {
      const { outcome } = await bench.run('rollout', flags, {
        env: env('1'),
        onLine: (line, kill) => {
          if (line.includes('settled at 20%')) kill('SIGINT')
        },
      })
      expect(outcome).toMatchObject({ result: 'rolled-back', reasonCode: 'cancelled' })
      expectGone(bench, [100, 0])
    })
  })

  test.each([
    [
      'steps: [{weight: 20, sticky: consistent-hash}, 100]\n',
      /:1:\d+: steps: sticky can't be a consistent hash/,
    ],
    ['steps: [{sticky: cookie}, 100]\n', /:1:\d+: steps: sticky belongs to a share/],
    [
      'steps: [{weight: 10, sticky: cookie}, {weight: 20, sticky: cookie}, 100]\n',
      /:1:\d+: steps: sticky stands here a second time/,
    ],
    ['steps: [{weight: 20, sticky: cookie}, 100]\nsticky: cookie\n', /:2:1: sticky: steps give it as well/],
    ['sticky: {cookie: a b}\n', /:1:\d+: sticky: has a cookie name/],
    ['sticky: {cookie: a, max-age: 40d}\n', /:1:\d+: sticky: has a max-age/],
  ])('%j is refused with its place', async (text, message) => {
    await keeping(
      quickScenario(),
      async (bench) => {
        const { code, outcome } = await bench.run('rollout', flags)
        expect(code).toBe(2)
        expect(outcome.message).toMatch(message)
      },
      text,
    )
  })
})
