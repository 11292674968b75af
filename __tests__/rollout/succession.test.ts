import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { isEarlierAttempt, maySupersede, runOrder } from '../../src/rollout/lifecycle/succession.ts'
import { release } from './release-state.ts'

const run = 'https://github.com/example/shop/actions/runs/7'

test.each([
  ['the next attempt of the run', `${run}/attempts/2#9-b@host`, `${run}/attempts/1#8-a@host`, true],
  ['a later one', `${run}/attempts/10#9-b@host`, `${run}/attempts/9#8-a@host`, true],
  ['another job of the same attempt', `${run}/attempts/1#9-b@host`, `${run}/attempts/1#8-a@host`, false],
  ['an earlier attempt', `${run}/attempts/1#9-b@host`, `${run}/attempts/2#8-a@host`, false],
  ['another run', `${run}8/attempts/2#9-b@host`, `${run}/attempts/1#8-a@host`, false],
  ['a command line', 'laptop/9-b', `${run}/attempts/1#8-a@host`, false],
  ['nobody', `${run}/attempts/2#9-b@host`, '', false],
  ['garbage', `${run}/attempts/2#9-b@host`, `${run}/attempts/${'9'.repeat(30)}#x`, false],
])('%s', (_, ours, theirs, succeeds) => {
  expect(isEarlierAttempt(ours, theirs)).toBe(succeeds)
})

const shop = 'https://github.com/example/shop/actions/runs'
const held = (number: number, attempt = 1) => `${shop}/${number}/attempts/${attempt}#8-a@host`
const laptop = 'laptop/9-b'

describe('whether a run is newer than the one that began a release', () => {
  test.each([
    ['a later run', held(1002), { holder: held(1001), began: '1001' }, 'newer'],
    ['an earlier one', held(1000), { holder: held(1001), began: '1001' }, 'not-newer'],
    ['a longer number is a later one', held(10_000), { holder: held(9999), began: '9999' }, 'newer'],
    ['another job of the very attempt', held(1001), { holder: held(1001), began: '1001' }, 'not-newer'],
    ['the next attempt of it', held(1001, 2), { holder: held(1001), began: '1001' }, 'newer'],
    ['a late attempt of an earlier run', held(1000, 9), { holder: held(1001), began: '1001' }, 'not-newer'],
    ['a later run that only went on with it', held(1002), { holder: held(1003), began: '1001' }, 'newer'],
    ['a command line', laptop, { holder: held(1001), began: '1001' }, 'unknown'],
    ['a release of a command line', held(1001), { holder: laptop, began: '77ab' }, 'unknown'],
    [
      'another repository',
      held(1002),
      { holder: held(1001).replace('shop', 'other'), began: '1001' },
      'unknown',
    ],
    ['an id that tells no run', held(1002), { holder: held(1001), began: '9'.repeat(30) }, 'unknown'],
  ] as const)('%s', (_, ours, theirs, order) => {
    expect(runOrder(ours, theirs)).toBe(order)
  })

  test('of two runs of one repository at most one may supersede the other, whatever their attempts', () => {
    const run = fc.record({
      number: fc.integer({ min: 1, max: 40 }),
      attempt: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(run, run, (a, b) => {
        const order = (ours: typeof a, theirs: typeof a) =>
          runOrder(held(ours.number, ours.attempt), {
            holder: held(theirs.number, theirs.attempt),
            began: `${theirs.number}`,
          })
        expect([order(a, b), order(b, a)]).not.toEqual(['newer', 'newer'])
        expect([order(a, b), order(b, a)]).not.toContain('unknown')
      }),
    )
  })
})

describe('whether the release in flight gives way', () => {
  const v2 = { id: 'my-api-v2-1001', canary: release().canary, holder: held(1001) }
  const ours = (holder: string, changes: object = {}) => ({
    holder,
    version: 'v3',
    service: 'my-api',
    foundIt: true,
    ...changes,
  })
  test.each([
    ['to a newer run', ours(held(1002)), v2, true],
    ['not to an older one', ours(held(1000)), v2, false],
    ['to a newer run that looked before it began', ours(held(1002), { foundIt: false }), v2, true],
    ['to a command line that found it', ours(laptop), v2, true],
    ['not to one that looked before it began', ours(laptop, { foundIt: false }), v2, false],
    ['not to a version that gave way to it', ours(laptop), { ...v2, superseded: ['v9', 'v3'] }, false],
    ['to a newer run of such a version', ours(held(1002)), { ...v2, superseded: ['v3'] }, true],
    ['to a version that another one gave way to', ours(laptop), { ...v2, superseded: ['v1'] }, true],
  ])('%s', (_, run, state, may) => {
    expect(maySupersede(run, state)).toBe(may)
  })
})
