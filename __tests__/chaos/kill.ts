import { createRandom } from '../../src/simulation/random.ts'
import { runStep } from '../support/action-step.ts'
import { type Bench, withBench } from '../support/program.ts'
import { quickFlags, rolloutInputs } from '../support/quick-release.ts'
import { releaseIn } from '../support/wire.ts'
import {
  type Api,
  brokenAtEnd,
  brokenByVerdict,
  chaosScenario,
  drawIsBad,
  type Lived,
  openProxies,
  runEnv,
} from './life.ts'

/** Kill is where a process dies: at one of its calls of an API (its effect lost or not), or asleep. */
export type Kill =
  | { at: 'call'; api: Api; index: number; done: boolean }
  /** ms after the start. */
  | { at: 'sleep'; ms: number }

/** Successor is what comes after the process that died. */
export type Successor = 'rollout' | 'reconcile' | 'post'

/** So many calls of each API, and a little more, are what a release makes. */
const calls: Record<Api, number> = { kubernetes: 220, prometheus: 60, forge: 12 }
const sleeps = 60

/** killPlaces are all places where a process can die: every call, with and without its effect, and every three seconds asleep. */
export const killPlaces: readonly Kill[] = [
  ...(Object.entries(calls) as [Api, number][]).flatMap(([api, count]) =>
    Array.from({ length: count }, (_, index) =>
      // A question has no effect that could be lost.
      (api === 'prometheus' ? [false] : [false, true]).map(
        (done): Kill => ({ at: 'call', api, index, done }),
      ),
    ).flat(),
  ),
  ...Array.from({ length: sleeps }, (_, index): Kill => ({ at: 'sleep', ms: index * 3000 + 1500 })),
]

/**
 * liveThroughKill lets a release be killed, and something come after it: `reconcile`, the same rollout by another run, or
 * the post step of the action. Whatever was reached then must be whole, and nothing may be left in flight.
 */
export async function liveThroughKill(seed: number, kill: Kill, successor: Successor): Promise<Lived> {
  const isBad = drawIsBad(createRandom(`kill ${seed}`))
  const lived: Lived = { broken: [], end: 'not killed', faults: 0 }
  await withBench({ scenario: chaosScenario(isBad), seed }, async (bench) => {
    const first = await runAndKill(bench, kill, successor)
    // The end came before the kill: there is nothing to follow.
    if (first.signal !== 'SIGKILL') return
    lived.faults++
    const code = await follow(bench, successor, first.state, isBad, lived)
    lived.broken.push(...brokenAtEnd(bench, code))
  })
  return lived
}

async function runAndKill(bench: Bench, kill: Kill, successor: Successor) {
  const { sandbox } = bench
  const end = Promise.withResolvers<void>()
  const seen: Record<string, number> = {}
  let signal: (name: NodeJS.Signals) => void = () => {}
  const proxies = await openProxies(bench, (api) => {
    const index = seen[api] ?? 0
    seen[api] = index + 1
    if (kill.at !== 'call' || kill.api !== api || index !== kill.index) return null
    signal('SIGKILL')
    return { kind: 'hang', done: kill.done }
  })
  if (kill.at === 'sleep') {
    sandbox.at(kill.ms, async () => {
      signal('SIGKILL')
      await end.promise
    })
  }
  const onStart = (send: typeof signal) => {
    signal = send
  }
  try {
    if (successor === 'post')
      return await runStep(bench, { ...rolloutInputs(bench), ...proxies.flags }, { onStart })
    const ran = await bench.run('rollout', proxies.flags, { env: runEnv('1', bench), onStart })
    return { signal: ran.signal, state: {} }
  } finally {
    end.resolve()
    await proxies.close()
  }
}

async function follow(
  bench: Bench,
  successor: Successor,
  state: Record<string, string>,
  isBad: boolean,
  lived: Lived,
): Promise<number | null> {
  const before = releaseIn(bench.sandbox)?.phase ?? null
  if (successor === 'post') {
    const { code } = await runStep(bench, rolloutInputs(bench), { post: true, state })
    lived.end = `post: exit code ${code}`
    return code
  }
  const flags = successor === 'rollout' ? quickFlags : {}
  const { code, outcome } = await bench.run(successor, flags, { env: runEnv('2', bench) })
  lived.end = `${successor}: ${outcome?.result} (${outcome?.reasonCode})`
  lived.broken.push(...brokenByVerdict(isBad, outcome))
  const isWayBack = before === 'rolling-back' || before === 'rolled-back'
  const good = !isBad && !isWayBack && successor === 'rollout'
  if (good && outcome?.result !== 'promoted' && outcome?.result !== 'already-promoted')
    lived.broken.push(`a good canary ended ${outcome?.result} (${outcome?.reasonCode})`)
  return code
}
