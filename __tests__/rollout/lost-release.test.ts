import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { nameInState, nameOf, parseReleaseName } from '../../src/release/state/release-name.ts'
import { encodeState } from '../../src/release/state/state-codec.ts'
import { contradiction, hidesLost, identifyLost } from '../../src/rollout/lifecycle/lost-release.ts'
import { release } from './release-state.ts'

const state = (id: string, phase: 'observing' | 'promoted' = 'observing') => release({ id, phase })
const named = (id: string, ended?: 'promoted') => JSON.stringify(nameOf(state(id), ended))
const part = (id: string) =>
  JSON.stringify({ ...nameOf(state(id)), weight: 20, home: 'VirtualService shop/a' })
/** A state that can't be read: one field is forged. */
const forged = (id: string, phase?: 'promoted') =>
  JSON.stringify({ ...state(id, phase), weight: 1e308, stepStates: null })

const traces = ({
  text,
  parts = [],
  lease = null,
}: {
  text?: string
  parts?: string[]
  lease?: string | null
}) => ({
  unreadable: text === undefined ? null : { text, home: '', failure: new Error() as never },
  parts,
  lease,
})

describe('which release it was whose state is lost', () => {
  test.each([
    ['nothing is left', traces({}), null],
    [
      'what can be read of its state comes first',
      traces({ text: forged('a'), parts: [part('b')], lease: named('c') }),
      'a',
    ],
    ['then a part', traces({ text: '{', parts: ['{', part('b')], lease: named('c') }), 'b'],
    ['then the Lease', traces({ lease: named('c') }), 'c'],
    ['a state that has ended names none', traces({ text: forged('a', 'promoted'), lease: named('a') }), null],
    ['a Lease that says promoted names none', traces({ lease: named('a', 'promoted') }), null],
    ['nor does a part of that release', traces({ parts: [part('a')], lease: named('a', 'promoted') }), null],
    [
      'but another release is none of the promoted one',
      traces({ parts: [part('b')], lease: named('a', 'promoted') }),
      'b',
    ],
    ['a Lease that names a release by its id alone names no sides', traces({ lease: '"a"' }), null],
  ])('%s', (_, given, id) => {
    expect(identifyLost(given)?.id ?? null).toBe(id)
  })

  test.each([
    ['the Lease names another one, which has traffic', state('a', 'promoted'), [], named('b'), 0.2, 'b'],
    ['a part does, and the traffic is divided', state('a', 'promoted'), [part('b')], null, 0.2, 'b'],
    ['a part that is left over, of what serves by now', state('a', 'promoted'), [part('b')], null, 1, null],
    ['the other one has no traffic', state('a', 'promoted'), [part('b')], named('b'), 0, null],
    ['the other one was promoted', state('a', 'promoted'), [], named('b', 'promoted'), 1, null],
    ['its own Lease still names it', state('a', 'promoted'), [part('a')], named('a'), 1, null],
    [
      'its own name was given again, later',
      { ...state('a', 'promoted'), fencingToken: 0 },
      [],
      named('a'),
      0.2,
      'a',
    ],
    ['it is in flight', state('a'), [part('b')], named('b'), 0.2, null],
  ])('a state hides a lost release: %s', (_, found, parts, lease, share, id) => {
    expect(hidesLost(found, { parts, lease }, () => share)?.id ?? null).toBe(id)
  })

  test.each([
    [
      'an earlier version serves',
      null,
      [
        ['v1', 0.8],
        ['v2', 0.2],
      ],
      true,
    ],
    ['nothing but the canary serves', null, [['v2', 1]], false],
    [
      'who serves is not known',
      null,
      [
        [null, 0.8],
        ['v2', 0.2],
      ],
      false,
    ],
    [
      'the other one has nothing',
      null,
      [
        ['v1', 0],
        ['v2', 1],
      ],
      false,
    ],
    [
      'it names one',
      release().stable,
      [
        ['v1', 0.8],
        ['v2', 0.2],
      ],
      false,
    ],
  ] as const)('a state that names no earlier version is denied: %s', (_, stable, shares, isDenied) => {
    const serving = shares.map(([version, share]) => ({ version, share, destination: version, named: true }))
    expect(
      contradiction(
        { ...release({ canary: { ...release().canary, version: 'v2' } }), stable },
        serving as never,
      ) !== null,
    ).toBe(isDenied)
  })

  test('any text is read without a throw', () => {
    const fields = Object.keys(release())
    const texts = fc.oneof(
      fc.string(),
      fc.json(),
      fc
        .tuple(fc.constantFrom(...fields), fc.jsonValue())
        .map(([field, value]) => JSON.stringify({ ...release(), [field]: value })),
      fc.nat(2000).map((length) => encodeState(release()).slice(0, length)),
    )
    fc.assert(
      fc.property(texts, (text) => {
        const { id } = nameInState(text)?.name ?? parseReleaseName(text) ?? { id: '' }
        expect(typeof id).toBe('string')
        expect(identifyLost(traces({ text, parts: [text], lease: text }))?.id ?? '').toEqual(
          expect.any(String),
        )
      }),
    )
  })
})
