import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import type { Settings } from '../../src/release/settings.ts'
import type { Verdict } from '../../src/release/verdict.ts'

/** start is when every invented release begins. */
export const start = Date.parse('2026-11-20T10:00:00.000Z')

/** at gives the time `seconds` after the start, as the record writes it. */
export function at(seconds: number): string {
  return new Date(start + seconds * 1000).toISOString()
}

export const settings: Settings = {
  steps: [10, 50, 100],
  mode: 'full',
  interval: 15_000,
  minStepDuration: 120_000,
  stepTimeout: 900_000,
  finalDuration: 120_000,
  settleMin: 10_000,
  settleTimeout: 60_000,
  metricsLag: 5000,
  history: 3_600_000,
  onInconclusive: 'rollback',
  onCancel: 'rollback',
  capacityCheck: 'wait',
  capacityTimeout: 600_000,
  queryTimeout: 30_000,
  gate: {
    alpha: 0.01,
    beta: 0.05,
    minRequests: 100,
    maxErrorRate: null,
    passMargin: 'auto',
    maxPassMargin: 0.1,
  },
  gates: [],
  minPower: 'off',
}

export function release(over: Partial<Extract<RecordEvent, { type: 'release' }>> = {}): RecordEvent {
  return {
    at: at(0),
    type: 'release',
    schema: 1,
    id: 'my-api-v2-4711',
    command: 'rollout',
    cluster: 'arn:aws:eks:eu-west-1:123456789012:cluster/prod-eu',
    namespace: 'shop',
    service: 'my-api',
    stable: 'v1',
    canary: 'v2',
    settings,
    runUrl: 'https://github.com/shop/my-api/actions/runs/4711/attempts/1',
    resumed: false,
    startedAt: at(0),
    ...over,
  }
}

export function verdict(over: Partial<Verdict> = {}): Verdict {
  return {
    t: 15,
    verdict: 'continue',
    reason: 'collecting',
    note: 'ok',
    logAbort: -0.5,
    logPass: 1.2,
    logPoll: 0.1,
    logLr: 0.1,
    logGap: 0,
    phi: 1.1,
    numbers: {
      canary: { total: 100, bad: 1 },
      stable: { total: 900, bad: 1 },
      stepCanaryTotal: 100,
      stepSeconds: 15,
    },
    needed: { requests: 312, seconds: 60 },
    ...over,
  }
}

export function outcome(over: Partial<Outcome> = {}): Outcome {
  return {
    schema: 1,
    command: 'rollout',
    result: 'promoted',
    reasonCode: 'all-steps-passed',
    exitCode: 0,
    message: 'v2 is serving all of shop/my-api.',
    releaseId: 'my-api-v2-4711',
    namespace: 'shop',
    service: 'my-api',
    stableVersion: 'v1',
    canaryVersion: 'v2',
    weight: 100,
    report: null,
    nextCheckAt: null,
    commentUrl: null,
    ...over,
  }
}

/** Story is an invented release: steps of so many polls, at 80 requests a second, with these error rates. */
export interface Story {
  steps: { weight: number; polls: number; end: 'pass' | 'fail' | 'inconclusive' | null }[]
  stableRate: number
  /** The canary's error rate at each poll, counted from the release's first. */
  canaryRate(poll: number): number
  /** Polls at which Prometheus said nothing. */
  missing?: number[]
  outcome: Outcome | null
}

/** record tells a story as the events of a rollout, every figure worked out from it. */
export function record(story: Story): RecordEvent[] {
  const events: RecordEvent[] = [release(), ...before()]
  const canary = { total: 0, bad: 0 }
  const stable = { total: 0, bad: 0 }
  let carry = { canary: 0, stable: 0 }
  let poll = 0
  events.push({
    at: at(0),
    type: 'poll',
    t: 0,
    step: -1,
    canary: { ...canary },
    stable: { ...stable },
    control: true,
    rebuilt: false,
  })
  for (const [step, { weight, polls, end }] of story.steps.entries()) {
    const control = weight < 100
    const began = poll * 15
    const total = Math.round(80 * 15)
    events.push(
      {
        at: at(began),
        type: 'step',
        step,
        weight,
        margin: [0.01, 0.005, 0.005][step] ?? 0.005,
        outOfReach: false,
        requestsNeeded: [785, 1822, 1791][step] ?? null,
        secondsNeeded: [98, 46, 22][step] ?? null,
      },
      {
        at: at(began + 1),
        type: 'write',
        object: 'VirtualService shop/my-api',
        action: 'patch',
        summary: `v2 gets ${weight}%, v1 ${100 - weight}%`,
        patch: [{ op: 'replace', path: '/spec/http/0/route/1/weight', value: weight }],
        warnings: [],
      },
      {
        at: at(began + 12),
        type: 'settled',
        step,
        weight,
        seen: 'as-asked',
        canary: Math.round((960 * weight) / 100),
        total: 960,
        clockStart: at(began + 15),
      },
    )
    for (let turn = 0; turn < polls; turn++) {
      poll++
      const mine = Math.round((total * weight) / 100)
      canary.total += mine
      stable.total += total - mine
      carry = {
        canary: carry.canary + mine * story.canaryRate(poll),
        stable: carry.stable + (total - mine) * story.stableRate,
      }
      canary.bad = Math.round(carry.canary)
      stable.bad = Math.round(carry.stable)
      const known = !story.missing?.includes(poll)
      events.push({
        at: at(poll * 15),
        type: 'poll',
        t: poll * 15,
        step,
        canary: known ? { ...canary } : null,
        stable: known ? { ...stable } : null,
        control,
        rebuilt: false,
      })
      const last = turn === polls - 1 && end !== null
      events.push({
        at: at(poll * 15),
        type: 'verdict',
        step,
        verdict: verdict({
          t: poll * 15,
          ...(last
            ? {
                verdict: end as Verdict['verdict'],
                reason:
                  end === 'pass' ? 'not-worse' : end === 'fail' ? 'worse-than-stable' : 'too-little-evidence',
                needed: null,
              }
            : {}),
          numbers: { canary: { ...canary }, stable: { ...stable }, stepCanaryTotal: mine, stepSeconds: 15 },
        }),
      })
      if (last)
        events.push({
          at: at(poll * 15),
          type: 'step-end',
          step,
          verdict: end as Verdict['verdict'],
          reason: end === 'pass' ? 'not-worse' : 'worse-than-stable',
          text: '',
        })
    }
  }
  if (story.outcome !== null) events.push({ at: at(poll * 15 + 2), type: 'outcome', outcome: story.outcome })
  return events
}

function before(): RecordEvent[] {
  return [
    {
      at: at(0),
      type: 'finding',
      finding: {
        id: 'service-selector',
        level: 'ok',
        text: 'The Service selects the pods of both versions.',
        remedy: null,
      },
    },
    {
      at: at(0),
      type: 'finding',
      finding: {
        id: 'mtls',
        level: 'warning',
        text: 'PeerAuthentication is PERMISSIVE: plain-text callers are not counted by source.',
        remedy: 'kubectl -n shop get peerauthentication',
      },
    },
    {
      at: at(0),
      type: 'baseline',
      source: { reporter: 'source', label: 'destination_workload', canary: 'my-api-v2', stable: 'my-api-v1' },
      calibration: null,
      rate: 80.2,
    },
    {
      at: at(0),
      type: 'write',
      object: 'DestinationRule shop/my-api',
      action: 'create',
      summary: 'subsets v1 and v2',
      patch: null,
      warnings: [],
    },
  ]
}

/** promoted is a good release, from 10 to 100. */
export const promoted = record({
  steps: [
    { weight: 10, polls: 10, end: 'pass' },
    { weight: 50, polls: 9, end: 'pass' },
    { weight: 100, polls: 8, end: 'pass' },
  ],
  stableRate: 0.0012,
  canaryRate: (poll) => 0.0011 + 0.0012 * Math.abs(Math.sin(poll)),
  missing: [5, 6],
  outcome: outcome(),
})

/** rolledBack is a canary that fails 5% of its requests from the second step on. */
export const rolledBack = record({
  steps: [
    { weight: 10, polls: 10, end: 'pass' },
    { weight: 50, polls: 3, end: 'fail' },
  ],
  stableRate: 0.0012,
  canaryRate: (poll) => (poll > 10 ? 0.05 : 0.001),
  outcome: outcome({
    result: 'rolled-back',
    reasonCode: 'worse-than-stable',
    exitCode: 1,
    weight: 0,
    message: 'v2 was rolled back at 50%: it fails 5% of its requests where v1 fails 0.12%. v1 serves all.',
  }),
})

/** running is the same good release in its second step. */
export const running = record({
  steps: [
    { weight: 10, polls: 10, end: 'pass' },
    { weight: 50, polls: 4, end: null },
  ],
  stableRate: 0.0012,
  canaryRate: () => 0.001,
  outcome: null,
})
