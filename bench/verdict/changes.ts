import { advance, createEngine } from '../../src/verdict/engine/engine.ts'
import { add, type Lab, peersAtOneShare, seconds, share, type Tally, trials } from './lab.ts'
import { watching } from './ours.ts'
import { percent, rateName, type Table, times } from './table.ts'
import { type Traffic, traffic, zero } from './traffic.ts'

/** together measures the verdicts when stable and canary degrade together for ten minutes. */
export function together(lab: Lab): Table {
  const rows: string[][] = []
  for (const base of [0.001, 0.01]) {
    for (const both of [0.05, 0.3]) {
      for (const rps of [10, 100, 1000]) {
        for (const factor of [1, 2]) rows.push(togetherRow(lab, base, both, rps, factor))
      }
    }
  }
  const head = [
    'base',
    'both at',
    'req/s',
    'canary',
    'Shiftgate: failed %',
    'held %',
    'median s',
    'Flagger failed %',
    'Argo Rollouts',
    'Kayenta',
  ]
  return { title: 'Both degrade together', text: togetherText, head, rows }
}

function togetherRow(lab: Lab, base: number, both: number, rps: number, factor: number): string[] {
  const level = (t: number) => (t >= 300 && t < 900 ? both : base)
  const service = traffic(rps, base, (t) => factor * level(t), { stable: level })
  const tallies = new Map<string, Tally>()
  let held = 0
  for (const { random, calibration, polls } of trials(
    lab,
    `together ${base} ${both} ${rps} ${factor}`,
    300,
    service,
  )) {
    const engine = createEngine({}, calibration)
    advance(engine, zero)
    let degraded = false
    add(tallies, 'ours', polls, {
      share: 0.1,
      step: 0,
      observe(poll) {
        const { verdict, reason } = advance(engine, poll)
        degraded ||= reason === 'shared-degradation'
        return verdict === 'fail' ? 'aborted' : null
      },
    })
    if (degraded) held += 1
    for (const [name, peer] of Object.entries(peersAtOneShare)) add(tallies, name, polls, peer(random))
  }
  const of = (name: string) => tallies.get(name) as Tally
  return [
    rateName(base),
    rateName(both),
    String(rps),
    factor === 1 ? '×1' : `×${factor} throughout`,
    percent(share(of('ours'))),
    percent(held / of('ours').runs),
    times(seconds(of('ours'))).split('/')[0] ?? '–',
    ...Object.keys(peersAtOneShare).map((name) => percent(share(of(name)))),
  ]
}

const togetherText =
  'From minute 5 to 15 both sides fail as often as "both at" says, the canary times its factor. A canary that is no worse (×1) should not be rolled back for it; one that is twice as bad throughout should be caught all the same.'

const lateCells: [base: number, canary: number, rps: number][] = [
  [0.001, 0.002, 1000],
  [0.001, 0.002, 10_000],
  [0.001, 0.005, 100],
  [0.001, 0.005, 1000],
  [0.001, 0.02, 10],
  [0.001, 0.02, 100],
  [0.01, 0.05, 10],
  [0.01, 0.05, 100],
  [0.01, 0.5, 10],
  [0.01, 0.5, 1000],
]

/** turning measures the delay to catch a release that goes bad after fifteen good minutes. */
export function turning(lab: Lab): Table {
  const turn = 900
  const rows = lateCells.map(([base, canary, rps]) => {
    const delays: Record<'ours' | 'unshared' | 'kayenta', number[]> = { ours: [], unshared: [], kayenta: [] }
    let runs = 0
    const service = traffic(rps, base, (t) => (t >= turn ? canary : base))
    for (const { random, calibration, polls } of trials(
      lab,
      `turning ${base} ${canary} ${rps}`,
      300,
      service,
    )) {
      runs += 1
      const tallies = new Map<string, Tally>()
      const all = {
        ours: add(tallies, 'ours', polls, watching({}, calibration)),
        unshared: add(tallies, 'unshared', polls, watching({ share: 0 }, calibration)),
        kayenta: add(tallies, 'kayenta', polls, peersAtOneShare.kayenta(random)),
      }
      for (const name of ['ours', 'unshared', 'kayenta'] as const) {
        const run = all[name]
        if (run.end === 'aborted' && run.seconds > turn) delays[name].push(run.seconds - turn)
      }
    }
    const shown = (list: number[]) => `${percent(list.length / runs)}% ${times(list)}`
    return [
      rateName(base),
      rateName(canary),
      String(rps),
      shown(delays.ours),
      shown(delays.unshared),
      shown(delays.kayenta),
    ]
  })
  const head = [
    'base',
    'canary',
    'req/s',
    'Shiftgate: caught in 15 min, delay s median/p95',
    'without fixed share',
    'Kayenta',
  ]
  return { title: 'Going bad after 15 good minutes', text: turningText, head, rows }
}

const turningText =
  'The fixed share keeps every bet ready: without it, wealth lost in good minutes has to be won back first.'

/** faults measures what missing and late polls do. */
export function faults(lab: Lab): Table {
  const kinds: [string, Partial<Pick<Traffic, 'lost' | 'late' | 'outage'>>][] = [
    ['none', {}],
    ['30% of polls missing', { lost: 0.3 }],
    ['70% of polls missing', { lost: 0.7 }],
    ['canary scraped late, half the time', { late: 0.5 }],
    ['outage, minute 1 to 6', { outage: { from: 60, until: 360 } }],
    ['outage from minute 1 on', { outage: { from: 60, until: Number.POSITIVE_INFINITY } }],
  ]
  const rows: string[][] = []
  for (const [base, rps] of [
    [0.001, 100],
    [0.01, 100],
  ] as const) {
    for (const [name, fault] of kinds) {
      const tallies = new Map<string, Tally>()
      for (const [key, factor, runs] of [
        ['line', 1.1, 600],
        ['bad', 5, 300],
      ] as const) {
        const service = traffic(rps, base, factor * base, fault)
        for (const { calibration, polls } of trials(lab, `faults ${base} ${name} ${key}`, runs, service)) {
          add(tallies, key, polls, watching({}, calibration))
        }
      }
      const [line, bad] = [tallies.get('line') as Tally, tallies.get('bad') as Tally]
      rows.push([
        rateName(base),
        String(rps),
        name,
        (100 * share(line)).toFixed(1),
        `${percent(share(bad))}% ${times(seconds(bad))}`,
      ])
    }
  }
  const head = ['base', 'req/s', 'fault', 'false aborts at the line %', '×5 caught, s median/p95']
  return {
    title: 'Missing and late polls, outages',
    text: 'They cost time; false aborts stay within the promise. An outage that doesn’t end proves nothing either way: what was caught was caught before it.',
    head,
    rows,
  }
}
