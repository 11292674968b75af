import { describe, expect, test } from '@jest/globals'
import { stateLimit } from '../../src/release/state/state.ts'
import { decodeState, encodeState } from '../../src/release/state/state-codec.ts'
import { entry, release } from '../rollout/release-state.ts'

describe('the release annotation', () => {
  test('is read as it was written', () => {
    const state = release({ stepStates: [entry(), entry({ weight: 50 })], step: 1, weight: 50 })
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

  test('gives up what routes showed before it refuses to be written, never which routes are judged', () => {
    const calibration = { n: 1, b: 0, S1: 0, S2: 0, S4: 0, df: 0 }
    const routes = Array.from({ length: 20 }, (_, index) => ({
      route: `r${index}`,
      share: 0.05,
      calibration,
    }))
    const gates = { bounds: { slow: 500 }, calibrations: { slow: calibration }, routes }
    const small = JSON.stringify(release({ gates, restore: { big: '' } })).length
    const state = release({ gates, restore: { big: 'x'.repeat(stateLimit - small + 100) } })
    const read = decodeState(encodeState(state))
    expect(read.gates?.bounds).toEqual({ slow: 500 })
    expect(read.gates?.routes.map(({ route }) => route)).toEqual(routes.map(({ route }) => route))
    expect(read.gates?.routes[0]?.calibration).toBeNull()
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
    ['gates without routes', JSON.stringify({ ...release(), gates: { bounds: {}, calibrations: {} } })],
    ['null', 'null'],
    ['a trial without its time', JSON.stringify({ ...release(), preTraffic: { kind: 'mirror' } })],
    ['a trial of another kind', JSON.stringify({ ...release(), preTraffic: { kind: 'shadow', since: 1 } })],
    ['rules that are no list', JSON.stringify({ ...release(), routes: 'main' })],
  ])('%s is never acted on', (_name, text) => {
    expect(() => decodeState(text)).toThrow(expect.objectContaining({ code: 'bad-answer' }))
  })
})
