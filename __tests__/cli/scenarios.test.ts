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

  // Every scenario is held to the table in program/scenarios; the demo tells of them all alike.
  test('ends as its table says, tells of the comment and the report, and the same seed tells the same story', async () => {
    const row = rows.find(({ scenario }) => scenario === 'initial') as Row
    const { exitCode, result, reasonCode } = row
    const [one, two, other] = [await demo('initial', 7), await demo('initial', 7), await demo('initial', 9)]
    expect({ code: one.code, ...one.result }).toMatchObject({ code: exitCode, exitCode, result, reasonCode })
    expect(one.out).toContain('Comment on pull request #42:')
    expect(one.out).toContain('Report: shiftgate-report/')
    expect(existsSync(one.result.report as string)).toBe(true)
    expect(readFileSync(join(one.folder, 'shiftgate-report/record.jsonl'), 'utf8')).toContain('"outcome"')
    const reported = ({ result, folder }: Ran) =>
      JSON.stringify(result)
        .replaceAll(folder, '')
        .replace(/127\.0\.0\.1:\d+/g, '')
    expect(reported(one)).toBe(reported(two))
    expect(reported(one)).not.toBe(reported(other))
  }, 120_000)
})
