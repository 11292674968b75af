import type { Scenario } from '../../src/sandbox/scenarios/scenario.ts'
import { deploymentManifest } from '../../src/sandbox/scenarios/shop.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import type { Bench, RunOptions } from './program.ts'
import { eventually } from './program.ts'
import { quickFlags, quickScenario } from './quick-release.ts'

/** threeVersions is the quick scenario with a third version deployed beside v1 and v2. */
export function threeVersions(canary = healthyVersion(0.002)): Scenario {
  const scenario = quickScenario()
  const versions = { ...scenario.traffic.versions, v2: canary, v3: healthyVersion(0.002) }
  const deploy = `${scenario.deploy}${deploymentManifest('v3')}`
  return { ...scenario, deploy, traffic: { ...scenario.traffic, versions } }
}

/** runEnv is what GitHub sets for a run's attempt. */
export const runEnv = (run: string, attempt = '1') => ({
  GITHUB_REPOSITORY: 'example/shop',
  GITHUB_RUN_ID: run,
  GITHUB_RUN_ATTEMPT: attempt,
})

/** secondRelease releases v3 in a run of its own, whose record and result lie in folders of its own. */
export function secondRelease(
  { run, dir }: Bench,
  flags: Record<string, string>,
  options: RunOptions & { id?: string } = {},
): ReturnType<Bench['run']> {
  const { id = '1002', ...rest } = options
  const own = { version: 'v3', json: `${dir}/${id}.json`, 'report-dir': `${dir}/${id}` }
  return run('rollout', { ...quickFlags, ...own, ...flags }, { ...rest, env: { ...runEnv(id), ...rest.env } })
}

/**
 * whileRunning releases v2 as run 1001 and starts `second` when its line matches; time stands still until that has looked
 * at the cluster, so that both live at once.
 */
export async function whileRunning<Second>(
  bench: Bench,
  line: RegExp,
  second: () => Promise<Second>,
  flags: Record<string, string> = {},
): Promise<{ first: Awaited<ReturnType<Bench['run']>>; second: Second }> {
  const { sandbox } = bench
  let started: Promise<Second> | null = null
  const first = await bench.run(
    'rollout',
    { ...quickFlags, ...flags },
    {
      env: runEnv('1001'),
      onLine: (text) => {
        if (started || !line.test(text)) return
        const still = sandbox.clock.attach()
        const seen = sandbox.requests.length
        started = second()
        const looked = () => sandbox.requests.slice(seen).some(({ path }) => path.includes('/services/'))
        void eventually(looked).finally(() => still.detach())
      },
    },
  )
  if (started === null) throw new Error(`no line of the first release matches ${line}: ${first.stdout}`)
  return { first, second: await (started as Promise<Second>) }
}
