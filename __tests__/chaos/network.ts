import { createRandom, type Random } from '../../src/simulation/random.ts'
import { oddAnswers, type ProxyFault } from '../support/fault-proxy.ts'
import { type Bench, withBench } from '../support/program.ts'
import { releaseIn } from '../support/wire.ts'
import {
  type Api,
  apis,
  brokenAtEnd,
  brokenByOutput,
  brokenByVerdict,
  chaosScenario,
  drawIsBad,
  type Lived,
  openProxies,
  runEnv,
} from './life.ts'

/** liveThroughFaults runs a release while a share of all answers of the three APIs (0–1) is wrong. */
export async function liveThroughFaults(seed: number, share: number): Promise<Lived> {
  const random = createRandom(`faults ${seed}`)
  const isBad = drawIsBad(random)
  return liveThrough(seed, isBad, () => (random.next() < share ? anyFault(random) : null))
}

/** NetworkFault is what the network does to some calls of one API, one after the other. */
export interface NetworkFault {
  api: Api
  name: keyof typeof networkFaults
  /** Index of the first call that it is done to. */
  from: number
  calls: number
}

const networkFaults = {
  'a call hangs': { kind: 'hang' },
  'a call hangs, carried out': { kind: 'hang', done: true },
  'a connection is cut': { kind: 'cut' },
  'a connection is cut, its call carried out': { kind: 'cut', done: true },
  'an answer is cut': { kind: 'cut-body', bytes: 40 },
  'an answer trickles': { kind: 'trickle', everyMs: 2 },
  'an answer has no end': { kind: 'endless' },
  'an answer is garbage': { kind: 'garbage' },
  'an answer is garbage gzip': oddAnswers['garbage gzip'],
} as const satisfies Record<string, ProxyFault>

/** networkLives is every fault of the network at each API, early in the release and late. */
export const networkLives: readonly NetworkFault[] = apis.flatMap((api) =>
  (Object.keys(networkFaults) as NetworkFault['name'][]).flatMap((name) => {
    const late: Record<Api, number> = { kubernetes: 90, prometheus: 30, forge: 3 }
    // What costs its timeout in real time is done seldom.
    const calls = name.includes('hangs') || name.includes('no end') || name.includes('trickles') ? 1 : 4
    return [2, late[api]].map((from) => ({ api, name, from, calls }))
  }),
)

/** liveThroughNetwork runs a release while the network does something to some of its calls. */
export async function liveThroughNetwork(seed: number, fault: NetworkFault): Promise<Lived> {
  const seen = { kubernetes: 0, prometheus: 0, forge: 0 }
  return liveThrough(seed, seed % 4 === 0, (api) => {
    const index = seen[api]++
    const isHit = api === fault.api && index >= fault.from && index < fault.from + fault.calls
    return isHit ? networkFaults[fault.name] : null
  })
}

async function liveThrough(
  seed: number,
  isBad: boolean,
  choose: (api: Api) => ProxyFault | null,
): Promise<Lived> {
  const lived: Lived = { broken: [], end: '', faults: 0 }
  await withBench({ scenario: chaosScenario(isBad), seed }, async (bench) => {
    const proxies = await openProxies(bench, (api) => {
      const fault = choose(api)
      if (fault !== null) lived.faults++
      return fault
    })
    const flags = { ...proxies.flags, 'step-timeout': '10m' }
    const ran = await bench.run('rollout', flags, { env: runEnv('1', bench) })
    await proxies.close()
    lived.end = `${isBad ? 'bad' : 'good'} canary: ${ran.outcome?.result} (${ran.outcome?.reasonCode})`
    lived.broken.push(...brokenByOutput(ran), ...brokenByVerdict(isBad, ran.outcome))
    lived.broken.push(...(await brokenAfter(bench, ran.code, lived)))
  })
  return lived
}

/** What could not be finished while everything failed is put right by a run after it. */
async function brokenAfter(bench: Bench, code: number | null, lived: Lived): Promise<string[]> {
  const left = releaseIn(bench.sandbox)
  if (left === null || left.phase === 'promoted' || left.phase === 'rolled-back')
    return brokenAtEnd(bench, code)
  const broken = code === 0 ? [`exit code 0 while the release is ${left.phase}`] : []
  const second = await bench.run('abort', {}, { env: runEnv('2', bench) })
  lived.end += `, then abort: ${second.outcome?.result}`
  return [...broken, ...brokenAtEnd(bench, second.code)]
}

/** Hanging calls cost their real timeouts: none of them here. */
function anyFault(random: Random): ProxyFault {
  const all: ProxyFault[] = [
    ...Object.values(oddAnswers),
    { kind: 'cut', done: true },
    { kind: 'trickle', everyMs: 1 },
  ]
  return all[Math.floor(random.next() * all.length)] as ProxyFault
}
