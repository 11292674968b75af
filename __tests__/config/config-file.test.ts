import { describe, expect, jest, test } from '@jest/globals'
import fc from 'fast-check'
import { stringify } from 'yaml'
import { options } from '../../src/config/options/options.ts'
import { readConfig } from '../../src/config/sources/config-file.ts'
import { Failure } from '../../src/release/failure.ts'

const inFile = options.filter((option) => option.places.includes('file')).map((option) => option.name)

/** Pieces that YAML trips over, and keys that mean something. */
const piece = fc.oneof(
  fc.constantFrom(
    ...inFile,
    ': ',
    '\n',
    '\t',
    '- ',
    '  ',
    '[',
    ']',
    '{',
    '}',
    '"',
    "'",
    '#',
    '&a ',
    '*a',
    '!!x ',
    '|',
    '%',
    '---\n',
    '\r',
    '\u0000',
    '\uFEFF',
  ),
  fc.string({ maxLength: 4 }),
)

describe('the config file', () => {
  test('any text is read, or refused at a place inside of it', () => {
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('')
        try {
          for (const [name, given] of readConfig('f.yml', text)) {
            expect(inFile).toContain(name)
            expect(typeof given.text).toBe('string')
          }
        } catch (error) {
          if (!(error instanceof Failure)) throw error
          expect(error.code).toBe('invalid-config')
          const [, line, column] = /^f\.yml:(\d+):(\d+): ./.exec(error.message) ?? []
          expect(Number(line)).toBeGreaterThanOrEqual(1)
          expect(Number(line)).toBeLessThanOrEqual(text.split(/\r\n|\n/).length)
          expect(Number(column)).toBeGreaterThanOrEqual(1)
        }
      }),
      { numRuns: 2000 },
    )
  })

  test('what a YAML library writes is read as it was meant', () => {
    const values = fc.dictionary(
      fc.constantFrom(...inFile.filter((name) => name !== 'steps' && name !== 'gates')),
      fc.oneof(
        fc.string({ minLength: 1, maxLength: 12 }).filter((text) => text.trim() === text && text !== ''),
        fc.integer({ min: 0, max: 1000 }),
        fc.boolean(),
      ),
      { minKeys: 1 },
    )
    fc.assert(
      fc.property(values, (config) => {
        const given = readConfig('f.yml', stringify(config))
        expect(Object.fromEntries([...given].map(([name, { text }]) => [name, text]))).toEqual(
          Object.fromEntries(Object.entries(config).map(([name, value]) => [name, String(value)])),
        )
      }),
    )
  })

  test.each(['', '\n', '# nothing yet\n', '---\n', 'null\n', '\uFEFFnamespace: shop\n'])(
    '%j is fine',
    (text) => {
      expect(() => readConfig('f.yml', text)).not.toThrow()
    },
  )

  test('an anchor may be used again', () => {
    const given = readConfig('f.yml', 'interval: &turn 20s\nmetrics-lag: *turn\n')
    expect(given.get('metrics-lag')).toEqual({
      text: '20s',
      label: 'metrics-lag',
      position: { file: 'f.yml', line: 2, column: 14 },
    })
  })

  test('aliases that multiply, and files without end, are refused', () => {
    const bomb = `interval: &a 1s\nsteps: [${'*a, '.repeat(200)}*a]\n`
    expect(() => readConfig('f.yml', bomb)).toThrow('f.yml:2:8: steps: holds more than 100 steps')
    expect(() => readConfig('f.yml', `# ${'x'.repeat(300_000)}\n`)).toThrow('is larger than')
    expect(() => readConfig('f.yml', `steps: ${'['.repeat(50_000)}`)).toThrow(/^f\.yml:\d+:\d+: /)
    expect(() => readConfig('f.yml', `steps: ${'['.repeat(60)}${']'.repeat(60)}`)).toThrow('nested deeper')
  })

  test('no key is compared with all others: many are refused by their number', () => {
    const keys = Array.from({ length: 25_000 }, (_, index) => `k${index}: 1\n`).join('')
    let compared = 0
    const { has } = Set.prototype
    jest.spyOn(Set.prototype, 'has').mockImplementation(function (this: Set<unknown>, value) {
      compared += 1
      return has.call(this, value)
    })
    expect(() => readConfig('f.yml', keys)).toThrow('f.yml:2001:1: holds more than 2000 keys.')
    jest.restoreAllMocks()
    expect(compared).toBeLessThan(60_000)
    expect(() => readConfig('f.yml', 'interval: 5s\nhistory: 1h\ninterval: 6s\n')).toThrow(
      'f.yml:3:1: the key "interval" stands here for the second time.',
    )
  })
})
