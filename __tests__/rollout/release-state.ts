import type { Settings } from '../../src/release/settings.ts'
import type { ReleaseState, StepState } from '../../src/release/state/state.ts'
import type { Verdict } from '../../src/release/verdict.ts'

export const settings: Settings = {
  steps: [10, 50, 100],
  mode: 'full',
  interval: 15_000,
  minStepDuration: 180_000,
  stepTimeout: 900_000,
  finalDuration: 180_000,
  settleMin: 10_000,
  settleTimeout: 60_000,
  metricsLag: 5_000,
  history: 3_600_000,
  onInconclusive: 'rollback',
  onCancel: 'rollback',
  capacityCheck: 'wait',
  capacityTimeout: 600_000,
  queryTimeout: 10_000,
  gate: {
    alpha: 0.01,
    beta: 0.05,
    minRequests: 20,
    maxErrorRate: null,
    passMargin: 'auto',
    maxPassMargin: 0.1,
  },
  gates: [],
  minPower: 'off',
}

/** A release of v2 beside v1, at its start. */
export function release(changes: Partial<ReleaseState> = {}): ReleaseState {
  return {
    schema: 2,
    id: 'my-api-v2-7',
    phase: 'pinned',
    reason: '',
    stable: { version: 'v1', destination: 'v1', workload: 'my-api-v1', image: 'my-api:1' },
    canary: { version: 'v2', destination: 'v2', workload: 'my-api-v2', image: 'my-api:2' },
    holder: 'run 7/1',
    fencingToken: 1,
    startedAt: 1_000_000,
    interval: 15_000,
    step: -1,
    weight: 0,
    steps: [10, 50, 100],
    stepStates: [],
    restore: null,
    source: { reporter: 'source', label: 'destination_workload', canary: 'my-api-v2', stable: 'my-api-v1' },
    calibration: null,
    unreachedBaseline: null,
    rate: 10,
    gateDigest: 'x',
    stableReady: 3,
    deadline: 1_600_000,
    endedAt: null,
    history: [],
    ...changes,
  }
}

/** One entry of the journal. */
export function entry(changes: Partial<StepState> = {}): StepState {
  return {
    weight: 10,
    writtenAt: 1_030_000,
    timerStart: 1_060_000,
    margin: 0.01,
    outOfReach: false,
    actualShare: 'as-asked',
    end: null,
    ...changes,
  }
}

/** An answer of the engine. */
export function verdict(changes: Partial<Verdict> = {}): Verdict {
  return {
    t: 300,
    verdict: 'continue',
    reason: 'collecting',
    note: 'ok',
    logAbort: 0,
    logPass: 0,
    logPoll: 0,
    logLr: 0,
    logGap: 0,
    phi: null,
    numbers: {
      canary: { total: 100, bad: 0 },
      stable: { total: 900, bad: 1 },
      stepCanaryTotal: 100,
      stepSeconds: 240,
    },
    needed: null,
    ...changes,
  }
}
