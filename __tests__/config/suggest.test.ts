import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { options } from '../../src/config/options/options.ts'
import { nearest } from '../../src/config/suggest.ts'

const names = options.map((option) => option.name)
/** One letter from `comment` can be one letter from `commit`: between those two either is right. */
const farApart = names.filter((name) => name.length > 4 && name !== 'comment' && name !== 'commit')

describe('the nearest name', () => {
  test.each([
    ['intervall', 'interval'],
    ['stpes', 'steps'],
    ['name-space', 'namespace'],
    ['on-inconclusve', 'on-inconclusive'],
    ['prometheus_url', 'prometheus-url'],
    ['timeout', 'step-timeout'],
    ['banana', null],
    ['x', null],
  ])('%s → %s', (word, expected) => {
    expect(nearest(word, names)).toBe(expected)
  })

  test('a name with one letter changed, lost or added leads back to it', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...farApart),
        fc.nat(),
        fc.constantFrom('change', 'lose', 'add'),
        (name, place, what) => {
          const at = place % name.length
          const middle = what === 'lose' ? '' : what === 'change' ? 'z' : `${name[at]}z`
          const word = name.slice(0, at) + middle + name.slice(at + 1)
          expect(nearest(word, names)).toBe(name)
        },
      ),
    )
  })
})
