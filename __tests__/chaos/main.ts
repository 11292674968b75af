import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { type Kill, type Lived, liveThroughFaults, liveThroughKill } from './schedule.ts'

const usage = `usage: npm run test:chaos -- [--schedules 10000] [--kills 600] [--soak 200] [--seed 1] [--no-write]

Lives through schedules in memory (--schedules), releases of the built program that are killed at a call or asleep
(--kills), and releases with 5% of all answers wrong (--soak). The figures go into docs/reliability.md.
`

const { values } = parseArgs({
  options: {
    schedules: { type: 'string', default: '10000' },
    kills: { type: 'string', default: '600' },
    soak: { type: 'string', default: '200' },
    seed: { type: 'string', default: '1' },
    'no-write': { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})
if (values.help) {
  console.log(usage)
  process.exit(0)
}
const count = { schedules: Number(values.schedules), kills: Number(values.kills), soak: Number(values.soak) }
const seed = Number(values.seed)

/** Every call of a release, with and without its effect, then every moment asleep, and again with another seed. */
function killAt(index: number): Kill {
  const calls = 220
  const place = index % (calls * 2 + 60)
  if (place < calls * 2) return { at: 'call', index: Math.floor(place / 2), done: place % 2 === 1 }
  return { at: 'sleep', ms: (place - calls * 2) * 3000 + 1500 }
}

interface Figures {
  lived: number
  faults: number
  broken: string[]
  ends: Map<string, number>
}

async function liveAll(
  name: string,
  times: number,
  once: (index: number) => Promise<Lived>,
): Promise<Figures> {
  const figures: Figures = { lived: 0, faults: 0, broken: [], ends: new Map() }
  let next = 0
  const work = async (): Promise<void> => {
    for (let index = next++; index < times; index = next++) {
      const lived = await once(index).catch((error: unknown) => ({
        broken: [String(error)],
        end: 'error',
        faults: 0,
      }))
      figures.lived++
      figures.faults += lived.faults
      figures.ends.set(lived.end, (figures.ends.get(lived.end) ?? 0) + 1)
      for (const text of lived.broken) figures.broken.push(`${name} ${index}: ${text}`)
      for (const text of lived.broken) console.error(`${name} ${index}: ${text}`)
    }
  }
  await Promise.all([work(), work()])
  return figures
}

function inMemory(): boolean {
  const jest = 'node_modules/jest/bin/jest.js'
  const words = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    jest,
    '__tests__/rollout/model',
  ]
  const env = {
    ...process.env,
    SHIFTGATE_CHAOS_RUNS: String(count.schedules),
    SHIFTGATE_CHAOS_SEED: String(seed),
  }
  return spawnSync(process.execPath, words, { env, stdio: 'inherit' }).status === 0
}

function row(what: string, lived: number, faults: number | null, broken: number): string {
  const number = (value: number) => value.toLocaleString('en-US')
  return `| ${what} | ${number(lived)} | ${faults === null ? '–' : number(faults)} | ${number(broken)} |`
}

const memory = count.schedules === 0 ? null : inMemory()
const kills = await liveAll('kill', count.kills, (index) => liveThroughKill(seed + index, killAt(index)))
const soak = await liveAll('soak', count.soak, (index) => liveThroughFaults(seed + index, 0.05))
const killed = kills.lived - (kills.ends.get('not killed') ?? 0)
const table = [
  '| what | schedules | faults | laws broken |',
  '|---|--:|--:|--:|',
  ...(memory === null ? [] : [row('random schedules in memory', count.schedules, null, memory ? 0 : 1)]),
  row('the program killed at a call or asleep, then another run', killed, killed, kills.broken.length),
  row('a release with 5% of all answers wrong', soak.lived, soak.faults, soak.broken.length),
].join('\n')
console.log(`${table}\n`)
for (const { ends } of [kills, soak]) for (const [end, times] of ends) console.log(`${times} ${end}`)
if (!values['no-write']) {
  const path = 'docs/reliability.md'
  const text = readFileSync(path, 'utf8')
  const part = /(<!-- figures:start -->\n)[\s\S]*?(<!-- figures:end -->)/
  writeFileSync(
    path,
    text.replace(part, (_, start, end) => `${start}Seed ${seed}.\n\n${table}\n${end}`),
  )
}
process.exitCode = memory === false || kills.broken.length + soak.broken.length > 0 ? 1 : 0
