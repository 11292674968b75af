import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { formatVerdict, parseJudgeFile } from '../../src/verdict/file.ts'
import { judgeAll } from '../../src/verdict/judge.ts'

interface Vector {
  name: string
  config: object
  calibration: object | null
  polls: object[]
  expected: Record<string, number | string | null>[]
}

const { vectors } = JSON.parse(
  readFileSync(new URL('./__fixtures__/verdict-vectors.json', import.meta.url), 'utf8'),
) as { vectors: Vector[] }

describe('published vectors, to six decimals', () => {
  test('all of them are here', () => expect(vectors).toHaveLength(23))

  test.each(vectors)('$name', ({ config, calibration, polls, expected }) => {
    const file = parseJudgeFile(JSON.stringify({ config, calibration, polls }))
    const got = judgeAll(file.config, file.calibration, file.polls, { untilFinal: true }).map(formatVerdict)
    expect(got).toHaveLength(expected.length)
    for (const [i, wanted] of expected.entries()) {
      const verdict = got[i] as Record<string, number | string | null>
      expect(Object.keys(verdict)).toEqual(Object.keys(wanted))
      for (const [name, value] of Object.entries(wanted)) {
        // One unit of the last decimal for a tie that rounds the other way.
        if (typeof value === 'number') expect(Math.abs(Number(verdict[name]) - value)).toBeLessThan(1.1e-6)
        else expect(verdict[name]).toBe(value)
      }
    }
  })
})
