import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { privatePhrasesIn } from './private-words.ts'

const sources = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts'))
  .map((file) => join('src', file))
const documents = ['README.md', 'CHANGELOG.md', 'action.yml', 'schema/shiftgate.schema.json'].concat(
  readdirSync('docs', { encoding: 'utf8' })
    .filter((file) => file.endsWith('.md'))
    .map((file) => join('docs', file)),
)

describe('what people read', () => {
  test.each([...sources, ...documents])('%s writes percent without a space', (file) => {
    // A remainder in code has a space on both sides and something to divide by.
    const spaced = readFileSync(file, 'utf8').match(/.*[\d}] %(?= ?[a-zA-Z.,;:)'"`|]| \().*/g) ?? []
    expect(spaced.filter((line) => !/[\d}] % [\w(]+\s*(?:===|!==|[)\];?+*<>-])/.test(line))).toEqual([])
  })

  test.each(documents)("%s keeps to the field's words", (file) => {
    expect(privatePhrasesIn(file, readFileSync(file, 'utf8'))).toEqual([])
  })
})
