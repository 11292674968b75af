import { expect, test } from '@jest/globals'
import { isEarlierAttempt } from '../../src/rollout/lifecycle/succession.ts'

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
