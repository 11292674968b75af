import { describe, expect, test } from '@jest/globals'
import { gateTests } from '../../src/gates/gate-tests.ts'
import type { GateEvidence } from '../../src/release/evidence/gate-evidence.ts'
import { Failure, isFailure } from '../../src/release/failure.ts'
import type { GateSpec } from '../../src/release/gates.ts'
import type { WorkloadsSnapshot } from '../../src/release/kubernetes.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { infrastructureText } from '../../src/report/words/events/infrastructure.ts'
import { detectionPowerText } from '../../src/report/words/inspect/detection-power.ts'
import { assess } from '../../src/rollout/evidence/assessment.ts'
import { detectionPower, detectionPowerFindings } from '../../src/rollout/evidence/detection-power.ts'
import { infrastructureIssue } from '../../src/rollout/evidence/infrastructure-health.ts'
import { planStepMargins } from '../../src/rollout/evidence/step-plan.ts'
import { gateAnnotations } from '../../src/rollout/loop/gate-recording.ts'
import { askGates, gateOutage, startGateWatch } from '../../src/rollout/loop/gate-watch.ts'
import type { LabelProof, MetricsPort } from '../../src/rollout/ports.ts'
import type { Session } from '../../src/rollout/session.ts'
import { gateDigest } from '../../src/rollout/start/start.ts'
import { separatingSource } from '../../src/rollout/start/version-labels.ts'
import { entry, release, settings } from './release-state.ts'

const slow: GateSpec = { name: 'slow', type: 'latency', mode: 'enforce', over: 500 }
const queue: GateSpec = {
  name: 'queue',
  type: 'query',
  mode: 'enforce',
  query: 'q',
  min: null,
  max: 10,
  unit: 'jobs',
  agree: 2,
}
const up: GateSpec = {
  name: 'up',
  type: 'http',
  mode: 'enforce',
  url: 'http://127.0.0.1/',
  status: [200],
  timeout: 1000,
  agree: 2,
}
const calibration = { n: 144_000, b: 144, S1: 150, S2: 148, df: 900 }

describe('the questions of a release', () => {
  test('errors alone have what the guard leaves of alpha', () => {
    const [only, ...others] = gateTests(release(), settings)
    expect(only).toMatchObject({ route: null, config: { alpha: expect.closeTo(0.009, 12), suspect: 2 } })
    expect(others).toEqual([])
  })

  test('two gates have half each, routes half of their gate’s by traffic; limits take nothing', () => {
    const errors: GateSpec = {
      name: 'errors',
      type: 'errors',
      mode: 'enforce',
      routes: { label: 'op', top: 2 },
    }
    const state = release({
      gates: {
        bounds: { slow: 500 },
        calibrations: { slow: calibration },
        routes: [
          { route: 'A', share: 0.6, calibration },
          { route: 'B', share: 0.2, calibration: null },
        ],
      },
    })
    const tests = gateTests(state, { ...settings, gates: [errors, slow, queue, up] })
    expect(tests.map(({ gate, route }) => `${gate.name} ${route ?? ''}`)).toEqual([
      'errors ',
      'errors A',
      'errors B',
      'slow ',
    ])
    const alphas = tests.map(({ config }) => config.alpha as number)
    expect(alphas[0]).toBeCloseTo(0.00225, 9)
    expect(alphas[1]).toBeCloseTo(0.0016875, 9)
    expect(alphas[2]).toBeCloseTo(0.0005625, 9)
    expect(alphas[3]).toBeCloseTo(0.0045, 9)
    expect(alphas.reduce((sum, alpha) => sum + alpha, 0)).toBeCloseTo(0.009, 9)
    expect(tests[3]).toMatchObject({ calibration, config: { abortRatio: 1.25, passMargin: 0.02 } })
  })

  test('the absolute limit belongs to errors', () => {
    const limited = { ...settings, gates: [slow], gate: { ...settings.gate, maxErrorRate: 0.05 } }
    const [errors, latency] = gateTests(release(), limited)
    expect(errors?.config.slo).toBe(0.05)
    expect(latency?.config).not.toHaveProperty('slo')
  })

  test('each gate chooses its own margin before a step, from its own history', () => {
    const state = release({ calibration, gates: { bounds: {}, calibrations: {}, routes: [] } })
    expect(planStepMargins(state, settings, 10, 10)).not.toHaveProperty('gates')
    const chosen = planStepMargins(state, { ...settings, gates: [slow] }, 10, 10)
    expect(chosen.gates).toEqual([
      { gate: 'slow', margin: expect.any(Number), outOfReach: expect.any(Boolean) },
    ])
    expect(chosen.gates?.[0]?.margin).toBeGreaterThanOrEqual(0.02)
  })

  test('another gate is another configuration', () => {
    const one = gateDigest({ ...settings, gates: [queue] })
    expect(gateDigest({ ...settings, gates: [{ ...queue, max: 11 }] })).not.toBe(one)
    expect(gateDigest(settings)).not.toBe(one)
    const { type, ...rest } = queue
    expect(gateDigest({ ...settings, gates: [{ ...rest, type }] })).toBe(one)
  })
})

/** Grid points of a good canary up to `t`, every 15 s, its weight since 30. */
function good(until: number) {
  return Array.from({ length: until / 15 + 1 }, (_, index) => {
    const t = index * 15
    const own = Math.max(0, t - 30) * 10
    return {
      t,
      canary: { total: own, bad: 0 },
      stable: { total: t * 100, bad: Math.floor(t / 15) },
      unreached: 0,
      abandoned: 0,
    }
  })
}

describe('what the gates come to in a release', () => {
  const state = release({ phase: 'observing', step: 0, weight: 10, stepStates: [entry()] })
  const judged = (until: number, gates: readonly GateSpec[], evidence: GateEvidence) =>
    assess(
      state,
      { ...settings, gates },
      { points: good(until), notes: [] },
      state.startedAt + until * 1000,
      evidence,
    )
  const reading = (t: number, value: number | null) => ({
    t,
    outcome: value === null ? ('no-data' as const) : ('value' as const),
    value,
    text: '',
  })
  const readings = (gate: string, values: (number | null)[]): GateEvidence => ({
    answers: [
      {
        gate,
        route: null,
        kind: 'readings',
        readings: values.map((value, index) => reading(index * 15, value)),
      },
    ],
    infrastructure: [],
  })

  test('a good canary passes when a query agrees, and waits without an answer', () => {
    const right = readings('queue', Array(20).fill(3))
    expect(judged(270, [queue], right).verdict).toMatchObject({ verdict: 'pass' })
    expect(judged(270, [queue], { answers: [], infrastructure: [] }).verdict).toMatchObject({
      verdict: 'continue',
      reason: 'collecting',
    })
  })

  test('readings from before the canary had traffic say nothing about it', () => {
    const early = readings('queue', [99, ...Array(19).fill(3)])
    expect(judged(270, [queue], early).verdict?.verdict).toBe('pass')
    const late = readings('queue', [...Array(4).fill(3), 99, 99])
    const verdict = judged(75, [queue], late).verdict
    expect(verdict).toMatchObject({ verdict: 'fail', reason: 'outside-limits', gate: 'queue' })
    expect(verdict?.detail).toBe('99 jobs, allowed is at most 10 jobs')
  })

  test('a counted gate without counts is blind, whatever errors say', () => {
    expect(judged(270, [slow], { answers: [], infrastructure: [] }).verdict).toMatchObject({
      verdict: 'hold',
      reason: 'no-data',
      gate: 'slow',
    })
  })

  test('a first version has nothing to be compared with: other gates only observe', () => {
    const first = { ...state, stable: null, stepStates: [entry({ weight: 100 })] }
    const { gates } = assess(
      first,
      { ...settings, gates: [slow, queue] },
      { points: good(270), notes: [] },
      first.startedAt + 270_000,
    )
    expect(gates.map(({ gate, mode }) => `${gate} ${mode}`)).toEqual([
      'errors enforce',
      'slow observe',
      'queue enforce',
    ])
  })

  test('a gate that observes leaves everything as it was', () => {
    const observed = judged(270, [{ ...queue, mode: 'observe' }], readings('queue', Array(20).fill(99)))
    expect(observed.verdict).toEqual(judged(270, [], { answers: [], infrastructure: [] }).verdict)
    expect(observed.gates.at(-1)?.verdicts.at(-1)?.verdict).toBe('fail')
  })
})

/** A session with as much as asking gates takes; every question to `metrics` that isn't named throws. */
function sessionWith(metrics: Partial<MetricsPort>, gates: readonly GateSpec[]) {
  const events: Omit<RecordEvent, 'at'>[] = []
  const state = release({ stepStates: [entry()] })
  const session = {
    metrics,
    probe: async () => ({ status: 503, text: 'it answered 503' }),
    scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
    settings: { ...settings, gates },
    record: (event: Omit<RecordEvent, 'at'>) => events.push(event),
    held: { state, text: '', home: { kind: 'VirtualService', namespace: 'shop', name: 'my-api' } },
  } as unknown as Session
  return { session, events, state }
}

const never = new AbortController().signal

describe('asking gates', () => {
  test('what can’t be asked keeps what was known, and the record says so once', async () => {
    const samples = [0, null, null]
    const range: MetricsPort['range'] = async (_query, from) => {
      const value = samples.shift()
      if (value == null) throw new Failure('unreachable', 'it is away')
      return { series: [{ labels: {}, samples: [[from, value]] }], warnings: [] }
    }
    const { session, events, state } = sessionWith({ range, infrastructure: async () => [] }, [queue, up])
    const watch = startGateWatch()
    for (const seconds of [0, 15, 30]) {
      const until = state.startedAt + seconds * 1000
      const query = {
        host: '',
        namespace: 'shop',
        source: state.source as never,
        start: state.startedAt,
        until,
        interval: 15_000,
        podBirths: {},
      }
      await askGates(session, watch, query, { nodes: { canary: [], stable: [] }, outage: null }, never)
    }
    const [asked, probed] = watch.evidence.answers
    expect(asked?.kind === 'readings' && asked.readings.map(({ t, outcome }) => `${t} ${outcome}`)).toEqual([
      '0 value',
      '15 metrics-outage',
      '30 metrics-outage',
    ])
    expect(probed).toMatchObject({ gate: 'up', readings: [{ t: 0, value: 503 }, { t: 15 }, { t: 30 }] })
    expect(events.filter(({ type }) => type === 'warning')).toEqual([
      { type: 'warning', code: 'gate', details: { gate: 'queue', mode: 'enforce', error: 'it is away' } },
    ])
    expect(gateOutage(watch)).toEqual({
      gateOutage: { reason: 'metrics-outage', sentence: 'it is away', gate: 'queue' },
    })
    const [[name, own] = ['', undefined]] = watch.unavailable
    expect(
      gateOutage({ ...watch, unavailable: new Map(own && [[name, { ...own, mode: 'observe' }]]) }),
    ).toEqual({})
  })
})

describe('the label that tells the versions apart', () => {
  const proof = (label: string, verdict: LabelProof['verdict'], seen = ['x']): LabelProof => ({
    label,
    canary: 'v2',
    stable: 'v1',
    verdict,
    seen,
  })
  const side = (version: string) => ({
    version,
    destination: version,
    workload: `my-api-${version}`,
    image: '',
  })
  const beginning = {
    stable: side('v1'),
    canary: side('v2'),
    runId: '',
    fencingToken: 0,
    history: [],
    retired: [],
  }
  const workloads: WorkloadsSnapshot = { service: null, workloads: [], pods: [] }
  const chosen = (proofs: LabelProof[]) => {
    const { session } = sessionWith({ separation: async () => proofs }, [])
    return separatingSource(session, beginning, 'source', { workloads, until: 0 }, never)
  }

  test.each([
    [
      'the first that separates',
      [proof('a', 'blind'), proof('b', 'stable-only'), proof('c', 'separates')],
      'c',
    ],
    ['else one that stable shows', [proof('a', 'blind'), proof('b', 'stable-only')], 'b'],
    ['without any request the workload', [proof('a', 'blind', [])], 'destination_workload'],
  ])('%s', async (_, proofs, label) => {
    expect((await chosen(proofs)).label).toBe(label)
  })

  test('where none does, nothing is begun', async () => {
    const refusal = await chosen([proof('destination_workload', 'blind', ['my-api', ''])]).catch(
      (error) => error,
    )
    expect(isFailure(refusal, 'refused')).toBe(true)
    expect(refusal.message).toContain('destination_workload should be v1 or v2, and is my-api, (none)')
  })
})

describe('what a step can catch', () => {
  const state = release({ calibration })

  test('more traffic catches sooner, and ten times as bad sooner than twice', () => {
    const powers = [1, 10, 100, 1000].map((rate) => detectionPower(state, settings, 10, rate))
    for (const { twice, tenfold } of powers) expect(tenfold as number).toBeLessThanOrEqual(twice as number)
    const times = powers.map(({ tenfold }) => tenfold as number)
    expect(times).toEqual(times.toSorted((a, b) => b - a))
    expect(detectionPower(state, settings, 10, null)).toEqual({ weight: 10, twice: null, tenfold: null })
    expect(detectionPowerText({ twice: null, tenfold: 60 }, 900_000)).toBe(
      'a canary that fails twice as often is not caught, one that fails ten times as often is caught in about 1m',
    )
  })

  test.each([
    ['off', 0.1, 'warning'],
    ['10x', 0.1, 'error'],
    ['2x', 10, 'error'],
    ['10x', 1000, undefined],
    ['off', 1000, undefined],
  ] as const)('min-power %s at %d requests a second: %s', (minPower, rate, level) => {
    const findings = detectionPowerFindings(state, { ...settings, minPower }, [10, 100], rate)
    expect(findings[0]?.level).toBe(level)
    expect(findings.length).toBeLessThanOrEqual(1)
  })

  test('without known traffic nothing is said', () => {
    expect(detectionPowerFindings(state, { ...settings, minPower: '2x' }, [10], null)).toEqual([])
  })
})

test('trouble is the canary’s nodes and sidecars alone', () => {
  const none = { steal: null, throttled: null }
  const words = (canary: object, stable: object = {}) => {
    const point = { t: 0, canary: { ...none, ...canary }, stable: { ...none, ...stable } }
    const issue = infrastructureIssue(point)
    return issue && infrastructureText(issue)
  }
  expect(words({})).toBeNull()
  expect(words({ steal: 0.1, throttled: 0.1 })).toBeNull()
  expect(words({}, { steal: 0.9, throttled: 0.9 })).toBeNull()
  expect(words({ steal: 0.38 }, { steal: 0.02 })).toBe(
    "38% of the CPU time of the canary's nodes is stolen (stable's: 2%)",
  )
  expect(words({ steal: 0.2, throttled: 0.5 })).toContain('; the canary')
})

test('what the store remarks on a gate is told by its name; a restart, a gap and a route are the errors’ to tell', () => {
  const note = (kind: 'info' | 'restart') => ({ t: 0, kind, instance: '*', text: `a ${kind}` })
  const counted = (gate: string, route: string | null) => ({
    gate,
    route,
    kind: 'counts' as const,
    series: { points: [], notes: [note('info'), note('restart')] },
  })
  const answers: GateEvidence['answers'] = [
    counted('slow', null),
    counted('errors', '/pay'),
    { gate: 'queue', route: null, kind: 'readings', readings: [] },
  ]
  expect(gateAnnotations({ answers, infrastructure: [] })).toEqual([
    { t: 0, kind: 'info', instance: '*', gate: 'slow', text: 'a info' },
  ])
})
