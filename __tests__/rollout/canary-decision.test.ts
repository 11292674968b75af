import { expect, test } from '@jest/globals'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { canaryReplicas } from '../../src/rollout/decision/capacity.ts'
import { decide, decideUrgent } from '../../src/rollout/decision/decide.ts'
import type { DecisionInput } from '../../src/rollout/decision/decision-input.ts'
import * as transitions from '../../src/rollout/state/transitions.ts'

const side = (version: string) => ({
  version,
  destination: version,
  workload: `my-api-${version}`,
  image: `ghcr.io/octo/my-api:${version}`,
})
const workload = {
  shape: 'per-version' as const,
  image: 'ghcr.io/octo/my-api:v2',
  source: 'my-api-v1',
  size: 'proportional' as const,
}
const state = {
  phase: 'preparing',
  reason: '',
  stable: side('v1'),
  canary: side('v2'),
  weight: 0,
  step: -1,
  stepStates: [],
  steps: [10, 50, 100],
  stableReady: 30,
  history: [],
  workload,
} as unknown as ReleaseState

const input = (phase: ReleaseState['phase'], more: Partial<DecisionInput> = {}): DecisionInput =>
  ({
    now: 1000,
    settings: { capacityCheck: 'wait' },
    state: { ...state, phase, reason: phase === 'cleaning' ? 'capacity' : '' },
    readiness: { ready: 0, pods: 0, desired: null, reasons: [] },
    lowSince: null,
    command: null,
    ...more,
  }) as DecisionInput

const by = (name: 'abort' | 'pause' | 'promote') => ({ command: { name, by: 'somebody' } })

test.each([
  ['what is not made is made first', 'preparing', {}, 'make-canary'],
  ['a promotion is no reason to leave it unmade', 'preparing', by('promote'), 'make-canary'],
  ['an abort ends it before', 'preparing', by('abort'), 'roll-back'],
  ['a pause holds it', 'preparing', by('pause'), 'pause'],
  ['what was made is removed by the rollback', 'cleaning', {}, 'roll-back'],
  ['no command turns that around', 'cleaning', by('promote'), 'roll-back'],
] as const)('%s', (_, phase, more, asked) => {
  expect(decideUrgent(input(phase, more))?.do).toBe(asked)
})

test('the rollback keeps its reason', () => {
  expect(decideUrgent(input('cleaning'))).toMatchObject({ do: 'roll-back', reason: 'capacity' })
})

test('a release that makes its canary ends only when that is removed, any other at once', () => {
  expect(transitions.movedBack(state, 'capacity', 5)).toMatchObject({ phase: 'cleaning', weight: 0 })
  const { workload: _, ...others } = state
  expect(transitions.movedBack(others, 'capacity', 5)).toMatchObject({ phase: 'rolled-back', endedAt: 5 })
})

test('resumed before its first step, a release asks anew whether its canary is all there', () => {
  const paused = transitions.paused(state, 'paused-by-command', 3)
  expect(transitions.resumed(paused, 60_000, 5).phase).toBe('preparing')
  expect(transitions.prepared(state, { image: 'app:v2', capacityTimeout: 60_000 }, 5)).toMatchObject({
    phase: 'pinned',
    deadline: 60_005,
    canary: { image: 'app:v2' },
  })
})

test.each([
  ['proportional', 10, 3],
  ['proportional', 1, 1],
  ['proportional', 100, 30],
  ['match', 10, 30],
  [5, 10, 5],
  [5, 50, 15],
  [50, 100, 50],
] as const)('canary-replicas %s is enough for %d%%: %d', (size, share, replicas) => {
  expect(canaryReplicas(size, share, 30)).toBe(replicas)
})

const pods = (desired: number, ready: number, more: Partial<DecisionInput['readiness']> = {}) => ({
  readiness: { ready, pods: desired, desired, reasons: [], ...more },
})
const pinned = (more: Partial<DecisionInput>) => {
  const all = input('pinned', more)
  return { ...all, state: { ...all.state, deadline: 5000 } }
}

test.each([
  ['more are made where the share needs them', pinned(pods(1, 1)), { do: 'scale-canary', replicas: 3 }],
  ['then they are waited for', pinned(pods(3, 1)), { do: 'wait-for-pods' }],
  ['then the share is given', pinned(pods(3, 3)), { do: 'shift', weight: 10 }],
  [
    'a promotion asks for all of them',
    pinned({ ...pods(3, 3), ...by('promote') }),
    { do: 'scale-canary', replicas: 30 },
  ],
  ['and is done when they are ready', pinned({ ...pods(30, 30), ...by('promote') }), { do: 'promote' }],
  [
    'an image that never came is named',
    { ...pinned(pods(3, 0, { imageMissing: true })), now: 5000 },
    { do: 'roll-back', reason: 'image-not-ready' },
  ],
  [
    'pods that never got ready are not',
    { ...pinned(pods(3, 0)), now: 5000 },
    { do: 'roll-back', reason: 'capacity' },
  ],
  [
    'a canary that others keep smaller is given up at the deadline',
    { ...pinned(pods(1, 1)), now: 5000 },
    { do: 'roll-back', reason: 'capacity' },
  ],
  [
    'a promotion asked for is given up there as well',
    { ...pinned({ ...pods(3, 0), ...by('promote') }), now: 5000 },
    { do: 'roll-back', reason: 'capacity' },
  ],
])('%s', (_, facts, decision) => {
  expect(decide(facts)).toMatchObject(decision)
})

test.each([
  ['pods that are lost', pods(15, 0), null, 'pods-lost'],
  [
    'proof against the canary',
    pods(15, 15),
    { verdict: { verdict: 'fail', reason: 'worse' } },
    'worse-than-stable',
  ],
] as const)(
  '%s come before the pods for a promotion that was asked for',
  (_, readiness, assessment, reason) => {
    const facts = input('observing', { ...readiness, ...by('promote') })
    const half = { ...facts, state: { ...facts.state, weight: 50 }, assessment } as unknown as DecisionInput
    expect(decide(half)).toMatchObject({ do: 'roll-back', reason })
  },
)

test('a canary that somebody else deployed is never scaled', () => {
  const facts = pinned(pods(1, 1))
  const { workload: _, ...others } = facts.state
  expect(decide({ ...facts, state: others })).toMatchObject({ do: 'wait-for-pods' })
})
