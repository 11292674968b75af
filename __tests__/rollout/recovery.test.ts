import { describe, expect, test } from '@jest/globals'
import { cancelReason, endedBy, leavesInFlight } from '../../src/rollout/lifecycle/recovery.ts'
import { release } from './release-state.ts'

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

describe('what became of a release that another process took', () => {
  const ours = release({ phase: 'observing', weight: 10, fencingToken: 1 })
  const other = { ...ours.canary, version: 'v3' }
  const newer = release({ id: 'my-api-v3-8', canary: other, fencingToken: 3, holder: 'them' })
  test.each([
    ['it was put back', { ...ours, phase: 'rolled-back', fencingToken: 2 }, 'failure'],
    ['it was, and its Deployment is removed', { ...ours, phase: 'cleaning', fencingToken: 2 }, 'failure'],
    ['it goes on', { ...ours, fencingToken: 2 }, undefined],
    ['it was promoted', { ...ours, phase: 'promoted', fencingToken: 2 }, undefined],
    ['another began from the same stable version', newer, 'superseded'],
    ['another began once ours was promoted', { ...newer, stable: ours.canary }, undefined],
    ['an older one stands there', { ...newer, fencingToken: 1 }, undefined],
  ] as const)('%s', (_, now, kind) => {
    expect(endedBy(ours, now, 'They took it.')?.kind).toBe(kind)
  })
})
