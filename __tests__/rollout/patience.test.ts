import { expect, test } from '@jest/globals'
import type { FailureCode } from '../../src/release/failure.ts'
import { Failure } from '../../src/release/failure.ts'
import { forwardPatience, mayPass } from '../../src/rollout/lifecycle/patience.ts'

const passing = (code: FailureCode, details = {}) => {
  const error = new Failure(code, 'odd', { details })
  return [mayPass(error), forwardPatience(error, 60_000)]
}

test.each([
  ['no answer', 'unreachable', true, 60_000],
  ['an answer that nothing can be read from', 'bad-answer', true, 60_000],
  ['a login that was refused', 'unauthorized', true, 60_000],
  ['a lost race', 'conflict', true, 60_000],
  ['a webhook that says no: forward it is tried for a moment only', 'rejected', true, 10_000],
  ['an object that is gone: forward it is tried for a moment only', 'not-found', true, 10_000],
  ['routes that nobody can plan on', 'refused', false, 0],
  ['a winner that was seen', 'superseded', false, 0],
  ['a cancel', 'aborted', false, 0],
] as const)('%s', (_, code, back, forward) => {
  expect(passing(code)).toEqual([back, forward])
})

test('a 403 is final only where the server confirmed that a permission is missing', () => {
  expect(passing('forbidden', { confirmed: false })).toEqual([true, 60_000])
  expect(passing('forbidden', { confirmed: true })).toEqual([false, 0])
  expect(mayPass(new Error('of our own'))).toBe(false)
})
