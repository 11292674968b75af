import { describe, expect, test } from '@jest/globals'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'

/** printed lists the commands of the last run's report, each as its name and its flags. */
function printed(bench: Bench): { name: string; flags: Record<string, string> }[] {
  const blocks = [...bench.report('report.md').matchAll(/^```sh\n(shiftgate .*)\n```$/gm)]
  return blocks.map(([, line = '']) => {
    const [, name = '', ...words] = line.split(' ')
    const pairs = words.flatMap((word, at) =>
      word.startsWith('--') ? [[word.slice(2), words[at + 1] ?? ''] as const] : [],
    )
    return { name, flags: Object.fromEntries(pairs) }
  })
}

const target = { namespace: 'shop', service: 'my-api' }

describe('the commands that a report prints', () => {
  test('run as they stand, in the state in which they are printed', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const held = {
        ...quickFlags,
        'on-inconclusive': 'hold',
        'step-timeout': '40s',
        'min-requests': '100000',
      }
      const paused = await bench.run('rollout', held)
      expect(paused.outcome).toMatchObject({ result: 'paused', exitCode: 4 })
      const [resume, abort, ...others] = printed(bench)
      expect([resume, abort, others]).toEqual([
        { name: 'resume', flags: target },
        { name: 'abort', flags: target },
        [],
      ])
      const resumed = await bench.run('resume', {
        ...held,
        ...resume?.flags,
        'prometheus-url': bench.sandbox.prometheusUrl,
      })
      expect(resumed.outcome).toMatchObject({ result: 'paused', exitCode: 4 })
      const aborted = await bench.run('abort', abort?.flags)
      expect(aborted.outcome).toMatchObject({
        exitCode: 0,
        result: 'rolled-back',
        reasonCode: 'aborted-by-command',
      })
      expect(routeWeights(bench.sandbox).filter(({ share }) => share > 0)).toMatchObject([{ version: 'v1' }])
    })
  }, 120_000)
})
