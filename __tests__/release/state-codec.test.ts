import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { Failure } from '../../src/release/failure.ts'
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
      destination: version,
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
    ['another schema', JSON.stringify({ ...release(), schema: 3 })],
    ['an unknown phase', JSON.stringify({ ...release(), phase: 'flying' })],
    ['no canary', JSON.stringify({ ...release(), canary: undefined })],
    ['a step that isn’t there', JSON.stringify({ ...release(), step: 3 })],
    ['a weight that is no number', JSON.stringify({ ...release(), weight: '10' })],
    ['gates without routes', JSON.stringify({ ...release(), gates: { bounds: {}, calibrations: {} } })],
    ['null', 'null'],
    [
      'a pre-traffic phase without its time',
      JSON.stringify({ ...release(), preTraffic: { kind: 'mirror' } }),
    ],
    [
      'a pre-traffic phase of another kind',
      JSON.stringify({ ...release(), preTraffic: { kind: 'shadow', since: 1 } }),
    ],
    ['rules that are no list', JSON.stringify({ ...release(), routes: 'main' })],
  ])('%s is never acted on', (_name, text) => {
    expect(() => decodeState(text)).toThrow(expect.objectContaining({ code: 'bad-answer' }))
  })
})

/** everything holds every field that a state can have. */
const everything = release({
  stable: {
    version: 'v1',
    destination: 'v1',
    workload: 'my-api-v1',
    image: 'my-api:1',
    host: 'my-api-v1.shop',
  },
  step: 1,
  weight: 50,
  stepStates: [
    entry({
      margins: { slow: 0.02 },
      end: { at: 2, verdict: 'pass', reason: 'not-worse', canary: [9, 1], stable: [90, 2] },
    }),
    entry({ weight: 50, timerStart: null, actualShare: null }),
  ],
  restore: { 'http/0': { weights: [100, 0] } },
  calibration: { n: 1, b: 0, S1: 0, S2: 0, S4: 0, df: 0 },
  gates: {
    bounds: { slow: 500 },
    calibrations: { slow: { n: 1, b: 0, S1: 0, S2: 0, df: 0 } },
    routes: [{ route: 'GET', share: 0.5, calibration: null }],
  },
  history: [
    { version: 'v0', destination: 'v0', workload: 'my-api-v0', at: 1, releaseId: 'r0', rolledBack: true },
  ],
  routes: [{ name: 'main', port: 80, sni: 'shop.example' }],
  createdDestinations: ['v0'],
  preTraffic: { kind: 'mirror', since: 1 },
  completedPreTraffic: ['preview'],
  driftRestores: 1,
})

/** pathsOf lists the way to every value inside a JSON value. */
function pathsOf(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [path]
  return [path, ...Object.entries(value).flatMap(([key, item]) => pathsOf(item, [...path, key]))]
}

/** forged gives a copy of a value in which the one at `path` is another; undefined: it is gone. */
function forged(value: unknown, [key, ...rest]: string[], other: unknown): unknown {
  if (key === undefined) return other
  const copy: Record<string, unknown> = Array.isArray(value)
    ? ([...value] as never)
    : { ...(value as object) }
  copy[key] = forged(copy[key], rest, other)
  return copy
}

/** readOrNamed decodes a text; what can't be read must end as a Failure that names a field. */
function readOrNamed(text: string): void {
  try {
    const read = decodeState(text)
    expect(decodeState(encodeState(read))).toEqual(read)
  } catch (error) {
    expect(error).toBeInstanceOf(Failure)
    if ((error as Failure).code === 'too-large') return
    expect(error).toMatchObject({ code: 'bad-answer', details: { field: expect.stringMatching(/./) } })
  }
}

const odd = fc.oneof(
  fc.jsonValue(),
  fc.constantFrom(null, undefined, -1, 1e308, 9.1e15, -0.5, '', 'x'.repeat(5000), [], {}, [[]], true),
  fc.constant(JSON.parse('{"__proto__": {"polluted": true}, "constructor": 1}')),
)

describe('a forged annotation', () => {
  test('is read whole where it is a state of ours', () => {
    expect(decodeState(encodeState(everything))).toEqual(everything)
  })

  test('with one value replaced is read, or refused by the name of a field', () => {
    fc.assert(
      fc.property(fc.constantFrom(...pathsOf(everything)), odd, (path, other) => {
        readOrNamed(JSON.stringify(forged(everything, path, other)) ?? 'undefined')
      }),
      { numRuns: 500 },
    )
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined()
  })

  test('of any text is read, or refused by the name of a field', () => {
    fc.assert(fc.property(fc.oneof(fc.string(), fc.json(), fc.string({ unit: 'binary' })), readOrNamed))
  })

  test.each([
    ['a weight beyond what a share can be', { weight: 1e308 }, 'weight'],
    ['a time that no Date can hold', { startedAt: 1e300 }, 'startedAt'],
    ['an interval of nothing', { interval: 0 }, 'interval'],
    ['a step in the middle', { step: 0.5 }, 'step'],
    ['a reason that nobody gives', { reason: 'because' }, 'reason'],
    ['a list of nulls', { stepStates: [null] }, 'stepStates[0]'],
    [
      'a side of numbers',
      { canary: { version: 1, destination: 2, workload: 3, image: 4 } },
      'canary.version',
    ],
    ['a name longer than any', { id: 'x'.repeat(100_000) }, 'id'],
    ['an endless list', { steps: Array.from({ length: 5000 }, () => 1) }, 'steps'],
    ['a map with a key that is no key', { gates: JSON.parse('{"bounds":{"__proto__":1}}') }, 'gates.bounds'],
  ])('%s is refused by its name', (_name, changes, field) => {
    expect(() => decodeState(JSON.stringify({ ...everything, ...changes }))).toThrow(
      expect.objectContaining({ code: 'bad-answer', details: { field } }),
    )
  })

  test('nested without end is refused, not walked', () => {
    const deep = (levels: number) => `{"a":`.repeat(levels) + '1' + '}'.repeat(levels)
    const state = JSON.stringify(everything)
    const nested = (levels: number) => state.replace(/"restore":\{.*?\}\},/, `"restore":${deep(levels)},`)
    expect(decodeState(nested(20)).restore).toEqual(JSON.parse(deep(20)))
    for (const levels of [100, 10_000, 40_000]) {
      expect(() => decodeState(nested(levels))).toThrow(expect.objectContaining({ code: 'bad-answer' }))
    }
  })
})

describe('a state of schema 1', () => {
  const old = {
    ...Object.fromEntries(
      Object.entries(release({ step: 0, weight: 10 })).filter(
        ([key]) => !['stepStates', 'fencingToken', 'unreachedBaseline'].includes(key),
      ),
    ),
    schema: 1,
    stable: { version: 'v1', subset: 'v1', workload: 'w', image: 'i' },
    canary: { version: 'v2', subset: 'v2', workload: 'w', image: 'i' },
    reason: 'stable-lost',
    fence: 4,
    lost: null,
    journal: [
      { weight: 10, writtenAt: 1, clockStart: 2, margin: 0.01, outOfReach: false, seen: 'lower', end: null },
    ],
    history: [{ version: 'v1', subset: 'v1', workload: 'w', at: 1, releaseId: 'r', left: true }],
    made: ['v2'],
    tried: ['mirror'],
    restored: 1,
  }

  test('is read under the names of today, with the mark that it may only be ended', () => {
    expect(decodeState(JSON.stringify(old))).toMatchObject({
      schema: 2,
      begunUnder: 1,
      reason: 'stable-unavailable',
      fencingToken: 4,
      stepStates: [{ timerStart: 2, actualShare: 'lower' }],
      stable: { destination: 'v1' },
      canary: { destination: 'v2' },
      history: [{ destination: 'v1', rolledBack: true }],
      createdDestinations: ['v2'],
      completedPreTraffic: ['mirror'],
      driftRestores: 1,
    })
  })

  test('keeps the mark when it is written again', () => {
    const read = decodeState(JSON.stringify(old))
    expect(decodeState(encodeState({ ...read, fencingToken: 5 }))).toMatchObject({
      begunUnder: 1,
      fencingToken: 5,
    })
  })
})
