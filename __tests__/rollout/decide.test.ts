import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { DecisionCause } from '../../src/release/outcome/cause.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import type { Verdict } from '../../src/release/verdict.ts'
import { decide } from '../../src/rollout/decision/decide.ts'
import type { Decision, DecisionInput } from '../../src/rollout/decision/decision-input.ts'
import { entry, release, settings, verdict } from './release-state.ts'

const ready = { ready: 3, pods: 3, desired: 3, reasons: [] }

function view(changes: Partial<DecisionInput> = {}): DecisionInput {
  const state = changes.state ?? release()
  return {
    now: state.startedAt + 300_000,
    settings,
    state,
    readiness: ready,
    lowSince: null,
    routedShare: { min: state.weight / 100, max: state.weight / 100 },
    command: null,
    assessment: null,
    settled: null,
    excessShare: null,
    outage: null,
    ...changes,
  }
}

const reported = (answer: Verdict | null, guard: Verdict | null = null) => ({
  polls: [],
  verdicts: [],
  gates: [],
  blind: false,
  verdict: answer,
  guard,
  rate: 10,
  t: 300,
})

/** The same with requests of the canary in the step in force. */
const counted = (answer: Verdict) => ({
  ...reported(answer),
  polls: [
    { t: 60, step: 1, canary: { total: 0, bad: 0 }, stable: { total: 900, bad: 0 } },
    { t: 300, step: 1, canary: { total: 500, bad: 0 }, stable: { total: 900, bad: 0 } },
  ],
})

/** A cause that names the pods that are needed. */
const needing = (needed: number) => expect.objectContaining({ needed }) as unknown as DecisionCause

const promotion = { name: 'promote', by: 'somebody' } as const

const at = (weight: number, step: number, changes: Partial<ReleaseState> = {}) =>
  release({ phase: 'observing', step, weight, stepStates: [entry({ weight })], ...changes })

describe('what a release does next', () => {
  const cases: { name: string; view: DecisionInput; expected: Partial<Decision> }[] = [
    {
      name: 'pinned and ready: the first step',
      view: view(),
      expected: { do: 'shift', step: 0, weight: 10 },
    },
    {
      name: 'pinned, no pod ready: it waits and says for what',
      view: view({ readiness: { ...ready, ready: 0, reasons: [{ reason: 'ImagePullBackOff', count: 3 }] } }),
      expected: { do: 'wait-for-pods', cause: needing(1) },
    },
    {
      name: 'pinned, pods never came: everything stays on stable',
      view: view({ readiness: { ...ready, ready: 0 }, now: 1_600_000 }),
      expected: { do: 'roll-back', reason: 'capacity' },
    },
    {
      name: 'capacity-check off moves traffic to too few pods, but never to none',
      view: view({ readiness: { ...ready, ready: 0 }, settings: { ...settings, capacityCheck: 'off' } }),
      expected: { do: 'wait-for-pods' },
    },
    {
      name: 'half written: it is completed before anything else is judged',
      view: view({ state: at(0, 0, { phase: 'shifting' }) }),
      expected: { do: 'complete-shift' },
    },
    {
      name: 'a promotion on request waits for its pods, and says so',
      view: view({ state: at(10, 0), readiness: { ...ready, ready: 2 }, command: promotion }),
      expected: { do: 'wait-for-pods', cause: needing(3) },
    },
    {
      name: 'a promotion that waits for pods does not hide that all of them are lost',
      view: view({ state: at(10, 0), readiness: { ...ready, ready: 0 }, command: promotion }),
      expected: { do: 'roll-back', reason: 'pods-lost' },
    },
    {
      name: 'nor a proof',
      view: view({
        state: at(10, 0),
        readiness: { ...ready, ready: 2 },
        command: promotion,
        assessment: reported(verdict({ verdict: 'fail', reason: 'worse-than-stable' })),
      }),
      expected: { do: 'roll-back', reason: 'worse-than-stable' },
    },
    {
      name: 'a rollback that has begun is finished, whatever is ordered meanwhile',
      view: view({ state: at(10, 0, { phase: 'rolling-back', reason: 'pods-lost' }), command: promotion }),
      expected: { do: 'roll-back', reason: 'pods-lost' },
    },
    {
      name: 'neither has pods: how much can go back is decided when it is moved',
      view: view({ state: at(10, 0), stableReady: 0, readiness: { ...ready, ready: 0 } }),
      expected: { do: 'roll-back', reason: 'pods-lost' },
    },
    {
      name: 'half written, and the pods are gone: back, not on',
      view: view({ state: at(0, 0, { phase: 'shifting' }), readiness: { ...ready, ready: 0 } }),
      expected: { do: 'roll-back', reason: 'pods-lost' },
    },
    {
      name: 'capacity-check warn goes on with too few pods, and says so',
      view: view({
        state: release({ steps: [50, 100] }),
        readiness: { ...ready, ready: 1 },
        settings: { ...settings, capacityCheck: 'warn' },
      }),
      expected: {
        do: 'shift',
        short: { kind: 'step-capacity', weight: 50, needed: 2, ready: 1, reasons: [] },
      },
    },
    {
      name: 'settling: it waits for the data plane',
      view: view({ state: at(10, 0, { phase: 'settling' }), settled: { state: 'waiting' } }),
      expected: { do: 'wait' },
    },
    {
      name: 'settled: the clock starts',
      view: view({
        state: at(10, 0, { phase: 'settling' }),
        settled: { state: 'done', seen: 'as-asked', observed: { canary: 10, total: 100 } },
      }),
      expected: { do: 'start-timer', seen: 'as-asked' },
    },
    {
      name: 'more than asked reaches the canary: back',
      view: view({
        state: at(10, 0, { phase: 'settling' }),
        settled: { state: 'exceeded', observed: { canary: 33, total: 100 } },
      }),
      expected: { do: 'roll-back', reason: 'share-exceeded' },
    },
    {
      name: 'more than asked shows only while the step is watched: back',
      view: view({
        state: at(10, 0),
        excessShare: { canary: 33, total: 100 },
        assessment: reported(verdict({ verdict: 'pass', reason: 'not-worse' })),
      }),
      expected: { do: 'roll-back', reason: 'share-exceeded' },
    },
    {
      name: 'passed: the next step',
      view: view({
        state: at(10, 0),
        assessment: reported(verdict({ verdict: 'pass', reason: 'not-worse' })),
      }),
      expected: { do: 'shift', step: 1, weight: 50 },
    },
    {
      name: 'passed, too few pods for the next step: it waits',
      view: view({
        state: at(10, 0),
        readiness: { ...ready, ready: 1 },
        assessment: reported(verdict({ verdict: 'pass', reason: 'not-worse' })),
      }),
      expected: { do: 'wait-for-pods', cause: needing(2) },
    },
    {
      name: 'worse: back',
      view: view({
        state: at(10, 0),
        assessment: reported(verdict({ verdict: 'fail', reason: 'worse-than-stable' })),
      }),
      expected: { do: 'roll-back', reason: 'worse-than-stable' },
    },
    {
      name: 'requests reach nobody: back',
      view: view({ state: at(10, 0), assessment: reported(verdict(), verdict({ verdict: 'fail' })) }),
      expected: { do: 'roll-back', reason: 'requests-lost' },
    },
    {
      name: 'no pod left: back, whatever the verdict says',
      view: view({
        state: at(10, 0),
        readiness: { ...ready, ready: 0, reasons: [{ reason: 'CrashLoopBackOff', count: 3 }] },
        assessment: reported(verdict({ verdict: 'pass', reason: 'not-worse' })),
      }),
      expected: { do: 'roll-back', reason: 'pods-lost' },
    },
    {
      name: 'fewer than half of the pods for less than 30 s: it waits',
      view: view({
        state: at(50, 1, { stableReady: 6 }),
        readiness: { ...ready, ready: 1 },
        lowSince: 1_280_000,
      }),
      expected: { do: 'wait' },
    },
    {
      name: 'fewer than half of the pods for 30 s: back',
      view: view({
        state: at(50, 1, { stableReady: 6 }),
        readiness: { ...ready, ready: 1 },
        lowSince: 1_270_000,
      }),
      expected: { do: 'roll-back', reason: 'pods-lost' },
    },
    {
      name: 'somebody moved the routes: it holds and overwrites nothing',
      view: view({ state: at(10, 0), routedShare: { min: 0.1, max: 0.4 } }),
      expected: { do: 'pause', reason: 'drift' },
    },
    {
      name: 'too little evidence goes back by default',
      view: view({
        state: at(10, 0),
        assessment: reported(verdict({ verdict: 'inconclusive', reason: 'too-little-evidence' })),
      }),
      expected: { do: 'roll-back', reason: 'too-little-evidence' },
    },
    {
      name: 'too little evidence is waved through where that was asked for',
      view: view({
        state: at(10, 0),
        settings: { ...settings, onInconclusive: 'promote' },
        assessment: reported(verdict({ verdict: 'inconclusive', reason: 'too-little-evidence' })),
      }),
      expected: { do: 'shift', step: 1 },
    },
    ...(['suspicious', 'no-data', 'shared-degradation'] as const).map((reason) => ({
      name: `${reason} is never waved through`,
      view: view({
        state: at(10, 0),
        settings: { ...settings, onInconclusive: 'promote' as const },
        assessment: reported(verdict({ verdict: 'inconclusive', reason })),
      }),
      expected: { do: 'roll-back' as const, reason },
    })),
    {
      name: 'inconclusive holds where that was asked for',
      view: view({
        state: at(10, 0),
        settings: { ...settings, onInconclusive: 'hold' },
        assessment: reported(verdict({ verdict: 'inconclusive', reason: 'no-data' })),
      }),
      expected: { do: 'pause', reason: 'no-data' },
    },
    {
      name: 'at 100 a pass promotes',
      view: view({
        state: at(100, 2),
        assessment: reported(verdict({ verdict: 'pass', reason: 'not-worse' })),
      }),
      expected: { do: 'promote', reason: 'all-steps-passed' },
    },
    {
      name: 'at 100 the end of its time promotes on requests without suspicion, and says that it is no proof',
      view: view({ state: at(100, 2), assessment: counted(verdict()) }),
      expected: { do: 'promote', reason: 'promoted-unproven' },
    },
    {
      name: 'at 100 silence waits for the longest time of a step',
      view: view({ state: at(100, 2), assessment: reported(verdict({ reason: 'no-traffic' })) }),
      expected: { do: 'wait', why: 'no-traffic' },
    },
    {
      name: 'at 100 silence to the end ends paused',
      view: view({ state: at(100, 2), assessment: { ...reported(verdict()), t: 960 } }),
      expected: { do: 'pause', reason: 'no-traffic' },
    },
    {
      name: 'at 100 silence to the end is waved through where that was asked for',
      view: view({
        state: at(100, 2),
        settings: { ...settings, onInconclusive: 'promote' },
        assessment: { ...reported(verdict()), t: 960 },
      }),
      expected: { do: 'promote', reason: 'promoted-unproven' },
    },
    ...([false, true] as const).flatMap((initial) =>
      (
        [{ blind: true }, { outage: { reason: 'metrics-outage' as const, sentence: 'no answer' } }] as const
      ).map((how) => ({
        name: `at 100 a last poll that shows nothing ends ${initial ? 'a first version' : 'a release'} paused (${Object.keys(how)})`,
        view: view({
          state: at(100, initial ? 0 : 2, initial ? { stable: null, steps: [100] } : {}),
          routedShare: initial ? null : { min: 1, max: 1 },
          settings: { ...settings, onInconclusive: 'promote' as const },
          assessment: { ...counted(verdict({ verdict: 'pass', reason: 'not-worse' })), t: 960, ...how },
          ...how,
        } as Partial<DecisionInput>),
        expected: {
          do: 'pause' as const,
          reason: 'outage' in how ? how.outage.reason : ('no-data' as const),
        },
      })),
    ),
    {
      name: 'a pass whose last poll shows nothing waits for the next one',
      view: view({
        state: at(10, 0),
        assessment: { ...counted(verdict({ verdict: 'pass', reason: 'not-worse' })), blind: true },
      }),
      expected: { do: 'wait', why: 'no-data' },
    },
    {
      name: 'blind at the end of its time is never too little evidence',
      view: view({
        state: at(10, 0),
        settings: { ...settings, onInconclusive: 'promote' },
        assessment: reported(verdict({ verdict: 'inconclusive', reason: 'too-little-evidence' })),
        outage: { reason: 'metrics-partial', sentence: 'pod v2-x is missing' },
      }),
      expected: {
        do: 'roll-back',
        reason: 'metrics-partial',
        cause: { kind: 'failure', sentence: 'pod v2-x is missing' },
      },
    },
    {
      name: 'blind by a gate that could not be asked it ends with what that gate was answered',
      view: view({
        state: at(10, 0),
        assessment: { ...reported(verdict()), blind: true, t: 960 },
        gateOutage: { reason: 'metrics-partial', sentence: 'half of it is missing', gate: 'slow' },
      }),
      expected: {
        do: 'roll-back',
        reason: 'metrics-partial',
        cause: { kind: 'gate-failure', gate: 'slow', sentence: 'half of it is missing' },
      },
    },
    {
      name: 'a gate that could not be asked withholds nothing where nothing is missing',
      view: view({
        state: at(10, 0),
        assessment: reported(verdict({ verdict: 'inconclusive', reason: 'too-little-evidence' })),
        gateOutage: { reason: 'metrics-partial', sentence: 'half of it is missing', gate: 'slow' },
      }),
      expected: { do: 'roll-back', reason: 'too-little-evidence' },
    },
    {
      name: 'blind beyond the longest time of a step ends it, whatever the engine waits for',
      view: view({ state: at(10, 0), assessment: { ...reported(verdict()), blind: true, t: 960 } }),
      expected: { do: 'roll-back', reason: 'no-data' },
    },
    {
      name: 'at 100 suspicion extends',
      view: view({ state: at(100, 2), assessment: reported(verdict({ reason: 'suspicious' })) }),
      expected: { do: 'wait', why: 'suspicious' },
    },
    {
      name: 'at 100 suspicion to the end goes back',
      view: view({
        state: at(100, 2),
        assessment: { ...reported(verdict({ verdict: 'inconclusive', reason: 'suspicious' })), t: 960 },
      }),
      expected: { do: 'roll-back', reason: 'suspicious' },
    },
    {
      name: 'at 100 without data nothing goes back: it ends paused there',
      view: view({
        state: at(100, 2),
        assessment: { ...reported(verdict({ verdict: 'inconclusive', reason: 'no-data' })), t: 960 },
      }),
      expected: { do: 'pause', reason: 'no-data' },
    },
    {
      name: 'the first version of a service is bad: nothing to return to, a person must act',
      view: view({
        state: at(100, 0, { stable: null, steps: [100] }),
        routedShare: null,
        assessment: reported(verdict({ verdict: 'fail', reason: 'worse-than-stable' })),
      }),
      expected: { do: 'stop-unsafe', reason: 'initial-version-failed' },
    },
    {
      name: 'the first version of a service is good',
      view: view({
        state: at(100, 0, { stable: null, steps: [100] }),
        routedShare: null,
        assessment: counted(verdict()),
      }),
      expected: { do: 'promote', reason: 'initialized' },
    },
    {
      name: 'the first version of a service without any traffic is initialized while the source answers',
      view: view({
        state: at(100, 0, { stable: null, steps: [100] }),
        routedShare: null,
        assessment: { ...reported(verdict()), t: 960 },
      }),
      expected: { do: 'promote', reason: 'initialized' },
    },
    {
      name: 'abort goes before everything',
      view: view({
        state: at(10, 0),
        command: { name: 'abort', by: 'run 9' },
        assessment: reported(verdict({ verdict: 'pass', reason: 'not-worse' })),
      }),
      expected: { do: 'roll-back', reason: 'aborted-by-command' },
    },
    {
      name: 'a newer release goes before everything too',
      view: view({
        state: at(100, 2),
        command: { name: 'supersede', by: 'v3 (run 9)' },
        assessment: reported(verdict({ verdict: 'pass', reason: 'not-worse' })),
      }),
      expected: {
        do: 'roll-back',
        reason: 'superseded',
        cause: { kind: 'command', command: 'supersede', by: 'v3 (run 9)' },
      },
    },
    {
      name: 'what goes back already keeps its own reason',
      view: view({
        state: at(10, 0, { phase: 'rolling-back', reason: 'worse-than-stable' }),
        command: { name: 'supersede', by: 'v3 (run 9)' },
      }),
      expected: { do: 'roll-back', reason: 'worse-than-stable' },
    },
    {
      name: 'a first version gives way to nobody',
      view: view({
        state: at(100, 0, { stable: null, steps: [100] }),
        routedShare: null,
        command: { name: 'supersede', by: 'v3 (run 9)' },
      }),
      expected: { do: 'wait' },
    },
    {
      name: 'pause holds where it is',
      view: view({ state: at(10, 0), command: { name: 'pause', by: 'run 9' } }),
      expected: { do: 'pause', reason: 'paused-by-command' },
    },
    {
      name: 'promote on request still waits for the pods',
      view: view({
        state: at(10, 0),
        readiness: { ...ready, ready: 1 },
        command: { name: 'promote', by: 'run 9' },
      }),
      expected: { do: 'wait-for-pods', cause: needing(3) },
    },
  ]
  test.each(cases)('$name', ({ view: given, expected }) => {
    expect(decide(given)).toMatchObject(expected)
  })
})

const kinds = ['pass', 'fail', 'continue', 'hold', 'inconclusive'] as const
const whys = [
  'not-worse',
  'worse-than-stable',
  'no-data',
  'no-traffic',
  'shared-degradation',
  'suspicious',
  'too-little-evidence',
  'min-duration',
  'collecting',
] as const
const policies = ['hold', 'rollback', 'promote'] as const

const anyView = fc
  .record({
    weight: fc.constantFrom(0, 10, 50, 100),
    phase: fc.constantFrom('pinned', 'settling', 'observing') as fc.Arbitrary<
      'pinned' | 'settling' | 'observing'
    >,
    kind: fc.constantFrom(...kinds),
    why: fc.constantFrom(...whys),
    policy: fc.constantFrom(...policies),
    pods: fc.integer({ min: 0, max: 6 }),
    seconds: fc.integer({ min: 0, max: 4000 }),
    drift: fc.double({ min: 0, max: 1, noNaN: true }),
    judged: fc.boolean(),
    blind: fc.boolean(),
    outage: fc.boolean(),
    requests: fc.boolean(),
    capacity: fc.constantFrom('wait', 'warn', 'off') as fc.Arbitrary<'wait' | 'warn' | 'off'>,
  })
  .map((made) => {
    const weight = made.phase === 'pinned' ? 0 : Math.max(10, made.weight)
    const step = [10, 50, 100].indexOf(weight)
    const state = release({
      phase: made.phase,
      weight,
      step,
      stepStates:
        weight === 0 ? [] : [entry({ weight, timerStart: made.phase === 'settling' ? null : 1_060_000 })],
    })
    return view({
      state,
      now: state.startedAt + 60_000 + made.seconds * 1000,
      settings: { ...settings, onInconclusive: made.policy, capacityCheck: made.capacity },
      readiness: { ...ready, ready: made.pods },
      routedShare: { min: weight / 100, max: made.drift < 0.2 ? made.drift : weight / 100 },
      assessment: made.judged
        ? {
            ...(made.requests ? counted : reported)(verdict({ verdict: made.kind, reason: made.why })),
            blind: made.blind,
            t: 60 + made.seconds,
          }
        : null,
      outage: made.outage ? { reason: 'metrics-outage', sentence: null } : null,
      settled: made.phase === 'settling' ? { state: 'waiting' } : null,
    })
  })

describe('what must never happen', () => {
  test('the share grows only after a pass, or too little evidence with leave to promote', () => {
    fc.assert(
      fc.property(anyView, (given) => {
        const decision = decide(given)
        if (decision.do !== 'shift' || given.state.weight === 0) return
        const answer = given.assessment?.verdict
        const waved =
          given.settings.onInconclusive === 'promote' &&
          answer?.verdict === 'inconclusive' &&
          (answer.reason === 'too-little-evidence' || answer.reason === 'no-traffic')
        expect(answer?.verdict === 'pass' || waved).toBe(true)
      }),
      { numRuns: 3000 },
    )
  })

  test('blind, a step never ends well, whatever the settings', () => {
    fc.assert(
      fc.property(anyView, (given) => {
        if (given.outage === null && !given.assessment?.blind) return
        const decision = decide(given)
        expect(decision.do).not.toBe('promote')
        if (given.state.weight > 0) expect(decision.do).not.toBe('shift')
        if ('reason' in decision) expect(decision.reason).not.toBe('too-little-evidence')
      }),
      { numRuns: 3000 },
    )
  })

  test('no weight is given to a version without a ready pod', () => {
    fc.assert(
      fc.property(anyView, (given) => {
        const decision = decide({ ...given, readiness: { ...given.readiness, ready: 0 } })
        expect(decision.do).not.toBe('shift')
        expect(decision.do).not.toBe('promote')
      }),
      { numRuns: 3000 },
    )
  })

  test('proof of harm always takes traffic back', () => {
    fc.assert(
      fc.property(anyView, (given) => {
        if (given.state.weight === 0) return
        const failed = reported(verdict({ verdict: 'fail', reason: 'worse-than-stable' }))
        expect(decide({ ...given, assessment: failed }).do).toBe('roll-back')
      }),
      { numRuns: 3000 },
    )
  })

  test('without counts nothing is promoted before its time is up', () => {
    fc.assert(
      fc.property(anyView, (given) => {
        const decision = decide({ ...given, assessment: null })
        expect(decision.do).not.toBe('promote')
        if (given.state.weight > 0) expect(decision.do).not.toBe('shift')
      }),
      { numRuns: 3000 },
    )
  })
})

describe('requests that nobody answers', () => {
  const lost = verdict({ verdict: 'continue', reason: 'suspicious' })
  const pass = verdict({ verdict: 'pass', reason: 'not-worse' })
  const at = (weight: number, seconds: number) => {
    const state = release({
      phase: 'observing',
      step: weight === 100 ? 2 : 0,
      weight,
      stepStates: [entry({ weight, timerStart: 1_000_000 })],
    })
    return view({ state, assessment: { ...reported(pass, lost), t: seconds } })
  }

  test('hold a step that passed, and the last one too, while they are more than before', () => {
    expect(decide(at(10, 300))).toEqual({ do: 'wait', why: 'suspicious' })
    expect(decide(at(100, 300))).toEqual({ do: 'wait', why: 'suspicious' })
    const clear = at(10, 300)
    expect(decide({ ...clear, assessment: reported(pass) })).toMatchObject({ do: 'shift', weight: 50 })
  })

  test('are no pass when the time is up', () => {
    for (const weight of [10, 100])
      expect(decide(at(weight, 1000))).toMatchObject({
        do: 'roll-back',
        reason: 'suspicious',
        cause: { kind: 'requests-lost' },
      })
  })
})
