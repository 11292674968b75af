import { writeFileSync } from 'node:fs'
import type { Random } from '../../src/simulation/random.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import {
  type FaultProxy,
  openFaultProxy,
  type ProxiedRequest,
  type ProxyFault,
} from '../support/fault-proxy.ts'
import type { Bench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights, violations } from '../support/traffic-laws.ts'
import { releaseIn } from '../support/wire.ts'

/** Lived is what became of one schedule: the laws that it broke, as sentences, and how it ended. */
export interface Lived {
  broken: string[]
  end: string
  /** Calls that went wrong on the way. */
  faults: number
}

/** The three APIs that a release talks to. */
export const apis = ['kubernetes', 'prometheus', 'forge'] as const
export type Api = (typeof apis)[number]

/** runEnv is what a run of a workflow has in its environment. */
export const runEnv = (id: string, { sandbox }: Bench): Record<string, string> => ({
  GITHUB_REPOSITORY: 'example/shop',
  GITHUB_RUN_ID: id,
  GITHUB_RUN_ATTEMPT: '1',
  GITHUB_SHA: sandbox.forge.state.commits[0]?.sha ?? '',
})

/** chaosScenario gives a canary that is as good as stable, or fails 5% of its requests. */
export function chaosScenario(isBad: boolean) {
  const scenario = quickScenario()
  const versions = { ...scenario.traffic.versions, v2: healthyVersion(isBad ? 0.05 : 0.002) }
  return { ...scenario, traffic: { ...scenario.traffic, versions } }
}

/** drawIsBad makes three canaries of ten bad ones. */
export const drawIsBad = (random: Random): boolean => random.next() < 0.3

/** Proxies stand between the program and all three APIs. */
export interface Proxies {
  /** Flags that lead a rollout through them. */
  flags: Record<string, string>
  close(): Promise<void>
}

/** openProxies opens one proxy an API; `choose` hears of the requests of all of them. */
export async function openProxies(
  bench: Bench,
  choose: (api: Api, request: ProxiedRequest) => ProxyFault | null,
): Promise<Proxies> {
  const { sandbox, dir } = bench
  const targets = { kubernetes: sandbox.apiUrl, prometheus: sandbox.prometheusUrl, forge: sandbox.githubUrl }
  const open = (api: Api) => openFaultProxy(targets[api], (request) => choose(api, request))
  const [kubernetes, prometheus, forge] = (await Promise.all(apis.map(open))) as [
    FaultProxy,
    FaultProxy,
    FaultProxy,
  ]
  const kubeconfig = `${dir}/kubeconfig-proxy`
  writeFileSync(kubeconfig, sandbox.kubeconfig.replaceAll(sandbox.apiUrl, kubernetes.url))
  return {
    flags: {
      ...quickFlags,
      kubeconfig,
      'prometheus-url': prometheus.url,
      'github-api-url': forge.url,
      token: sandbox.forge.state.token,
    },
    close: async () =>
      void (await Promise.all([kubernetes, prometheus, forge].map((proxy) => proxy.close()))),
  }
}

/** brokenAtEnd holds the end of a schedule to the laws: routes and state agree, all traffic is on one version. */
export function brokenAtEnd(bench: Bench, code: number | null): string[] {
  const { sandbox } = bench
  const state = releaseIn(sandbox)
  const serving = routeWeights(sandbox).filter(({ share }) => share > 0)
  const whole = serving.length > 0 && serving.every(({ share }) => share === 1)
  const version = state?.phase === 'promoted' ? 'v2' : 'v1'
  return [
    ...(code === 0 || code === 1 || code === 3 || code === 4 ? [] : [`exit code ${code}`]),
    ...(whole ? [] : [`traffic is left at ${JSON.stringify(serving)}`]),
    ...(whole && serving.some((entry) => entry.version !== version && entry.version !== null)
      ? [`the state says ${state?.phase}, but ${JSON.stringify(serving)} is served`]
      : []),
    ...(state === null || state.phase === 'promoted' || state.phase === 'rolled-back'
      ? []
      : [`a release is left ${state.phase} at ${state.weight}%`]),
    ...violations(sandbox, recordOf(bench)).filter((text) => !text.includes('writes of VirtualServices')),
  ]
}

/** brokenByOutput finds what no wrong answer may bring about: a fault of the program, or its stack trace. */
export function brokenByOutput({ outcome, stderr }: Awaited<ReturnType<Bench['run']>>): string[] {
  return [
    ...(outcome?.reasonCode === 'internal' ? [`internal: ${outcome.message}`] : []),
    ...(/\n\s+at .*\.js:\d+/.test(stderr) ? [`a stack trace: ${stderr.slice(0, 300)}`] : []),
  ]
}

/**
 * brokenByVerdict holds an end to what the canary is worth: a bad one is never promoted, a good one is never called bad.
 */
export function brokenByVerdict(
  isBad: boolean,
  outcome: { result: string; exitCode: number } | null,
): string[] {
  if (outcome === null) return ['it gave no outcome']
  if (isBad && outcome.result === 'promoted') return ['a canary that fails 5% was promoted']
  if (!isBad && outcome.exitCode === 1) return ['a good canary was rolled back as proved to be bad']
  return []
}

function recordOf(bench: Bench): ReturnType<Bench['record']> {
  try {
    return bench.record()
  } catch {
    return []
  }
}
