import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { blindLives, liveThroughBlindness } from './blind.ts'
import { killPlaces, liveThroughKill, type Successor } from './kill.ts'
import type { Lived } from './life.ts'
import { liveThroughFaults, liveThroughNetwork, networkLives } from './network.ts'

const usage = `usage: npm run test:chaos -- [options]

  --schedules 10000  random schedules in memory
  --kills N          releases of the built program that are killed at a call or asleep; every place by default
  --soak 200         releases with 5% of the answers of all three APIs wrong
  --network N        releases whose calls hang, are cut, trickle or end in garbage; every case by default
  --blind N          releases whose Prometheus shows nothing any more; every case by default
  --workers 2        releases at a time
  --seed 1
  --no-write         leave docs/reliability.md as it is

The figures go into docs/reliability.md; a kind whose number is 0 keeps those that it has. The exit code is 1 where a
law was broken.
`

const text = (value: string) => ({ type: 'string', default: value }) as const
const { values } = parseArgs({
  options: {
    schedules: text('10000'),
    kills: text(String(killPlaces.length)),
    soak: text('200'),
    network: text(String(networkLives.length)),
    blind: text(String(blindLives.length)),
    workers: text('2'),
    seed: text('1'),
    'no-write': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const seed = Number(values.seed)

interface Figures {
  what: string
  lived: number
  /** null: not counted. */
  faults: number | null
  broken: string[]
  ends: Map<string, number>
}

/** Part is one kind of lives; `once` lives the one of that index. */
interface Part {
  name: string
  what: string
  times: number
  once(index: number): Promise<Lived>
}

/** spread gives every index below `size` once, so that the first few of them lie far apart. */
function spread(index: number, size: number): number {
  const step = 137
  return (index * step) % size
}

const successors: Successor[] = ['rollout', 'reconcile', 'post']

const parts: Part[] = [
  {
    name: 'kill',
    what: 'the program killed at a call or asleep, then the same rollout, `reconcile` or the post step',
    times: Number(values.kills),
    once(index) {
      const place = spread(index, killPlaces.length)
      const successor = successors[(index + Math.floor(index / killPlaces.length)) % 3] as Successor
      return liveThroughKill(seed + index, killPlaces[place] as (typeof killPlaces)[number], successor)
    },
  },
  {
    name: 'soak',
    what: 'a release with 5% of the answers of all three APIs wrong',
    times: Number(values.soak),
    once: (index) => liveThroughFaults(seed + index, 0.05),
  },
  {
    name: 'network',
    what: 'a release whose calls hang, are cut, trickle, never end or give garbage',
    times: Number(values.network),
    once: (index) =>
      liveThroughNetwork(seed + index, networkLives[index % networkLives.length] as (typeof networkLives)[0]),
  },
  {
    name: 'blind',
    what: 'a release that would promote on too little evidence, and sees nothing any more',
    times: Number(values.blind),
    once: (index) =>
      liveThroughBlindness(seed + index, blindLives[index % blindLives.length] as (typeof blindLives)[0]),
  },
]

async function liveAll({ name, what, times, once }: Part): Promise<Figures> {
  const figures: Figures = { what, lived: 0, faults: 0, broken: [], ends: new Map() }
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < times; index = next++) {
      const lived = await once(index).catch((error: unknown) => ({
        broken: [String(error)],
        end: 'error',
        faults: 0,
      }))
      if (lived.end !== 'not killed') figures.lived++
      figures.faults = (figures.faults ?? 0) + lived.faults
      figures.ends.set(lived.end, (figures.ends.get(lived.end) ?? 0) + 1)
      for (const text of lived.broken) {
        figures.broken.push(text)
        console.error(`${name} ${index}: ${text} [${lived.end}]`)
      }
    }
  }
  await Promise.all(Array.from({ length: Number(values.workers) }, work))
  return figures
}

function inMemory(times: number): Figures {
  const words = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '__tests__/chaos/model.test.ts',
  ]
  const env = { ...process.env, SHIFTGATE_CHAOS_RUNS: String(times), SHIFTGATE_CHAOS_SEED: String(seed) }
  const passed = spawnSync(process.execPath, words, { env, stdio: 'inherit' }).status === 0
  return {
    what: 'random schedules in memory',
    lived: times,
    faults: null,
    broken: passed ? [] : ['a schedule in memory broke a law'],
    ends: new Map(),
  }
}

const schedules = Number(values.schedules)
const all: Figures[] = schedules === 0 ? [] : [inMemory(schedules)]
for (const part of parts) if (part.times > 0) all.push(await liveAll(part))

const number = (value: number) => value.toLocaleString('en-US')
const head = ['| what | lives | faults | laws broken |', '|---|--:|--:|--:|']
const rows = all.map(
  ({ what, lived, faults, broken }) =>
    `| ${what} | ${number(lived)} | ${faults === null ? '–' : number(faults)} | ${number(broken.length)} |`,
)
const ends = all.flatMap((figures) =>
  [...figures.ends]
    .sort((left, right) => right[1] - left[1])
    .map(([end, times]) => `| ${figures.what} | ${end} | ${number(times)} |`),
)
console.log([...head, ...rows, '', '| what | end | times |', '|---|---|--:|', ...ends, ''].join('\n'))
if (!values['no-write']) writeFigures('docs/reliability.md')

/** writeFigures puts the rows into a page; what was not lived through this time keeps its row. */
function writeFigures(path: string): void {
  const page = readFileSync(path, 'utf8')
  const part = /(<!-- figures:start -->\n)([\s\S]*?)(<!-- figures:end -->)/
  const kinds = ['random schedules in memory', ...parts.map(({ what }) => what)]
  const written = page.match(part)?.[2]?.split('\n') ?? []
  const table = kinds.flatMap((what) => {
    const start = `| ${what} |`
    const row = [...rows, ...written].find((line) => line.startsWith(start))
    return row === undefined ? [] : [row]
  })
  const text = [`Seed ${seed}.`, '', ...head, ...table, ''].join('\n')
  writeFileSync(
    path,
    page.replace(part, (_, before, _old, after) => `${before}${text}${after}`),
  )
}

process.exitCode = all.some(({ broken }) => broken.length > 0) ? 1 : 0
