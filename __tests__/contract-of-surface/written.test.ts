import { describe, expect, test } from '@jest/globals'
import { reasonCodes } from '../../src/release/outcome/reasons.ts'
import { phases } from '../../src/release/state/phases.ts'
import { readSources } from './source.ts'

const src = readSources(['src'])
const textOf = (path: string) => src.find((file) => file.path === path)?.text ?? ''
/** What decides and acts; report and release only read and name. */
const writers = src.filter(({ room }) =>
  [
    'action',
    'cli',
    'commands',
    'config',
    'gates',
    'metrics',
    'preflight',
    'rollout',
    'verdict',
    'wiring',
  ].includes(room),
)

/** Words of a closed list that stand in none of the files that could write them. */
function unwritten(words: readonly string[], pattern: (word: string) => string): string[] {
  return words.filter((word) => !writers.some(({ text }) => text.includes(pattern(word))))
}

/** Keys, or values of `field`, of the union or table that a file declares. */
function declared(path: string, shape: RegExp): string[] {
  return [...textOf(path).matchAll(shape)].map(([, word]) => word as string)
}

describe('what reports can show is written by something', () => {
  test('every reason code', () => {
    expect(unwritten(reasonCodes, (code) => `'${code}'`)).toEqual([])
  })

  test('every phase of a state', () => {
    expect(unwritten(phases, (phase) => `'${phase}'`)).toEqual([])
  })

  const events = declared('src/release/record/record.ts', /\btype: '([a-z-]+)'/g)
  const warnings = declared('src/release/record/warning.ts', /^ {2}'?([a-z-]+)'?: (?:\{|null)/gm)
  const causes = declared('src/release/outcome/cause.ts', /\bkind: '([a-z-]+)'/g)
  test.each([
    ['event of the record', events, 15, (word: string) => `type: '${word}'`],
    ['warning', warnings, 15, (word: string) => `'${word}'`],
    ['cause of a decision', causes, 12, (word: string) => `kind: '${word}'`],
  ])('every %s', (_, words, least, pattern) => {
    expect(words.length).toBeGreaterThanOrEqual(least)
    expect(unwritten(words, pattern)).toEqual([])
  })
})
