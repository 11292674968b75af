import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Scenario } from '../../src/sandbox/scenarios/scenario.ts'
import { callerManifest, deploymentManifest, serviceManifest } from '../../src/sandbox/scenarios/shop.ts'
import { systemManifests } from '../../src/sandbox/scenarios/system.ts'
import { healthyVersion } from '../../src/simulation/traffic-model.ts'
import { setWeights } from '../support/by-hand.ts'
import { hostRoutes, versionService } from '../support/host-split.ts'
import { quickFlags as quickFlagsOfTests, quickScenario } from '../support/quick-release.ts'
import type { Stage } from './stage.ts'

/** TranscriptScenario is one run, or a few that belong together, whose transcript is kept as text. */
export interface TranscriptScenario {
  name: string
  /** One sentence for the reader. */
  about: string
  scenario: Scenario
  /** Show all options and queries; else only what differs from scenario to scenario. */
  full?: true
  act(stage: Stage): Promise<void>
}

/** While the first step is observed, ms after the start, and between two polls: the program sleeps. */
const observing = 47_000

/** A transcript shows what users get: answers and latency are looked at by default. */
const { profile: _default, ...quickFlags } = quickFlagsOfTests
const { steps: _, ...withoutSteps } = quickFlags

function failing(scenario: Scenario, share: number): Scenario {
  const versions = { ...scenario.traffic.versions, v2: healthyVersion(share) }
  return { ...scenario, traffic: { ...scenario.traffic, versions } }
}

const withoutRoutes = [systemManifests, serviceManifest, callerManifest, deploymentManifest('v1')]

/** scenes are the transcripts, one file each. */
export const transcriptScenarios: readonly TranscriptScenario[] = [
  {
    name: 'good',
    about: 'The action releases a version that is as good as the one that serves: 20%, then 100%.',
    full: true,
    scenario: quickScenario(),
    act: async (stage) => {
      await stage.action(stage.rollout(quickFlags))
    },
  },
  {
    name: 'errors',
    about: 'The canary fails 5% of its requests: it is rolled back on proof.',
    scenario: failing(quickScenario(), 0.05),
    act: async (stage) => {
      await stage.action(stage.rollout(quickFlags))
    },
  },
  {
    name: 'host-split',
    about: 'Each version has a Service of its own, and the route names hosts instead of subsets.',
    scenario: quickScenario({
      manifests: [...withoutRoutes, versionService('v1'), versionService('v2'), hostRoutes].join('\n'),
    }),
    act: async (stage) => {
      await stage.action(stage.rollout(quickFlags))
    },
  },
  {
    name: 'sticky',
    about: 'Users who met the canary stay with it, by a cookie, until the last step.',
    scenario: quickScenario(),
    act: async (stage) => {
      const config = 'steps: [{weight: 20, sticky: {cookie: canary, max-age: 1h}}, 100]\n'
      writeFileSync(join(stage.bench.dir, 'shiftgate.yml'), config)
      await stage.action(stage.rollout(withoutSteps))
    },
  },
  {
    name: 'drift',
    about: 'Somebody changes the weights by hand while the first step is observed: the release stops there.',
    scenario: quickScenario(),
    act: async (stage) => {
      stage.sandbox.at(observing, () => setWeights(stage.sandbox, 'my-api', 60, 40))
      await stage.action(stage.rollout(quickFlags))
    },
  },
  {
    name: 'outage',
    about:
      'Prometheus loses its series while the first step is observed: without counts traffic is put back.',
    scenario: quickScenario(),
    act: async (stage) => {
      stage.sandbox.at(observing, () => stage.sandbox.prometheus.setFault({ kind: 'empty' }))
      await stage.action(stage.rollout(quickFlags))
    },
  },
  {
    name: 'cancel',
    about: 'The workflow run is cancelled while the first step is observed: the post step puts traffic back.',
    scenario: quickScenario(),
    act: async (stage) => {
      const inputs = stage.rollout(quickFlags)
      const main = await stage.action(inputs, { signalAt: { ms: observing, signal: 'SIGINT' } })
      await stage.action(inputs, { state: main.state })
    },
  },
  {
    name: 'reconcile',
    about:
      'The process is killed while the first step is observed; reconcile, run elsewhere, puts traffic back.',
    scenario: quickScenario(),
    act: async (stage) => {
      await stage.cli('rollout', quickFlags, {
        run: '1001',
        show: 'nothing',
        signalAt: { ms: observing, signal: 'SIGKILL' },
      })
      await stage.cli('reconcile', {}, { run: '1002' })
    },
  },
  {
    name: 'rollback',
    about: 'After a promotion: back to the previous version in one run, and the same command once more.',
    scenario: quickScenario(),
    act: async (stage) => {
      await stage.cli('rollout', { ...quickFlags, steps: '100' }, { run: '1001', show: 'nothing' })
      await stage.cli('rollback', {}, { run: '1002' })
      await stage.cli('rollback', {}, { run: '1003' })
    },
  },
  {
    name: 'step-mode',
    about: 'A schedule drives the release: each run judges what is due, moves at most one step and ends.',
    scenario: quickScenario(),
    act: async (stage) => {
      for (const run of ['1001', '1002', '1003']) {
        await stage.cli('rollout', { ...quickFlags, mode: 'step' }, { run })
        await stage.sandbox.clock.advance(60_000)
      }
    },
  },
  {
    name: 'pin',
    about:
      'Before the canary is deployed, where no route exists yet: all requests are sent to stable by name.',
    scenario: quickScenario({ manifests: withoutRoutes.join('\n'), deploy: '' }),
    act: async (stage) => {
      await stage.cli('pin', {}, { run: '1001' })
    },
  },
  {
    name: 'plan',
    about: 'What a release would write and how long its steps would take; nothing is written.',
    scenario: quickScenario(),
    act: async (stage) => {
      await stage.cli('plan', quickFlags, { run: '1001' })
    },
  },
]
