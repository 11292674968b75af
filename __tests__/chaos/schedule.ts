import { writeFileSync } from 'node:fs'
import { createRandom, type Random } from '../../src/simulation/random.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import { type FaultProxy, oddAnswers, openFaultProxy, type ProxyFault } from '../support/fault-proxy.ts'
import { type Bench, withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights, violations } from '../support/traffic-laws.ts'
import { releaseIn } from '../support/wire.ts'

/** Kill is where a process dies: at one of its calls of the API server (its effect lost or not), or asleep. */
export type Kill =
  | { at: 'call'; index: number; done: boolean }
  /** ms after the start. */
  | { at: 'sleep'; ms: number }

/** Lived is what became of one schedule: the laws that it broke, as sentences, and how it ended. */
export interface Lived {
  broken: string[]
  end: string
  /** Calls that went wrong on the way. */
  faults: number
}

const run = (id: string) => ({
  GITHUB_REPOSITORY: 'example/shop',
  GITHUB_RUN_ID: id,
  GITHUB_RUN_ATTEMPT: '1',
})

/** scenarioFor gives a good or a bad canary, as the seed has it. */
function scenarioFor(random: Random) {
  const scenario = quickScenario()
  const versions = { ...scenario.traffic.versions, v2: healthyVersion(random.next() < 0.3 ? 0.05 : 0.002) }
  return { ...scenario, traffic: { ...scenario.traffic, versions } }
}

/**
 * liveThroughKill lets a release be killed, and another run come after it: `reconcile`, or the same rollout once more. Whatever
 * was reached then must be whole, and nothing may be left in flight.
 */
export async function liveThroughKill(seed: number, kill: Kill): Promise<Lived> {
  const random = createRandom(`kill ${seed}`)
  const lived: Lived = { broken: [], end: '', faults: 0 }
  await withBench({ scenario: scenarioFor(random), seed }, async (bench) => {
    const { sandbox } = bench
    const end = Promise.withResolvers<void>()
    let signal: (name: NodeJS.Signals) => void = () => {}
    const strike = (): void => {
      lived.faults++
      signal('SIGKILL')
    }
    const proxy = await openFaultProxy(sandbox.apiUrl, ({ index }) => {
      if (kill.at !== 'call' || index !== kill.index) return null
      strike()
      return { kind: 'hang', done: kill.done }
    })
    if (kill.at === 'sleep') {
      sandbox.at(kill.ms, async () => {
        strike()
        await end.promise
      })
    }
    const flags = { ...quickFlags, kubeconfig: through(bench, proxy) }
    const first = await bench.run('rollout', flags, { env: run('1'), onStart: (send) => (signal = send) })
    end.resolve()
    await proxy.close()
    // The end came before the kill: there is nothing to follow.
    if (first.signal !== 'SIGKILL') {
      lived.end = 'not killed'
      return
    }
    const command = random.next() < 0.5 ? 'reconcile' : 'rollout'
    const second = await bench.run(command, command === 'rollout' ? quickFlags : {}, { env: run('2') })
    lived.end = `${command}: ${second.outcome?.result} (${second.outcome?.reasonCode})`
    lived.broken.push(...brokenAtEnd(bench, second.code))
  })
  return lived
}

/** liveThroughFaults runs a release while a share of all answers of the three APIs (0–1) is wrong. */
export async function liveThroughFaults(seed: number, share: number): Promise<Lived> {
  const random = createRandom(`faults ${seed}`)
  const lived: Lived = { broken: [], end: '', faults: 0 }
  await withBench({ scenario: scenarioFor(random), seed }, async (bench) => {
    const { sandbox } = bench
    const choose = (): ProxyFault | null => {
      if (random.next() >= share) return null
      lived.faults++
      return anyFault(random)
    }
    const targets = [sandbox.apiUrl, sandbox.prometheusUrl, sandbox.githubUrl]
    const [api, metrics, forge] = (await Promise.all(
      targets.map((target) => openFaultProxy(target, choose)),
    )) as [FaultProxy, FaultProxy, FaultProxy]
    const flags = {
      ...quickFlags,
      'step-timeout': '10m',
      kubeconfig: through(bench, api),
      'prometheus-url': metrics.url,
      'github-api-url': forge.url,
      token: sandbox.forge.state.token,
    }
    const env = { ...run('1'), GITHUB_SHA: sandbox.forge.state.commits[0]?.sha ?? '' }
    const ran = await bench.run('rollout', flags, { env })
    await Promise.all([api, metrics, forge].map((proxy) => proxy.close()))
    lived.end = `${ran.outcome?.result} (${ran.outcome?.reasonCode})`
    // A wrong answer is an answer: nothing of it may surprise the program.
    if (ran.outcome?.reasonCode === 'internal') lived.broken.push(`internal: ${ran.outcome.message}`)
    if (/\n\s+at .*\.js:\d+/.test(ran.stderr)) lived.broken.push(`a stack trace: ${ran.stderr.slice(0, 300)}`)
    // What could not be finished while everything failed is put right by a run after it.
    const left = releaseIn(sandbox)
    if (left !== null && left.phase !== 'promoted' && left.phase !== 'rolled-back') {
      if (ran.code === 0) lived.broken.push(`exit code 0 while the release is ${left.phase}`)
      const second = await bench.run('abort', {}, { env: run('2') })
      lived.end += `, then abort: ${second.outcome?.result}`
      lived.broken.push(...brokenAtEnd(bench, second.code))
    } else lived.broken.push(...brokenAtEnd(bench, ran.code))
  })
  return lived
}

/** Hanging calls cost their real timeouts: few of them. */
function anyFault(random: Random): ProxyFault {
  const answers: ProxyFault[] = Object.values(oddAnswers)
  const others: ProxyFault[] = [
    { kind: 'cut', done: true },
    { kind: 'trickle', everyMs: 1 },
  ]
  const all = [...answers, ...others]
  return all[Math.floor(random.next() * all.length)] as ProxyFault
}

/** through gives a kubeconfig that goes through a proxy. */
function through({ sandbox, dir }: Bench, proxy: FaultProxy): string {
  const file = `${dir}/kubeconfig-proxy`
  writeFileSync(file, sandbox.kubeconfig.replaceAll(sandbox.apiUrl, proxy.url))
  return file
}

/** brokenAtEnd holds the end of a schedule to the laws: routes and state agree, all traffic is on one version. */
function brokenAtEnd(bench: Bench, code: number | null): string[] {
  const { sandbox } = bench
  const state = releaseIn(sandbox)
  const serving = routeWeights(sandbox).filter(({ share }) => share > 0)
  const whole = serving.length > 0 && serving.every(({ share }) => share === 1)
  const version = state?.phase === 'promoted' ? 'v2' : 'v1'
  const record = recordOf(bench)
  return [
    ...(code === 0 || code === 1 || code === 3 || code === 4 ? [] : [`exit code ${code}`]),
    ...(whole ? [] : [`traffic is left at ${JSON.stringify(serving)}`]),
    ...(whole && serving.some((entry) => entry.version !== version && entry.version !== null)
      ? [`the state says ${state?.phase}, but ${JSON.stringify(serving)} is served`]
      : []),
    ...(state === null || state.phase === 'promoted' || state.phase === 'rolled-back'
      ? []
      : [`a release is left ${state.phase} at ${state.weight}%`]),
    ...violations(sandbox, record).filter((text) => !text.includes('writes of VirtualServices')),
  ]
}

function recordOf(bench: Bench): ReturnType<Bench['record']> {
  try {
    return bench.record()
  } catch {
    return []
  }
}
