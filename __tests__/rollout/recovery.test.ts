import { describe, expect, test } from '@jest/globals'
import { cancelReason, leavesInFlight } from '../../src/rollout/lifecycle/recovery.ts'

describe('a release whose run is cancelled', () => {
  test.each([
    ['ignore', 'observing', true],
    ['ignore', 'settling', true],
    ['ignore', 'rolling-back', false],
    ['pause', 'observing', false],
    ['rollback', 'observing', false],
  ] as const)('on-cancel: %s while %s: left as it is: %s', (onCancel, phase, left) => {
    expect(leavesInFlight({ onCancel }, { phase })).toBe(left)
  })

  test.each([
    ['rolling-back', 'worse-than-stable', 'worse-than-stable'],
    ['rolling-back', 'not a reason', 'cancelled'],
    ['observing', '', 'cancelled'],
    ['paused', 'stable-unavailable', 'cancelled'],
  ] as const)('%s for "%s" ends for the reason %s', (phase, reason, expected) => {
    expect(cancelReason({ phase, reason })).toBe(expected)
  })
})
