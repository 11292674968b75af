import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import type { Replay } from '../../src/commands/offline/replay.ts'
import type { VersionModel } from '../../src/simulation/traffic-model.ts'
import { type Bench, runProgram, withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'

const taking = (medianMs: number): VersionModel => ({
  errors: { kind: 'constant', share: 0.004 },
  latency: { medianMs, spread: 0.5 },
})

function scenario(canaryMs: number) {
  const { traffic } = quickScenario()
  const versions = { v1: taking(20), v2: taking(canaryMs) }
  return quickScenario({ traffic: { ...traffic, timeoutMs: null, versions } })
}

function configured(bench: Bench, name: string, gates: readonly object[]): string {
  const path = join(bench.dir, name)
  writeFileSync(path, JSON.stringify({ gates }))
  return path
}

async function replay(bench: Bench, flags: readonly string[] = []) {
  const record = join(bench.dir, 'report', 'record.jsonl')
  const ran = await runProgram(['replay', record, '--json', join(bench.dir, 'replay.json'), ...flags], {
    cwd: bench.dir,
  })
  const text = bench.report('../replay.json')
  return { ...ran, replay: JSON.parse(text) as Replay }
}

const quick = Object.entries(quickFlags).flatMap(([name, value]) => [`--${name}`, value])
const slow = { name: 'slow', type: 'latency', over: '250ms' }
const load = { name: 'load', type: 'query', query: 'sum(up)', min: 1, agree: 2 }

describe('a record judged again, as the built program', () => {
  test('by its own gates every answer is the same, and another limit would have ended it', async () => {
    await withBench({ scenario: scenario(20), seed: 4 }, async (bench) => {
      const config = configured(bench, 'shiftgate.yml', [slow, load])
      const { outcome } = await bench.run('rollout', { ...quickFlags, config })
      expect(outcome.result).toBe('promoted')

      const same = await replay(bench)
      expect(same).toMatchObject({ code: 0, stderr: '' })
      expect(same.replay).toMatchObject({ differs: null, notes: [] })
      expect(same.replay.agreeing).toBe(same.replay.polls)
      expect(same.replay.polls).toBeGreaterThan(5)
      expect(same.replay.steps.map(({ weight }) => weight)).toEqual([20, 100])
      expect(same.stdout).toContain('the same again')

      const other = configured(bench, 'other.yml', [slow, { ...load, min: 1e6 }])
      const strict = await replay(bench, [...quick, '--config', other])
      expect(strict.code).toBe(4)
      expect(strict.replay).toMatchObject({
        differs: 0,
        steps: [{ recorded: { verdict: 'pass' }, replayed: { verdict: 'fail', gate: 'load' } }],
      })

      const asked = configured(bench, 'asked.yml', [{ ...load, query: 'sum(up) / 2' }])
      const unknown = await replay(bench, [...quick, '--config', asked])
      expect(unknown.replay.notes.join()).toContain('Gate load is left out')
    })
  }, 60_000)

  test('a slow canary would have gone on without its gate', async () => {
    await withBench({ scenario: scenario(300), seed: 4 }, async (bench) => {
      const config = configured(bench, 'shiftgate.yml', [slow])
      const { outcome } = await bench.run('rollout', { ...quickFlags, config })
      expect(outcome.result).toBe('rolled-back')
      const same = await replay(bench)
      expect(same.replay).toMatchObject({
        differs: null,
        steps: [{ recorded: { gate: 'slow', verdict: 'fail' } }],
      })
      expect(same.replay.agreeing).toBe(same.replay.polls)

      const watching = configured(bench, 'observe.yml', [{ ...slow, mode: 'observe' }])
      const without = await replay(bench, [...quick, '--config', watching])
      expect(without.code).toBe(4)
      expect(without.replay.steps[0]?.replayed.verdict).not.toBe('fail')
      expect(without.stdout).toContain('WOULD BE')
    })
  }, 60_000)

  test('what is no record of a release is refused', async () => {
    await withBench({ scenario: scenario(20), seed: 4 }, async (bench) => {
      const path = join(bench.dir, 'empty.jsonl')
      writeFileSync(path, '')
      const ran = await runProgram(['replay', path])
      expect(ran.code).toBe(2)
      expect(ran.stderr).toContain('nothing can be replayed')
    })
  }, 60_000)

  test('absurd times, steps and intervals are bad input that is named, not memory that runs out', async () => {
    await withBench({ scenario: scenario(20), seed: 4 }, async (bench) => {
      const path = join(bench.dir, 'absurd.jsonl')
      const at = '2026-01-01T00:00:00.000Z'
      const head = (interval: string) =>
        `{"at":"${at}","type":"release","schema":1,"id":"r","command":"rollout","cluster":"c","namespace":"n","service":"s","stable":"v1","canary":"v2","settings":{"steps":[20,100],"interval":${interval},"gate":{}},"runUrl":null,"resumed":false,"startedAt":"${at}"}`
      const poll = (t: string, step = '0') =>
        `{"at":"${at}","type":"poll","t":${t},"step":${step},"canary":null,"stable":null,"control":true,"rebuilt":false}`
      const rows: [head: string, poll: string, shown: string][] = [
        [head('15000'), poll('1e12'), 'Line 2'],
        [head('15000'), poll('1e999'), 'Line 2'],
        [head('15000'), poll('-5'), 'Line 2'],
        [head('15000'), poll('NaN'), 'Line 2'],
        [head('15000'), poll('15', '1e9'), 'Line 2'],
        [head('-1'), poll('15'), 'Line 1'],
        [head('1e-9'), poll('15'), 'Line 1'],
        [head('0'), poll('15'), 'Line 1'],
        [head('1'), poll('300000000'), 't = 300000000 s'],
      ]
      for (const [first, second, shown] of rows) {
        writeFileSync(path, `${first}\n${second}\n`)
        const ran = await runProgram(['replay', path])
        expect([ran.code, ran.stderr]).toEqual([2, expect.stringContaining(shown)])
      }
    })
  }, 60_000)
})

describe('what a step can catch', () => {
  test('plan says it for each step, and min-power refuses a step that is too short', async () => {
    const { traffic } = quickScenario()
    const rate = { kind: 'constant' as const, perSecond: 4 }
    const low = {
      ...scenario(20),
      traffic: { ...traffic, rate, versions: { v1: taking(20), v2: taking(20) } },
    }
    await withBench({ scenario: low, seed: 4 }, async (bench) => {
      const config = configured(bench, 'shiftgate.yml', [slow, load])
      const planned = await bench.run('plan', { ...quickFlags, config })
      expect(planned.code).toBe(0)
      expect(planned.stdout).toContain('ten times as often')
      expect(planned.stdout).toContain('gate     slow: requests over 250 ms')
      expect(planned.stdout).toContain('gate     load: at least 1, 2 polls in a row')

      const refused = await bench.run('rollout', { ...quickFlags, config, 'min-power': '2x' })
      expect(refused.outcome).toMatchObject({ exitCode: 3, result: 'refused', reasonCode: 'preflight' })
      expect(refused.outcome.message).toContain('step-timeout')
      expect(bench.record().filter(({ type }) => type === 'write')).toEqual([])
      const plan = await bench.run('plan', { ...quickFlags, config, 'min-power': '2x' })
      expect(plan.outcome).toMatchObject({ exitCode: 3, reasonCode: 'preflight' })
    })
  }, 60_000)
})
