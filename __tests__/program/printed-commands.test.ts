import { describe, expect, test } from '@jest/globals'
import { setWeights } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'

/** Commands that a message prints, in its order: what stands between quotes and begins with the program's name. */
const commandsIn = (message: string): string[] =>
  [...message.matchAll(/"(shiftgate [^"]+)"/g)].map(([, text]) => text as string)

/** Runs a printed command as it stands, with what a pipeline's configuration gives beside it. */
async function runPrinted(bench: Bench, text: string) {
  const [, name = '', ...words] = text.split(' ')
  expect(words.filter((_, index) => index % 2 === 0)).toEqual(['--namespace', '--service'])
  expect([words[1], words[3]]).toEqual(['shop', 'my-api'])
  const { version: _, ...flags } = quickFlags
  return bench.run(name, name === 'resume' ? { ...flags, 'prometheus-url': bench.sandbox.prometheusUrl } : {})
}

/** The process that drives the release is gone: `pause` takes it over and holds it. */
async function pausedByCommand(bench: Bench) {
  await bench.run('rollout', quickFlags, {
    onLine: (line, kill) => {
      if (line.includes('settled at 20%')) kill('SIGKILL')
    },
  })
  return bench.run('pause')
}

function pausedByDrift(bench: Bench) {
  bench.sandbox.at(45_000, () => setWeights(bench.sandbox, 'my-api', 60, 40))
  return bench.run('rollout', quickFlags)
}

describe('commands that a message prints are whole, and right in the state in which it prints them', () => {
  test('a release paused by command: go on', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { outcome } = await pausedByCommand(bench)
      expect(outcome).toMatchObject({ result: 'paused', reasonCode: 'paused-by-command' })
      const [goOn = '', back = ''] = commandsIn(outcome.message)
      expect([goOn, back].map((text) => text.split(' ')[1])).toEqual(['resume', 'abort'])
      const refused = await bench.run('rollout', quickFlags)
      expect(refused.outcome).toMatchObject({ exitCode: 3, reasonCode: 'paused-by-command' })
      expect(commandsIn(refused.outcome.message)).toEqual([goOn, back])
      const resumed = await runPrinted(bench, goOn)
      expect(resumed.outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
    })
  }, 60_000)

  test('a release paused by drift: put traffic back', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { outcome } = await pausedByDrift(bench)
      expect(outcome).toMatchObject({ result: 'paused', reasonCode: 'drift' })
      const other = await bench.run('rollout', { ...quickFlags, version: 'v3' })
      expect(other.outcome).toMatchObject({ exitCode: 3, reasonCode: 'release-in-flight' })
      const abort = commandsIn(other.outcome.message)[0] ?? ''
      expect(commandsIn(outcome.message)).toContain(abort)
      const ended = await runPrinted(bench, abort)
      expect(ended.outcome).toMatchObject({ exitCode: 0, result: 'rolled-back' })
    })
  }, 60_000)
})
