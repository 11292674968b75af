import { didYouMean } from '../../config/suggest.ts'
import { Failure } from '../../release/failure.ts'
import { type MetricsCondition, metricsConditions } from '../../sandbox/prometheus/conditions.ts'
import { type Sandbox, startSandbox } from '../../sandbox/sandbox.ts'
import { scenarioNamed, scenarios } from '../../sandbox/scenarios/catalogue.ts'
import type { Scenario } from '../../sandbox/scenarios/scenario.ts'
import type { Arguments } from '../arguments.ts'

/** SandboxWorld is a scenario brought to life, and the options of a release in it. */
export interface SandboxWorld {
  sandbox: Sandbox
  /** Options of `rollout`, by name. */
  options: ReadonlyMap<string, string>
  /** What the environment has to hold beside them. */
  env: Readonly<Record<string, string>>
}

/**
 * startSandboxWorld starts the sandbox that `--scenario`, `--metrics`, `--seed` and `--speed` ask for. It throws Failure
 * `invalid-input` for an unknown name, and for a seed or speed that is no number.
 */
export async function startSandboxWorld(parsed: Arguments): Promise<SandboxWorld> {
  const scenario = scenarioOf(parsed)
  const metrics = conditionOf(parsed)
  const sandbox = await startSandbox({
    scenario,
    ...(metrics === null ? {} : { metrics }),
    seed: numberOf(parsed, 'seed', /^\d{1,9}$/, 'a whole number of at most nine digits') ?? 1,
    speed: numberOf(parsed, 'speed', /^\d{1,6}(\.\d+)?$/, 'a number above 0, e.g. 60'),
  })
  return { sandbox, options: optionsFor(sandbox), env: { SHIFTGATE_SANDBOX_CLOCK: sandbox.clockUrl } }
}

function scenarioOf(parsed: Arguments): Scenario {
  const name = parsed.given.get('scenario')?.text
  if (name === undefined) return scenarios[0] as Scenario
  return (
    scenarioNamed(name) ??
    unknownName(
      'scenario',
      name,
      scenarios.map((each) => each.name),
    )
  )
}

function conditionOf(parsed: Arguments): MetricsCondition | null {
  const name = parsed.given.get('metrics')?.text
  if (name === undefined) return null
  const names = Object.keys(metricsConditions)
  return names.includes(name) ? (name as MetricsCondition) : unknownName('metrics', name, names)
}

function unknownName(flag: string, name: string, names: readonly string[]): never {
  throw new Failure(
    'invalid-input',
    `--${flag}: ${JSON.stringify(name.slice(0, 80))} is not one of: ${names.join(', ')}.${didYouMean(name, names, (near) => `"${near}"`)}`,
    { details: { field: flag, value: name.slice(0, 200) } },
  )
}

function numberOf(parsed: Arguments, name: string, shape: RegExp, wanted: string): number | null {
  const text = parsed.given.get(name)?.text
  if (text === undefined) return null
  const number = shape.test(text) ? Number(text) : 0
  if (number > 0 || (name === 'seed' && text === '0')) return number
  throw new Failure('invalid-input', `--${name}: ${JSON.stringify(text.slice(0, 80))} is not ${wanted}.`, {
    details: { field: name, value: text.slice(0, 200) },
  })
}

function optionsFor({ scenario, ...sandbox }: Sandbox): Map<string, string> {
  const { state, url } = sandbox.forge
  return new Map([
    ['namespace', scenario.namespace],
    ['service', scenario.service],
    ...(scenario.args.image === undefined ? [['version', scenario.canary] as const] : []),
    ['kubeconfig', sandbox.kubeconfig],
    ['prometheus-url', sandbox.prometheusUrl],
    ['token', state.token],
    ['repository', `${state.owner}/${state.name}`],
    ['commit', state.commits[0]?.sha ?? ''],
    ['github-api-url', `${url}/api/v3`],
    ...Object.entries(scenario.args),
  ])
}
