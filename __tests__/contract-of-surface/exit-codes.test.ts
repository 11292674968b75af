import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { exitCodeMeanings, exitCodes } from '../../src/release/outcome/exit-codes.ts'
import type { Result } from '../../src/release/outcome/outcome.ts'
import { exitCodeOf } from '../../src/release/outcome/outcome.ts'
import { type ReasonCode, reasonCodes, reasonOf } from '../../src/release/outcome/reasons.ts'

const files = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  // index.ts may import the two ways in only; what it exits with there is tested by the process.
  (file) =>
    file.endsWith('.ts') && file !== 'index.ts' && file !== join('release', 'outcome', 'exit-codes.ts'),
)

/** literals finds exit codes that are written as numbers: fields, comparisons, and what exit-code functions return. */
function literals(text: string): string[] {
  const fields = text.match(/\bexitCode\w*\s*(?::|=|===|!==)\s*\(?[0-5]\b|\bexit\([0-5]\)/gi) ?? []
  const functions = text.match(/ExitCode(?: \| null)?>? \{\n(?:(?:(?!\n\})[\s\S])*\n)?\}/g) ?? []
  return [
    ...fields,
    ...functions.flatMap(
      (body) => body.match(/return [0-5]\b|return .*\? [0-5] : |return .* : [0-5]$/gm) ?? [],
    ),
  ]
}

describe('exit codes', () => {
  test('are numbers in the table of reasons alone', () => {
    expect(literals('return { exitCode: 4 }')).toHaveLength(1)
    expect(literals('function end(): Promise<ExitCode> {\n  go()\n  return 0\n}')).toHaveLength(1)
    const found = files
      // What a container of the sandbox exits with is no exit code of ours.
      .filter((file) => !file.startsWith('sandbox'))
      .flatMap((file) => literals(readFileSync(join('src', file), 'utf8')).map((text) => `${file}: ${text}`))
    expect(found).toEqual([])
  })

  test('all have a meaning for people', () => {
    expect(Object.keys(exitCodeMeanings).map(Number)).toEqual(Object.values(exitCodes))
  })

  test.each<[Result, ReasonCode, boolean, number]>([
    ['promoted', 'promoted-unproven', false, 0],
    ['initialized', 'initialized', false, 0],
    ['rolled-back', 'worse-than-stable', false, 1],
    ['rolled-back', 'pods-lost', false, 1],
    ['rolled-back', 'too-little-evidence', false, 4],
    ['rolled-back', 'unreachable', false, 4],
    ['rolled-back', 'aborted-by-command', false, 4],
    ['rolled-back', 'aborted-by-command', true, 0],
    ['rolled-back', 'nothing-to-do', false, 0],
    ['paused', 'no-data', false, 4],
    ['paused', 'worse-than-stable', false, 4],
    ['paused', 'paused-by-command', true, 0],
    ['in-progress', 'step-complete', false, 0],
    ['in-progress', 'superseded', false, 4],
    ['rolled-back', 'superseded', false, 4],
    ['in-progress', 'cancelled', false, 4],
    ['refused', 'bad-input', false, 2],
    ['refused', 'worse-than-stable', false, 3],
    ['unsafe', 'drift', false, 5],
  ])('%s, %s, requested: %s: %i', (result, code, requested, exitCode) => {
    expect(exitCodeOf(result, code, requested)).toBe(exitCode)
  })

  test.each(reasonCodes)('%s has words, a next step, and is proof exactly where it exits with 1', (code) => {
    const { words, nextStep, proof, exitCode } = reasonOf(code)
    expect(words).toMatch(/^[a-z].*[^.]$/)
    expect(nextStep).toMatch(/^[A-Z].*\.$/)
    expect(proof).toBe(exitCode === exitCodes.rolledBack)
  })
})
