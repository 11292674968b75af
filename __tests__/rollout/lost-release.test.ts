import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { nameInState, nameOf, parseReleaseName } from '../../src/release/state/release-name.ts'
import { encodeState } from '../../src/release/state/state-codec.ts'
import { identifyLost } from '../../src/rollout/lifecycle/lost-release.ts'
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
