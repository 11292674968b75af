import type { Calibration } from '../../src/release/evidence/counts.ts'
import { type EngineConfig, resolveConfig, type StepOverride } from '../../src/verdict/config.ts'
import { advance, createEngine } from '../../src/verdict/engine/engine.ts'
import { chooseMargin, phiPassOf, runningRate } from '../../src/verdict/resolution.ts'
import type { Agreement } from './agreement.ts'
import { type Lab, type Trial, trials } from './lab.ts'
import { percent, rateName, type Table, times } from './table.ts'
import { type ErrorProcess, traffic, zero } from './traffic.ts'

/** stepOf runs one step to its end: seconds and whether it passed or failed. */
function stepOf(
  { calibration, polls }: Trial,
  config: Partial<EngineConfig>,
  override: StepOverride = {},
): { passed: boolean; failed: boolean; seconds: number } {
  const engine = createEngine(config, calibration)
  advance(engine, zero, override)
  for (const poll of polls) {
    const { verdict, t } = advance(engine, poll)
    if (verdict === 'pass') return { passed: true, failed: false, seconds: t }
    if (verdict === 'fail') return { passed: false, failed: true, seconds: t }
    if (verdict === 'inconclusive') return { passed: false, failed: false, seconds: t }
  }
  return { passed: false, failed: false, seconds: polls.at(-1)?.t ?? 0 }
}

/** base, requests per second; designed: good passed %, median s, on the line %, the same in clusters of 3%. */
const fixedCells: [number, number, number, number, number, number][] = [
  [0.0001, 10, 97, 795, 2.3, 11.3],
  [0.0001, 30, 100, 240, 2.8, 8.5],
  [0.0001, 100, 100, 75, 3, 1.8],
  [0.0001, 1000, 100, 30, 0, 0.3],
  [0.001, 10, 94, 735, 4.5, 1.5],
  [0.001, 30, 100, 240, 4.3, 1.5],
  [0.001, 100, 100, 90, 3.3, 1.8],
  [0.001, 1000, 100, 30, 0, 1.5],
  [0.01, 10, 63, 1020, 3, 0],
  [0.01, 30, 98, 525, 2.3, 0.8],
  [0.01, 100, 100, 165, 5, 1.8],
  [0.01, 1000, 100, 30, 0.5, 1],
  [0.05, 10, 72, 915, 2.8, 0.5],
  [0.05, 30, 100, 390, 2.5, 2.5],
  [0.05, 100, 100, 135, 4, 3.5],
  [0.05, 1000, 100, 30, 0.3, 0.8],
]

/** passing measures a pass at the finest margin: how soon for a good release, how often at the line. */
export function passing(lab: Lab, agreement: Agreement): Table {
  const config = { minSeconds: 0, minRequests: 0, maxSeconds: 1800 }
  const rows = fixedCells.map(([base, rps, passed, median, onLine, clustered]) => {
    const cell = `${rateName(base)}, ${rps}/s`
    const runs = (name: string, canary: number, errors: ErrorProcess) =>
      [...trials(lab, `pass ${cell} ${name}`, 400, traffic(rps, base, canary, { errors }))].map((trial) =>
        stepOf(trial, config),
      )
    const line = 1.25 * base + 0.005
    const good = runs('good', base, { kind: 'independent' })
    const bad = runs('line', line, { kind: 'independent' })
    const bursts = runs('bursts', line, { kind: 'clusters', mean: 3 })
    const part = (all: typeof good) => all.filter((run) => run.passed).length / all.length
    const seconds = good.filter((run) => run.passed).map((run) => run.seconds)
    agreement.share(`good passed, ${cell}`, part(good), good.length, passed / 100, 400)
    agreement.median(`good passed, ${cell}`, seconds, median)
    agreement.share(`passed on the line, ${cell}`, part(bad), bad.length, onLine / 100, 400)
    agreement.share(
      `passed on the line in clusters, ${cell}`,
      part(bursts),
      bursts.length,
      clustered / 100,
      400,
    )
    return [
      rateName(base),
      String(rps),
      `${percent(part(good))}% ${times(seconds)}`,
      percent(part(bad)),
      percent(part(bursts)),
    ]
  })
  const head = [
    'base',
    'req/s',
    'as good as stable: passed, s median/p95',
    'on the line: passed %',
    'same, clusters of 3',
  ]
  return { title: 'The pass', text: passText, head, rows }
}

const passText =
  'Margin 0.5 points, no minimum time or requests, half an hour, share 10%. Promised is that 5% at most pass of those exactly on the line 1.25 · stable + 0.5 points, for independent errors.'

const marginRates = [0.3, 1, 3, 10, 30]

/** Designed: good releases passed in %, and their median seconds, by base, rate and share (10%, 50%). */
const designed: Record<string, [number, number][]> = {
  '0.001': [
    [0, 885],
    [99, 345],
    [96, 390],
    [99, 210],
    [99, 240],
    [97, 255],
    [98, 330],
    [99, 180],
    [99, 240],
    [100, 180],
  ],
  '0.01': [
    [12, 855],
    [97, 270],
    [97, 330],
    [99, 195],
    [98, 255],
    [98, 225],
    [98, 270],
    [99, 210],
    [99, 225],
    [100, 195],
  ],
  '0.05': [
    [13, 765],
    [84, 405],
    [88, 435],
    [92, 330],
    [93, 300],
    [95, 210],
    [92, 360],
    [95, 270],
    [90, 345],
    [100, 195],
  ],
}

/** resolution measures steps whose margin is chosen by their traffic. */
export function resolution(lab: Lab, agreement: Agreement): Table {
  const rows: string[][] = []
  for (const [key, designs] of Object.entries(designed)) {
    const base = Number(key)
    for (const [i, rps] of marginRates.entries()) {
      for (const [k, share] of [0.1, 0.5].entries()) {
        rows.push(resolutionRow(lab, agreement, base, rps, share, designs[2 * i + k] as [number, number]))
      }
    }
  }
  const head = [
    'base',
    'req/s',
    'share',
    'margins chosen (points: %)',
    'good: passed, s median/p95',
    'at the line: passed / aborted %',
    '10% errors: passed / aborted %',
  ]
  return { title: 'The margin that traffic can prove', text: marginText, head, rows }
}

function resolutionRow(
  lab: Lab,
  agreement: Agreement,
  base: number,
  rps: number,
  share: number,
  [passed, median]: [number, number],
): string[] {
  const config = resolveConfig()
  const cell = `margin ${rateName(base)}, ${rps}/s, ${share * 100}%`
  const chosen = new Map<string, number>()
  const good: ReturnType<typeof stepOf>[] = []
  const choiceFor = (calibration: Calibration) =>
    chooseMargin({
      config,
      rate: runningRate(calibration, config),
      phiPass: phiPassOf(calibration, config),
      share,
      control: true,
      canaryRate: rps * share,
      maxSeconds: config.maxSeconds,
    })
  for (const trial of trials(lab, `${cell} good`, 400, traffic(rps, base, base), share)) {
    const { margin, outOfReach } = choiceFor(trial.calibration)
    const name = `${outOfReach ? '>' : ''}${Number((margin * 100).toPrecision(3))}`
    chosen.set(name, (chosen.get(name) ?? 0) + 1)
    good.push(stepOf(trial, {}, { passMargin: margin }))
  }
  const against = (name: string, canary: (calibration: Calibration) => number) => {
    const releases = trials(lab, `${cell} ${name}`, 400, traffic(rps, base, base), share, canary)
    const all = [...releases].map((trial) =>
      stepOf(trial, {}, { passMargin: choiceFor(trial.calibration).margin }),
    )
    const part = (kind: 'passed' | 'failed') => percent(all.filter((run) => run[kind]).length / all.length)
    return `${part('passed')} / ${part('failed')}`
  }
  const seconds = good.filter((run) => run.passed).map((run) => run.seconds)
  const part = seconds.length / good.length
  agreement.share(`good passed, ${cell}`, part, good.length, passed / 100, 400)
  if (passed > 50) agreement.median(`good passed, ${cell}`, seconds, median)
  const names = [...chosen].map(([name, count]) => `${name}: ${((100 * count) / good.length).toFixed(0)}`)
  return [
    rateName(base),
    String(rps),
    `${share * 100}%`,
    names.sort().join(', '),
    `${percent(part)}% ${times(seconds)}`,
    against('line', (calibration) => 1.25 * base + choiceFor(calibration).margin),
    against('bad', () => Math.max(0.1, 1.25 * base + 0.05)),
  ]
}

const marginText =
  'Fifteen minutes a step, an hour of history. "At the line" is a canary exactly as bad as the chosen margin must rule out; "10% errors" one at 10%, or at 1.25 · base + 5 points where that is more. A ">" says that the plan had told beforehand that the step can\'t prove even that margin.'
