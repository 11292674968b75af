import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { scenarioNamed, scenarios } from '../../src/sandbox/scenarios/catalogue.ts'
import { deploymentView, imagesOf } from '../../src/workloads/deployment.ts'
import { withBench } from '../support/program.ts'
import { routeWeights, violations } from '../support/traffic-laws.ts'

/** The table that users read is the table that is held. */
const table = readFileSync('docs/scenarios.md', 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  // Only rows with an exit code are scenarios: the document has other tables too.
  .filter((cells) => /^\d$/.test(cells[3] ?? ''))
  .map(([, name, , exitCode, result, reasonCode]) => ({
    name: name as string,
    exitCode: Number(exitCode),
    result: result as string,
    reasonCode: reasonCode as string,
  }))

/** The images of the Deployments that releases by image leave in charge: what is called canary has no traffic. */
function imagesServing({ store }: Sandbox): string[] {
  return store
    .list('Deployment', 'shop')
    .filter(({ metadata }) => /^my-api(?!-canary)/.test(metadata.name))
    .map((object) => imagesOf(deploymentView(object)))
}

describe('every scenario of the demo, as the built program', () => {
  test('the table names every scenario', () => {
    expect(table.map(({ name }) => name).sort()).toEqual(scenarios.map(({ name }) => name).sort())
  })

  test.each(table)(
    '$name ends with $result ($reasonCode), exit code $exitCode',
    async (row) => {
      const scenario = scenarioNamed(row.name)
      if (!scenario) throw new Error(`no scenario ${row.name}`)
      await withBench({ scenario, seed: 7 }, async (bench) => {
        const { code, outcome } = await bench.run('rollout')
        expect({ ...outcome, code }).toMatchObject({
          code: row.exitCode,
          exitCode: row.exitCode,
          result: row.result,
          reasonCode: row.reasonCode,
        })
        expect(violations(bench.sandbox, bench.record())).toEqual([])
        expect(bench.record().at(-1)).toMatchObject({ type: 'outcome' })
        expect(bench.report('report.md')).not.toBe('')
        const { image } = scenario.args
        if (image !== undefined) return expect(imagesServing(bench.sandbox)).toEqual([image])
        const serving = row.result === 'rolled-back' ? scenario.stable : scenario.canary
        expect(routeWeights(bench.sandbox)).toEqual(
          expect.arrayContaining([expect.objectContaining({ version: serving, share: 1 })]),
        )
      })
    },
    120_000,
  )
})
