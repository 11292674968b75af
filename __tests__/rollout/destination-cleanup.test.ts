import { describe, expect, test } from '@jest/globals'
import type { Promotion } from '../../src/release/state/state.ts'
import { createdDestinations, unneededDestinations } from '../../src/rollout/actions/destination-cleanup.ts'
import { release } from './release-state.ts'

const served = (version: string, left = false): Promotion => ({
  version,
  destination: version,
  workload: `my-api-${version}`,
  at: 0,
  releaseId: '',
  ...(left ? { rolledBack: true } : {}),
})

const side = (version: string) => ({ version, destination: version, workload: 'w', image: 'i' })

describe('which destinations are no longer needed', () => {
  test.each([
    { name: 'the one before the one before', made: ['v2', 'v3', 'v4'], gone: ['v2'] },
    { name: 'none that we did not make', made: [], gone: [] },
    { name: 'more stay where that is asked', made: ['v2', 'v3', 'v4'], retain: 2, gone: [] },
    { name: 'a canary that was rolled back', made: ['bad', 'v3', 'v4'], gone: ['bad'] },
  ])('$name', ({ made, gone, retain }) => {
    const state = release({
      phase: 'promoted',
      canary: side('v4'),
      stable: side('v3'),
      history: ['v4', 'v3', 'v2', 'v1'].map((version) => served(version)),
      createdDestinations: made,
    })
    expect(unneededDestinations(state, retain)).toEqual(gone)
  })

  test('a version that a rollback left does not hold the place of one to return to', () => {
    const history = [served('v4'), served('v3', true), served('v2')]
    const state = release({
      canary: side('v4'),
      stable: side('v2'),
      history,
      createdDestinations: ['v2', 'v3', 'v4'],
    })
    expect(unneededDestinations(state)).toEqual(['v3'])
  })

  test('what is made is remembered while it exists', () => {
    const destinations = ['v1', 'v3']
    expect(createdDestinations(['v2', 'v3'], { destinations }, ['v4'])).toEqual(['v3', 'v4'])
  })
})
