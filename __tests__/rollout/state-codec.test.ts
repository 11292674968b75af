import { describe, expect, test } from '@jest/globals'
import { stateLimit } from '../../src/release/state.ts'
import { decodeState, encodeState } from '../../src/release/state-codec.ts'
import { entry, release } from './release-state.ts'

describe('the release annotation', () => {
  test('is read as it was written', () => {
    const state = release({ journal: [entry(), entry({ weight: 50 })], step: 1, weight: 50 })
    expect(decodeState(encodeState(state))).toEqual(state)
  })

  test('gives up old history before it grows over its limit', () => {
    const past = (version: string) => ({
      version,
      subset: version,
      workload: 'w'.repeat(2000),
      at: 0,
      releaseId: 'r',
    })
    const state = release({ history: Array.from({ length: 10 }, (_, index) => past(`v${index}`)) })
    const text = encodeState(state)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(stateLimit)
    expect(decodeState(text).history.map(({ version }) => version)).toEqual(['v0', 'v1'])
  })

  test('that can’t be made small enough is refused before anything is written', () => {
    expect(() => encodeState(release({ restore: { big: 'x'.repeat(stateLimit) } }))).toThrow(
      expect.objectContaining({ code: 'too-large' }),
    )
  })

  test.each([
    ['not JSON', '{'],
    ['another schema', JSON.stringify({ ...release(), schema: 2 })],
    ['an unknown phase', JSON.stringify({ ...release(), phase: 'flying' })],
    ['no canary', JSON.stringify({ ...release(), canary: undefined })],
    ['a step that isn’t there', JSON.stringify({ ...release(), step: 3 })],
    ['a weight that is no number', JSON.stringify({ ...release(), weight: '10' })],
    ['null', 'null'],
  ])('%s is never acted on', (_name, text) => {
    expect(() => decodeState(text)).toThrow(expect.objectContaining({ code: 'bad-answer' }))
  })
})
