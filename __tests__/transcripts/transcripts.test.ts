import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { fileOf } from './files.ts'
import { transcriptScenarios } from './scenarios.ts'
import { transcriptOf } from './stage.ts'

describe('whole runs, as text: after a change that is meant, `npm run transcripts` and review the difference', () => {
  test('every transcript has its scene', () => {
    const texts = readdirSync('__tests__/transcripts').filter((name) => name.endsWith('.txt'))
    expect(texts.sort()).toEqual(transcriptScenarios.map(({ name }) => `${name}.txt`).sort())
  })

  test.concurrent.each(transcriptScenarios.map(({ name }) => name))(
    '%s',
    async (name) => {
      const scenario = transcriptScenarios.find((one) => one.name === name)
      if (scenario === undefined) throw new Error(`no scene ${name}`)
      expect(await transcriptOf(scenario)).toBe(readFileSync(fileOf(name), 'utf8'))
    },
    120_000,
  )
})
