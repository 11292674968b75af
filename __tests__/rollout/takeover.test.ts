import { expect, test } from '@jest/globals'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { sidesOf, takeoverOf } from '../../src/release/state/takeover.ts'
import { decide, decideUrgent } from '../../src/rollout/decision/decide.ts'
import type { DecisionInput } from '../../src/rollout/decision/decision-input.ts'
import * as takeovers from '../../src/rollout/state/takeover-transitions.ts'
import * as transitions from '../../src/rollout/state/transitions.ts'

const host = (name: string) => `${name}.shop.svc.cluster.local`
const stable = { version: 'v1', destination: 'v1', workload: 'my-api', image: 'a:v1', host: host('my-api') }
const canary = {
  version: 'v2',
  destination: 'v2',
  workload: 'my-api-canary',
  image: 'a:v2',
  host: host('my-api-canary'),
}
const state = {
  phase: 'observing',
  reason: '',
  stable,
  canary,
  weight: 100,
  step: 2,
  steps: [10, 50, 100],
  stepStates: [{ weight: 100, end: null }],
  source: { reporter: 'source', label: 'destination_workload', canary: 'my-api-canary', stable: 'my-api' },
  stableReady: 3,
  startedAt: 0,
  history: [],
  workload: {
    shape: 'in-place',
    image: 'a:v2',
    source: 'my-api',
    size: 'proportional',
    inPlace: { service: 'my-api-canary', changed: {}, before: 'my-api=a:v1', stable },
  },
} as unknown as ReleaseState
const taken = takeovers.takingOver(
  state,
  { reason: 'all-steps-passed', steps: [50, 100], restore: { v: 1 }, capacityTimeout: 60_000 },
  5000,
)

test('before its last pass a release knows both Deployments, and a rollback ends it', () => {
  expect(takeoverOf(state)).toBeNull()
  expect(sidesOf(state)).toEqual({
    versions: { 'my-api': 'v1', 'my-api-canary': 'v2' },
    service: 'my-api-canary',
    replacing: null,
  })
  expect(transitions.movedBack(state, 'worse-than-stable', 9)).toMatchObject({ phase: 'cleaning', weight: 0 })
})

test('after it the sides are turned: a rollback returns to the canary', () => {
  expect(taken).toMatchObject({
    phase: 'preparing',
    stable: { version: 'v2-canary', workload: 'my-api-canary', host: host('my-api-canary') },
    canary: { version: 'v2', workload: 'my-api', host: host('my-api'), image: 'a:v2' },
    source: { canary: 'my-api', stable: 'my-api-canary' },
    weight: 0,
    step: -1,
    steps: [50, 100],
    stepStates: [],
    deadline: 65_000,
  })
  expect(sidesOf(taken)).toEqual({
    versions: { 'my-api': 'v2', 'my-api-canary': 'v2-canary' },
    service: 'my-api-canary',
    replacing: { workload: 'my-api', image: 'a:v2' },
  })
})

test('every rollback then leaves the release in flight, on the canary', () => {
  for (const reason of ['takeover-failed', 'cancelled', 'aborted-by-command', 'watchdog'] as const)
    expect(transitions.movedBack(taken, reason, 9)).toMatchObject({ phase: 'paused', reason, weight: 0 })
})

test('gone on with, it asks for the image and begins its shares anew', () => {
  const tried = {
    ...transitions.movedBack(taken, 'takeover-failed', 9),
    step: 0,
    stepStates: [{ weight: 50 }] as never,
  }
  expect(transitions.resumed(tried, 60_000, 10)).toMatchObject({
    phase: 'preparing',
    step: -1,
    stepStates: [],
  })
})

test('promoted, its versions are those that its users know', () => {
  const done = takeovers.promotedInPlace({ ...taken, weight: 100 }, 20)
  expect(done).toMatchObject({
    phase: 'promoted',
    reason: 'all-steps-passed',
    stable: { version: 'v1' },
    weight: 100,
  })
  expect(done.history.map(({ version, workload }) => `${version} ${workload}`)).toEqual([
    'v2 my-api',
    'v1 my-api',
  ])
  expect(sidesOf(done)).toEqual({ versions: { 'my-api': 'v2' }, service: null, replacing: null })
  expect(takeoverOf(done)).toBeNull()
})

test('what takes over gets its image first, is never scaled, and gives up by its deadline', () => {
  const input = (phase: ReleaseState['phase'], now: number) =>
    ({
      now,
      settings: { capacityCheck: 'wait', onInconclusive: 'rollback' },
      state: { ...taken, phase },
      readiness: { ready: 0, pods: 1, desired: 1, reasons: [] },
      lowSince: null,
      command: null,
    }) as unknown as DecisionInput
  expect(decideUrgent(input('preparing', 6000))).toEqual({ do: 'make-canary' })
  expect(decide(input('pinned', 6000))).toMatchObject({ do: 'wait-for-pods' })
  expect(decide(input('pinned', 65_000))).toMatchObject({ do: 'roll-back', reason: 'capacity' })
})
