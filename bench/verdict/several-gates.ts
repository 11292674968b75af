import { guardShare } from '../../src/gates/gate-tests.ts'
import { latency } from '../../src/gates/latency/latency.ts'
import type { Settings } from '../../src/release/settings.ts'
import { defaults, type EngineConfig } from '../../src/verdict/config.ts'
import { shareOut } from '../../src/verdict/gates.ts'
import type { Lab } from './lab.ts'
import { watching } from './ours.ts'
import { seeded } from './random.ts'
import { watch } from './rule.ts'
import { percent, type Table, times } from './table.ts'
import { hourOfHistory, source, type Traffic, traffic } from './traffic.ts'

const rps = 1000

/** CountedGate is one gate that decides: how often its events are bad, and the routes that it judges by themselves. */
interface CountedGate {
  base: number
  engine: Partial<EngineConfig>
  routes: number
}

const errors: CountedGate = { base: 0.001, engine: {}, routes: 0 }
const byRoute: CountedGate = { ...errors, routes: 10 }
const slow: CountedGate = { base: 0.05, engine: latency.engine({} as Settings), routes: 0 }
const ratio: CountedGate = { base: 0.01, engine: {}, routes: 0 }

const lists: [name: string, gates: CountedGate[]][] = [
  ['errors', [errors]],
  ['errors, latency', [errors, slow]],
  ['errors, latency, four ratios', [errors, slow, ratio, ratio, ratio, ratio]],
  ['errors with ten routes, latency, four ratios', [byRoute, slow, ratio, ratio, ratio, ratio]],
]

const processes: [name: string, more: Partial<Pick<Traffic, 'errors'>>][] = [
  ['independent', {}],
  ['clusters of 10', { errors: { kind: 'clusters', mean: 10 } }],
]

/** One question of a release: its engine, its part of the traffic, and how often its events are bad. */
interface GateTest {
  config: Partial<EngineConfig>
  base: number
  part: number
}

/**
 * severalGates measures how often at least one of a release's gates aborts a good one, where all divide one alpha: the
 * gates' events by chance alone, each its own, which is where false alarms add up most.
 */
export function severalGates(lab: Lab): Table {
  const rows: string[][] = []
  for (const [name, gates] of lists) {
    const tests = gates.flatMap((gate) => testsOf(gate, gates.length))
    for (const [process, more] of processes) {
      const ends = (kind: string, runs: number, worse: (test: GateTest, index: number) => number) =>
        Array.from({ length: Math.ceil(runs * lab.scale) }, (_, i) => {
          const cell = `several gates ${name} ${process} ${kind} ${i}`
          const found = tests.map((test, index) =>
            abortedAfter(lab, `${cell} ${index}`, test, test.base * worse(test, index), more),
          )
          return Math.min(...found)
        })
      const aborted = (all: readonly number[]) => percent(all.filter(Number.isFinite).length / all.length)
      const good = ends('good', 600, () => 1)
      const line = ends('line', 300, ({ config }) => config.abortRatio ?? defaults.abortRatio)
      const bad = ends('bad', 150, (_, index) => (index === 0 ? 5 : 1))
      const caught = bad.filter(Number.isFinite)
      rows.push([
        name,
        process,
        String(tests.length),
        aborted(good),
        aborted(line),
        `${aborted(bad)}% ${times(caught)}`,
      ])
    }
  }
  return { title: 'Several gates', text, head, rows }
}

/** testsOf divides alpha as a release does: a tenth guards lost requests, the gates share the rest, routes half of theirs. */
function testsOf({ base, engine, routes }: CountedGate, gates: number): GateTest[] {
  const parts = Array.from({ length: routes }, () => ({ share: 1 / routes }))
  const shares = shareOut(defaults.alpha * (1 - guardShare), gates, parts)
  return [
    { config: { ...engine, ...shares.total }, base, part: 1 },
    ...shares.routes.map((share) => ({ config: { ...engine, ...share }, base, part: 1 / routes })),
  ]
}

/** abortedAfter gives the seconds after which one test aborts within half an hour at 10%; Infinity: it doesn't. */
function abortedAfter(
  lab: Lab,
  name: string,
  { config, base, part }: GateTest,
  canary: number,
  more: Partial<Pick<Traffic, 'errors'>>,
): number {
  const random = seeded(lab.seed, name)
  const own = traffic(rps * part, base, canary, more)
  const calibration = hourOfHistory(random, own)
  const polls = source(random, own)
  const half = Array.from({ length: 120 }, () => polls.next(0, 0.1))
  const { end, seconds } = watch(half, watching(config, calibration))
  return end === 'aborted' ? seconds : Number.POSITIVE_INFINITY
}

const head = [
  'gates',
  'bad events',
  'tests',
  'good aborted %',
  'at the line %',
  'errors ×5 caught, s median/p95',
]
const text =
  'Releases with several gates, at 1,000 requests/s and 10%, half an hour: a release is aborted as soon as any gate, or any route of one, calls it worse. All gates and routes divide one alpha of 1%; their events are each their own, so that false alarms add up as much as they can. Errors 0.1%, latency 5% slow, ratios 1%. "At the line": every gate exactly as bad as it may be. The last column is what dividing costs: five times the errors, all else good.'
