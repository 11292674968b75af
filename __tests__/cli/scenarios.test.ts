import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from '@jest/globals'
import { scenarios } from '../../src/sandbox/scenarios/catalogue.ts'
import { program } from '../support/program.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))

interface Row {
  scenario: string
  exitCode: number
  result: string
  reasonCode: string
}

/** The table in the documents is the expectation: it can't say anything else than what happens. */
const rows: Row[] = readFileSync(join(root, 'docs/scenarios.md'), 'utf8')
  .split('\n')
  .map((line) => line.split('|').map((cell) => cell.trim().replaceAll('`', '')))
  .filter((cells) => /^\d$/.test(cells[3] ?? ''))
  .map(([, scenario, , exitCode, result, reasonCode]) => ({
    scenario: scenario as string,
    exitCode: Number(exitCode),
    result: result as string,
    reasonCode: reasonCode as string,
  }))

/** A promotion, a rollback and a first version: the three kinds of ends that the demo tells of. */
const shown = ['good', 'errors', 'initial']

interface Ran {
  code: number
  out: string
  result: Record<string, unknown>
  folder: string
}

function demo(scenario: string, seed: number): Promise<Ran> {
  const folder = mkdtempSync(join(tmpdir(), `shiftgate-demo-${scenario}-`))
  const words = [program, 'demo', '--scenario', scenario, '--seed', String(seed), '--json', 'result.json']
  return new Promise((resolve, reject) => {
    execFile(process.execPath, words, { cwd: folder, timeout: 120_000 }, (error, out, complaints) => {
      const code = error === null ? 0 : error.code
      if (typeof code !== 'number') return reject(new Error(`${scenario}: ${error?.message}\n${complaints}`))
      const result = JSON.parse(readFileSync(join(folder, 'result.json'), 'utf8'))
      resolve({ code, out, result, folder })
    })
  })
}

describe('the demo', () => {
  test('the documents name every scenario', () => {
    expect(existsSync(program)).toBe(true)
    expect(rows.map((row) => row.scenario).sort()).toEqual(scenarios.map(({ name }) => name).sort())
  })

  // The others end by the same table in program/scenarios, where more is seen of them.
  test.each(rows.filter(({ scenario }) => shown.includes(scenario)))(
    '$scenario ends as its table says: $exitCode, $result, $reasonCode',
    async ({ scenario, exitCode, result, reasonCode }) => {
      const ran = await demo(scenario, 7)
      expect({ code: ran.code, ...ran.result }).toMatchObject({
        code: exitCode,
        exitCode,
        result,
        reasonCode,
      })
      expect(ran.out).toContain('Comment on pull request #42:')
      expect(ran.out).toContain('Report: shiftgate-report/')
      expect(existsSync(ran.result.report as string)).toBe(true)
      expect(readFileSync(join(ran.folder, 'shiftgate-report/record.jsonl'), 'utf8')).toContain('"outcome"')
    },
    120_000,
  )

  test('the same seed tells the same story', async () => {
    const [one, two, other] = [await demo('initial', 8), await demo('initial', 8), await demo('initial', 9)]
    const reported = ({ result, folder }: Ran) =>
      JSON.stringify(result)
        .replaceAll(folder, '')
        .replace(/127\.0\.0\.1:\d+/g, '')
    expect(reported(one)).toBe(reported(two))
    expect(reported(one)).not.toBe(reported(other))
  }, 120_000)
})
