import { scenarioNamed } from '../../src/sandbox/scenarios/catalogue.ts'
import type { Scenario } from '../../src/sandbox/scenarios/scenario.ts'
import type { Bench } from './program.ts'

/** quickScenario is a scenario with little history, for tests that look at something else than the verdict. */
export function quickScenario(changes: Partial<Scenario> = {}, of = 'good'): Scenario {
  const scenario = scenarioNamed(of)
  if (!scenario) throw new Error(`no scenario ${of}`)
  const rate = { kind: 'constant' as const, perSecond: 100 }
  return { ...scenario, warmup: 330, traffic: { ...scenario.traffic, rate }, ...changes }
}

/** rolloutInputs are the inputs of a workflow step that makes such a release of v2 in a sandbox. */
export function rolloutInputs({ sandbox }: Bench): Record<string, string> {
  return {
    command: 'rollout',
    namespace: 'shop',
    service: 'my-api',
    version: 'v2',
    'prometheus-url': sandbox.prometheusUrl,
    kubeconfig: sandbox.kubeconfig,
    ...quickFlags,
  }
}

/** quickFlags make a release of two steps that takes two minutes of virtual time, and looks at failures alone. */
export const quickFlags: Record<string, string> = {
  steps: '20,100',
  'min-step-duration': '30s',
  'final-duration': '45s',
  'step-timeout': '3m',
  history: '5m',
  profile: 'off',
}
