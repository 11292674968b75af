import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import type { Scenario } from '../../src/sandbox/scenarios/scenario.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import { virtualService } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { releaseIn, routeWrites } from '../support/wire.ts'

jest.setTimeout(60_000)

const config = `
steps:
- preview: {header: x-canary, value: "yes"}
- mirror: 20
- 20
- {weight: 100}
`

interface Rule {
  name?: string
  match?: object[]
  timeout?: string
  mirrors?: object[]
  route?: { destination: { subset?: string }; weight?: number }[]
}

const { steps: _, ...quick } = quickFlags
const flags = { ...quick, 'step-timeout': '15m' }

function rules({ sandbox }: Bench): Rule[] {
  return (virtualService(sandbox, 'my-api').spec?.http ?? []) as Rule[]
}

async function trying(
  scenario: Scenario,
  act: (bench: Bench) => Promise<void>,
  text = config,
): Promise<void> {
  await withBench({ scenario, seed: 3 }, async (bench) => {
    writeFileSync(join(bench.dir, 'shiftgate.yml'), text)
    await act(bench)
  })
}

const phases = (bench: Bench) =>
  bench.record().flatMap((event) => (event.type === 'phase' ? [event.phase] : []))

describe('testers and copies of requests before any weight', () => {
  test('each has its time, inherits the route, and is gone before the first share', async () => {
    await trying(quickScenario(), async (bench) => {
      const seen: Rule[][] = []
      for (const second of [20, 62]) bench.sandbox.at(second * 1000, () => void seen.push(rules(bench)))
      const { code, outcome } = await bench.run('rollout', flags)
      expect({ code, ...outcome }).toMatchObject({ code: 0, result: 'promoted' })
      const [preview, mirror] = seen
      expect(preview?.[0]).toMatchObject({
        match: [{ headers: { 'x-canary': { exact: 'yes' } } }],
        timeout: '2s',
        route: [{ destination: { subset: 'v2' }, weight: 100 }],
      })
      expect(preview?.[1]?.route?.map(({ weight }) => weight)).toEqual([100, 0])
      expect(mirror).toHaveLength(1)
      expect(mirror?.[0]?.mirrors).toEqual([
        expect.objectContaining({
          destination: expect.objectContaining({ subset: 'v2' }),
          percentage: { value: 20 },
        }),
      ])
      expect(rules(bench)).toHaveLength(1)
      expect(rules(bench)[0]).not.toHaveProperty('mirrors')
      expect(phases(bench)).toEqual(['preview', 'preview-ended', 'mirror', 'mirror-ended'])
      const shares = routeWrites(bench.sandbox).filter(({ body }) => body.includes('"value":80'))
      expect(shares).not.toEqual([])
      for (const { body } of shares) expect(body).not.toMatch(/mirrors|x-canary/)
    })
  })

  test('a version that fails on copies is rolled back before anybody was served by it', async () => {
    const base = quickScenario()
    const bad = {
      ...base,
      traffic: { ...base.traffic, versions: { ...base.traffic.versions, v2: healthyVersion(0.4) } },
    }
    await trying(
      bad,
      async (bench) => {
        const { code, outcome } = await bench.run('rollout', flags)
        expect({ code, ...outcome }).toMatchObject({ code: 1, reasonCode: 'worse-than-stable' })
        expect(releaseIn(bench.sandbox)?.stepStates).toEqual([])
        expect(rules(bench)[0]).not.toHaveProperty('mirrors')
        expect(rules(bench)[0]?.route?.map(({ weight }) => weight)).toEqual([100, 0])
      },
      'steps: [{mirror: 50}, 20, 100]\n',
    )
  })

  test.each(['preview', 'mirror'])(
    '%s: a process that dies is followed by one that ends it',
    async (kind) => {
      await trying(quickScenario(), async (bench) => {
        const env = (attempt: string) => ({
          GITHUB_REPOSITORY: 'example/shop',
          GITHUB_RUN_ID: '7',
          GITHUB_RUN_ATTEMPT: attempt,
        })
        const killed = await bench.run('rollout', flags, {
          env: env('1'),
          onLine: (line, kill) => {
            if (line.includes(`${kind}: `)) kill('SIGKILL')
          },
        })
        expect(killed.signal).toBe('SIGKILL')
        expect(releaseIn(bench.sandbox)?.preTraffic?.kind).toBe(kind)
        const { outcome } = await bench.run('rollout', flags, { env: env('2') })
        expect(outcome).toMatchObject({ result: 'promoted' })
        expect(rules(bench)).toHaveLength(1)
        expect(rules(bench)[0]).not.toHaveProperty('mirrors')
        expect(releaseIn(bench.sandbox)).not.toHaveProperty('preTraffic')
      })
    },
  )

  test.each([
    { kind: 'mirror', writes: ['promote'], weights: [0, 100] },
    { kind: 'preview', writes: ['abort'], weights: [100, 0] },
    { kind: 'mirror', writes: ['pause', 'abort'], weights: [100, 0] },
    { kind: 'mirror', writes: ['reconcile'], weights: [100, 0] },
  ])('$kind, then $orders: nothing of it is left', async ({ kind, writes, weights }) => {
    const preTraffic = kind === 'mirror' ? '{mirror: 20}' : '{preview: {cookie: canary, value: always}}'
    await trying(
      quickScenario(),
      async (bench) => {
        await bench.run('rollout', { ...flags, mode: 'step' })
        expect(releaseIn(bench.sandbox)?.preTraffic?.kind).toBe(kind)
        for (const order of writes) {
          const { outcome } = await bench.run(order)
          expect(outcome.exitCode).toBe(0)
        }
        expect(rules(bench)).toHaveLength(1)
        expect(rules(bench)[0]).not.toHaveProperty('mirrors')
        expect(rules(bench)[0]?.route?.map(({ weight }) => weight)).toEqual(weights)
        expect(releaseIn(bench.sandbox)).not.toHaveProperty('preTraffic')
      },
      `steps: [${preTraffic}, 20, 100]\n`,
    )
  })

  test('an abort takes the testers’ rule out again', async () => {
    await trying(quickScenario(), async (bench) => {
      const before = rules(bench)
      const ended = await bench.run('rollout', flags, {
        onLine: (line, kill) => {
          if (line.includes('preview: ')) kill('SIGINT')
        },
      })
      expect(ended.outcome).toMatchObject({ result: 'rolled-back', reasonCode: 'cancelled' })
      expect(rules(bench)).toHaveLength(before.length)
      expect(rules(bench)[0]?.route?.map(({ weight }) => weight)).toEqual([100, 0])
    })
  })

  test.each([
    ['steps: [10, {mirror: 20}, 100]\n', /:1:\d+: steps: mirror comes before the first share/],
    ['steps:\n- {preview: {header: a}}\n- 100\n', /:2:4: steps: preview: takes a header or a cookie/],
    ['steps:\n- {miror: 1}\n- 100\n', /:2:4: steps: unknown kind of step "miror"/],
    ['routes: [{nam: x}]\n', /:1:\d+: routes: knows no "nam"/],
    ['steps: [{mirror: 20}, 100]\nmirror: 10\n', /:2:1: mirror: steps give it as well/],
  ])('%j is refused with its place', async (text, message) => {
    await trying(
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
