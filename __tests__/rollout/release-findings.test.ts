import { describe, expect, test } from '@jest/globals'
import type { Calibration } from '../../src/release/evidence/counts.ts'
import type { Pod, Workload, WorkloadsSnapshot } from '../../src/release/kubernetes.ts'
import { wordedFinding } from '../../src/report/words/events/release-finding.ts'
import { releaseFindings } from '../../src/rollout/start/release-findings.ts'
import { settings } from './release-state.ts'

const side = (version: string) => ({
  version,
  destination: version,
  workload: `my-api-${version}`,
  image: '',
})
const start = {
  stable: side('v1'),
  canary: side('v2'),
  runId: '',
  fencingToken: 0,
  history: [],
  ours: [],
  retired: [],
}
const workloads = (ready: number, replicas: number): WorkloadsSnapshot => ({
  service: null,
  workloads: [{ name: 'my-api-v2', namespace: 'shop', version: 'v2', replicas } as Workload],
  pods: Array.from({ length: ready }, () => ({ version: 'v1', ready: true, deleting: false }) as Pod),
})
const history = (n: number, b: number): Calibration => ({ n, b, S1: 0, S2: 0, S4: 0, df: 0 })
const known = (calibration: Calibration | null) => ({
  source: { reporter: 'source' as const, label: 'destination_workload', canary: 'b', stable: 'a' },
  calibration,
  lost: null,
  rate: 1000,
  jumps: null,
  gates: { bounds: {}, calibrations: {}, routes: [] },
  interval: 15_000,
})
const limited = (maxErrorRate: number | null) => ({ ...settings, gate: { ...settings.gate, maxErrorRate } })

describe('limits that stable itself breaks', () => {
  test.each([
    ['far over it', 0.01, history(100_000, 3000), 'error'],
    ['over it by chance', 0.01, history(80, 2), 'warning'],
    ['below it', 0.01, history(100_000, 300), undefined],
    ['without a history', 0.01, null, undefined],
    ['without a limit', null, history(100_000, 3000), undefined],
  ] as const)('stable %s', (_, limit, calibration, level) => {
    const findings = releaseFindings(limited(limit), start, known(calibration), workloads(3, 3))
    expect(findings.find(({ id }) => id === 'error-limit')?.level).toBe(level)
  })

  test('a gate that only observes stands in nobody’s way', () => {
    const observing = {
      ...limited(0.01),
      gates: [{ name: 'errors', type: 'errors', mode: 'observe' as const, routes: null }],
    }
    expect(releaseFindings(observing, start, known(history(100_000, 3000)), workloads(3, 3))).toEqual([])
  })
})

describe('stable that jumps as a whole', () => {
  const found = (jumps: number | null, stable: typeof start.stable | null = start.stable) =>
    releaseFindings(limited(null), { ...start, stable }, { ...known(null), jumps }, workloads(3, 3))

  test('is warned of with the figures', () => {
    const [finding] = found(0.82).map(wordedFinding)
    expect(finding).toMatchObject({ id: 'jumps', level: 'warning' })
    expect(finding?.text).toMatch(/jumped by about 82% of itself .* than alpha \(1%\) promises: 3 to 12%/)
  })

  test.each([
    ['small jumps', () => found(0.2)],
    ['none', () => found(null)],
    ['a first version', () => found(0.82, null)],
  ])('%s are not worth a word', (_, findings) => {
    expect(findings().filter(({ id }) => id === 'jumps')).toEqual([])
  })
})

describe('replicas too few for a later step', () => {
  test.each([
    [10, 10, undefined],
    [10, 2, 'The step at 50% needs 5 ready canary pods, for 10 of stable are ready; my-api-v2 asks for 2'],
    [3, 1, 'The step at 50% needs 2 ready canary pods'],
    [1, 1, undefined],
  ])('%d of stable, %d asked for', (ready, replicas, text) => {
    const findings = releaseFindings(limited(null), start, known(null), workloads(ready, replicas))
    expect(findings.map(wordedFinding)).toEqual(
      text === undefined
        ? []
        : [
            expect.objectContaining({
              text: expect.stringContaining(text),
              remedy: expect.stringMatching(
                /^Scale it up: kubectl -n shop scale deployment my-api-v2 --replicas=\d+$/,
              ),
            }),
          ],
    )
  })

  test('they are said as the capacity check will take them', () => {
    const off = { ...settings, capacityCheck: 'off' as const }
    expect(releaseFindings(off, start, known(null), workloads(10, 2))).toEqual([])
    const warn = { ...settings, capacityCheck: 'warn' as const }
    const findings = releaseFindings(warn, start, known(null), workloads(10, 2)).map(wordedFinding)
    expect(findings.map(({ text }) => text)).toEqual([
      expect.stringContaining('that step begins without them'),
    ])
  })
})
