import { expect, test } from '@jest/globals'
import type { FailureCode } from '../../src/release/failure.ts'
import { Failure } from '../../src/release/failure.ts'
import { mayPass, mayPassForward } from '../../src/rollout/lifecycle/patience.ts'

const passing = (code: FailureCode, details = {}) => {
  const error = new Failure(code, 'odd', { details })
  return [mayPass(error), mayPassForward(error)]
}

test.each([
  ['no answer', 'unreachable', true, true],
  ['an answer that nothing can be read from', 'bad-answer', true, true],
  ['a login that was refused', 'unauthorized', true, true],
  ['a lost race', 'conflict', true, true],
  ['a webhook that says no: forward it is taken at its word', 'rejected', true, false],
  ['an object that is gone: forward it is taken at its word', 'not-found', true, false],
  ['routes that nobody can plan on', 'refused', false, false],
  ['a winner that was seen', 'superseded', false, false],
  ['a cancel', 'aborted', false, false],
] as const)('%s', (_, code, back, forward) => {
  expect(passing(code)).toEqual([back, forward])
})

test('a 403 is final only where the server confirmed that a permission is missing', () => {
  expect(passing('forbidden', { confirmed: false })).toEqual([true, true])
  expect(passing('forbidden', { confirmed: true })).toEqual([false, false])
  expect(mayPass(new Error('of our own'))).toBe(false)
})
