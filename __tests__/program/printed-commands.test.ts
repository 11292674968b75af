import { describe, expect, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { readSources } from '../contract-of-surface/source.ts'
import { scaleDeployment } from '../support/by-hand.ts'
import { commandsIn, type Pasted, type Shell, withShell } from '../support/pasted-commands.ts'
import { quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { releaseKey } from '../support/wire.ts'

const target = '--namespace shop --service my-api'
const rollout = `shiftgate rollout ${target} --version v2`
const abort = `shiftgate abort ${target}`
const resume = `shiftgate resume ${target}`
const status = `shiftgate status ${target}`
const scaleUp = 'kubectl -n shop scale deployment my-api-v1 --replicas=3'
const waitForPods = 'kubectl -n shop rollout status deployment my-api-v1'

/** What runs after a state was reached: commands that its message or report printed, and how each ends. */
type Printed = readonly [line: string, code: number, reason: string]

interface State {
  name: string
  /** Gives what was printed; what came before it in the same shell still holds. */
  reach(shell: Shell): Promise<Pasted>
  code: number
  /** All that is printed, as it stands; `VERSION` is for the reader to fill in. */
  printed: readonly string[]
  /** Those of it that are run, in this order, and what holds then; the others would end the state too. */
  runs: readonly Printed[]
  /** Versions that have traffic then. */
  serving?: readonly string[]
}

const kubectlEdit = { manager: 'kubectl-edit', operation: 'Update' as const }

function edit({ store }: Sandbox, kind: string, change: (object: KubeObject) => void, name = 'my-api'): void {
  const before = store.get(kind, 'shop', name)
  if (before === null) throw new Error(`no ${kind} ${name}`)
  const object = structuredClone(before)
  change(object)
  store.update(kindNamed(kind), before, object, kubectlEdit)
}

/** Its state and its name are gone from the cluster: `text` stands where the state was. */
function forgetRelease(sandbox: Sandbox, text: string | null): void {
  edit(sandbox, 'VirtualService', ({ metadata }) => {
    const { [releaseKey]: _, ...others } = metadata.annotations ?? {}
    metadata.annotations = text === null ? others : { ...others, [releaseKey]: text }
  })
}

function forgetLease({ store }: Sandbox): void {
  const lease = store.get('Lease', 'shop', 'shiftgate-my-api')
  if (lease !== null) store.remove(kindNamed('Lease'), lease)
}

/** Somebody else holds the Lease from now on, and renews it for two minutes. */
function holdLease(sandbox: Sandbox): void {
  const renew = (holderIdentity: string): void =>
    edit(
      sandbox,
      'Lease',
      ({ spec }) =>
        Object.assign(spec ?? {}, { holderIdentity, renewTime: new Date(sandbox.clock.now()).toISOString() }),
      'shiftgate-my-api',
    )
  renew('somebody')
  const now = sandbox.clock.now() - sandbox.start
  for (let seconds = 5; seconds <= 120; seconds += 5)
    sandbox.at(now + seconds * 1000, () => renew('somebody'))
}

function serves(sandbox: Sandbox): string[] {
  const shares = routeWeights(sandbox).filter(({ share }) => share > 0)
  return [...new Set(shares.map(({ version }) => version ?? ''))]
}

async function live(shell: Shell, states: readonly State[]): Promise<void> {
  for (const { name, reach, code, printed, runs, serving } of states) {
    const reached = await reach(shell)
    expect({ name, code: reached.code, printed: reached.printed }).toEqual({ name, code, printed })
    for (const [line, expected, reason] of runs) {
      expect(printed.map((each) => each.replace('VERSION', 'v2'))).toContain(line)
      const pasted = await shell.paste(line)
      expect({ name, line, code: pasted.code, reason: pasted.reason, message: pasted.message }).toMatchObject(
        {
          name,
          line,
          code: expected,
          reason,
        },
      )
    }
    if (serving !== undefined) expect({ name, serving: serves(shell.sandbox) }).toEqual({ name, serving })
  }
}

const paste = (line: string) => (shell: Shell) => shell.paste(line)

describe('the commands that messages and reports print run as they stand, in the state in which they are printed', () => {
  test('a release between two turns of step mode, from nothing to its end', async () => {
    await withShell(quickScenario(), { mode: 'step' }, (shell) =>
      live(shell, [
        {
          name: 'nothing was ever released: rollback',
          reach: paste(`shiftgate rollback ${target}`),
          code: 3,
          printed: [`shiftgate rollout ${target} --version VERSION`],
          runs: [],
        },
        {
          name: 'nothing is in flight: resume',
          reach: paste(resume),
          code: 3,
          printed: [`shiftgate rollout ${target} --version VERSION`],
          runs: [[rollout, 0, 'step-complete']],
          serving: ['v1', 'v2'],
        },
        {
          name: 'another version is in flight',
          reach: paste(`shiftgate rollout ${target} --version v3`),
          code: 3,
          printed: [abort],
          runs: [],
        },
        {
          name: 'paused by command',
          reach: paste(`shiftgate pause ${target}`),
          code: 0,
          printed: [resume, abort],
          runs: [],
        },
        {
          name: 'paused by command: the next rollout does not go on',
          reach: paste(rollout),
          code: 3,
          printed: [resume, abort],
          runs: [
            [resume, 0, 'step-complete'],
            [abort, 0, 'aborted-by-command'],
          ],
          serving: ['v1'],
        },
        {
          name: 'between two turns',
          reach: paste(rollout),
          code: 0,
          printed: [status, abort],
          runs: [[status, 0, 'inspected']],
        },
        {
          name: 'other steps than those that it began with',
          reach: paste(`${rollout} --steps 30,100`),
          code: 3,
          printed: [abort],
          runs: [[abort, 0, 'aborted-by-command']],
          serving: ['v1'],
        },
      ]),
    )
  }, 60_000)

  test('a release whose state is lost', async () => {
    await withShell(quickScenario(), { mode: 'step' }, (shell) =>
      live(shell, [
        {
          name: 'its Lease names it',
          reach: async ({ paste, sandbox }) => {
            await paste(rollout)
            forgetRelease(sandbox, null)
            return paste(rollout)
          },
          code: 3,
          printed: [abort],
          runs: [[abort, 0, 'aborted-by-command']],
          serving: ['v1'],
        },
        {
          name: 'nothing names it, and the routes divide the traffic',
          reach: async ({ paste, sandbox }) => {
            await paste(rollout)
            forgetRelease(sandbox, null)
            forgetLease(sandbox)
            return paste(abort)
          },
          code: 3,
          printed: ['v1', 'v2'].map((version) => `shiftgate rollback ${target} --to-version ${version}`),
          runs: [[`shiftgate rollback ${target} --to-version v1`, 0, 'rolled-back-by-command']],
          serving: ['v1'],
        },
        {
          name: 'an annotation that nobody can read, and nothing else that names a release',
          reach: async ({ paste, sandbox }) => {
            forgetRelease(sandbox, 'garbage')
            forgetLease(sandbox)
            return paste(rollout)
          },
          code: 3,
          printed: [`kubectl -n shop annotate virtualservice my-api ${releaseKey}-`],
          runs: [[`kubectl -n shop annotate virtualservice my-api ${releaseKey}-`, 0, '']],
        },
        {
          name: 'the same, and everything is on one version: rollback asks which is meant',
          reach: async ({ paste, sandbox }) => {
            forgetRelease(sandbox, 'garbage')
            return paste(`shiftgate rollback ${target}`)
          },
          code: 3,
          printed: [`shiftgate rollback ${target} --to-version v1`],
          runs: [[`shiftgate rollback ${target} --to-version v1`, 0, 'nothing-to-do']],
          serving: ['v1'],
        },
      ]),
    )
  }, 60_000)

  test('traffic that is not safe, and a target that somebody else works on', async () => {
    await withShell(quickScenario(), { mode: 'step', 'capacity-timeout': '90s' }, (shell) =>
      live(shell, [
        {
          name: 'stable has no pods to return to',
          reach: async ({ paste, pass, sandbox }) => {
            await paste(rollout)
            scaleDeployment(sandbox, 'v1', 0)
            await pass(60_000)
            return paste(abort)
          },
          code: 5,
          printed: [scaleUp, waitForPods, abort, status],
          runs: [
            [status, 0, 'inspected'],
            [scaleUp, 0, ''],
            [waitForPods, 0, ''],
            [abort, 0, 'aborted-by-command'],
          ],
          serving: ['v1'],
        },
        {
          name: 'the API server refuses every change of the weights',
          reach: async ({ paste, sandbox }) => {
            await paste(rollout)
            const heal = sandbox.api.fail(
              ({ method, body }) => method === 'PATCH' && body.includes('/weight'),
              { status: 403 },
              1_000,
            )
            const failed = await paste(abort)
            heal()
            return failed
          },
          code: 5,
          printed: ['kubectl -n shop get virtualservices,destinationrules -o yaml', status, abort],
          runs: [
            ['kubectl -n shop get virtualservices,destinationrules -o yaml', 0, ''],
            [abort, 0, 'aborted-by-command'],
          ],
          serving: ['v1'],
        },
        {
          name: 'another process holds the Lease',
          reach: async ({ paste, sandbox }) => {
            await paste(rollout)
            holdLease(sandbox)
            return paste(rollout)
          },
          code: 3,
          printed: [abort],
          runs: [[abort, 0, 'aborted-by-command']],
          serving: ['v1'],
        },
      ]),
    )
  }, 60_000)

  test('a promoted release', async () => {
    const rollback = `shiftgate rollback ${target}`
    await withShell(quickScenario(), { steps: '100' }, (shell) =>
      live(shell, [
        {
          name: 'promoted',
          reach: paste(rollout),
          code: 0,
          printed: [rollback],
          runs: [],
          serving: ['v2'],
        },
        {
          name: 'a version that never was here is asked for',
          reach: paste(`${rollback} --to-version v7`),
          code: 3,
          printed: [`shiftgate rollout ${target} --version v7`],
          runs: [],
        },
        {
          name: 'the previous version has no pods',
          reach: async ({ paste, pass, sandbox }) => {
            scaleDeployment(sandbox, 'v1', 0)
            await pass(60_000)
            return paste(rollback)
          },
          code: 3,
          printed: [scaleUp],
          runs: [[scaleUp, 0, '']],
        },
        {
          name: 'it has pods again',
          reach: async ({ paste, pass }) => {
            await pass(60_000)
            return paste(rollback)
          },
          code: 0,
          printed: [],
          runs: [],
          serving: ['v1'],
        },
      ]),
    )
  }, 60_000)

  test.each([
    { hasPost: false, onCancel: 'ignore', printed: [resume, abort, status] },
    { hasPost: true, onCancel: 'rollback', printed: [abort, status] },
  ])(
    'a cancelled run, on-cancel: $onCancel, post step: $hasPost',
    async ({ hasPost, onCancel, printed }) => {
      await withShell(quickScenario(), { 'on-cancel': onCancel }, (shell) =>
        live(shell, [
          {
            name: onCancel,
            reach: ({ paste }) =>
              paste(rollout, {
                hasPost,
                onLine: (line, interrupt) => {
                  if (line.includes('settled at 20%')) interrupt()
                },
              }),
            code: 4,
            printed,
            runs: [
              [status, 0, 'inspected'],
              [abort, 0, 'aborted-by-command'],
            ],
            serving: ['v1'],
          },
        ]),
      )
    },
    60_000,
  )

  test('before the first write', async () => {
    const pin = `shiftgate pin ${target}`
    const preflight = `shiftgate preflight ${target} --version v2`
    const patch =
      'kubectl -n shop patch service my-api --type json -p \'[{"op":"remove","path":"/spec/selector/version"}]\''
    const pods = 'kubectl -n shop get pods -l version=v1'
    await withShell(quickScenario(), {}, (shell) =>
      live(shell, [
        {
          name: 'the Service selects one version alone',
          reach: async ({ paste, sandbox }) => {
            edit(sandbox, 'Service', (object) => {
              const selector = object.spec?.selector as unknown as Record<string, string>
              selector.version = 'v1'
            })
            return paste(rollout)
          },
          code: 3,
          printed: [patch, pin],
          runs: [[patch, 0, '']],
        },
        {
          name: 'no route names a version, and pods of the canary are ready',
          reach: async ({ paste, pass, sandbox }) => {
            for (const kind of ['VirtualService', 'DestinationRule'])
              for (const object of sandbox.store.list(kind, 'shop'))
                sandbox.store.remove(kindNamed(kind), object)
            await pass(60_000)
            return paste(preflight)
          },
          code: 0,
          printed: [`${pin} --stable-version v1`],
          runs: [[`${pin} --stable-version v1`, 0, 'pinned']],
          serving: ['v1'],
        },
        {
          name: 'stable has no ready pod',
          reach: async ({ paste, pass, sandbox }) => {
            scaleDeployment(sandbox, 'v1', 0)
            await pass(60_000)
            return paste(rollout)
          },
          code: 3,
          printed: [pods],
          runs: [[pods, 0, '']],
        },
      ]),
    )
  }, 60_000)
})

/** Where commands are printed, and the states above in which each is. */
const printers: Readonly<Record<string, string>> = {
  'src/config/failed-outcome.ts': 'a fault of the program: status, as between two turns',
  'src/preflight/pods.ts': 'before the first write',
  'src/preflight/service.ts': 'before the first write',
  'src/report/words/events/release-finding.ts': 'the command that scales, as without pods to return to',
  'src/report/words/events/warning.ts': 'the command that scales, as without pods to return to',
  'src/report/words/outcome/ending-message.ts': 'paused, cancelled, without pods, not put back',
  'src/report/words/outcome/identity-refusal.ts':
    'a Deployment without version label: its patch needs a name of theirs',
  'src/report/words/outcome/in-flight.ts': 'nothing is in flight, another version is in flight',
  'src/report/words/outcome/lost-release.ts': 'a release whose state is lost',
  'src/report/words/outcome/next-actions.ts': 'between two turns, promoted, not safe',
  'src/report/words/outcome/rollback.ts': 'a version that never was here, one without pods',
  'src/rollout/lifecycle/lease.ts': 'another process holds the Lease',
  'src/routing/istio/istio-routing.ts': 'an annotation that nobody can read, weights that are refused',
}

test('every place that prints a command is reached above', () => {
  const prints = /\b(?:commandLine|scaleCommand|rolloutStatusCommand)\(|`kubectl -n /
  const found = readSources(['src'])
    .filter(({ path, text }) => prints.test(text) && path !== 'src/release/text/command-line.ts')
    .map(({ path }) => path)
  expect(found.sort()).toEqual(Object.keys(printers).sort())
})

test.each([
  ['Run "shiftgate abort --namespace a --service b". Or not.', ['shiftgate abort --namespace a --service b']],
  ['```sh\nshiftgate status --namespace a\n```', ['shiftgate status --namespace a']],
  [
    `Patch it: kubectl -n a patch service b -p '[{"op": "remove"}]' (pin first: shiftgate pin --namespace a).`,
    [`kubectl -n a patch service b -p '[{"op": "remove"}]'`, 'shiftgate pin --namespace a'],
  ],
  ['First: kubectl -n a scale deployment b --replicas=3', ['kubectl -n a scale deployment b --replicas=3']],
])('commands are found in %j', (text, commands) => {
  expect(commandsIn(text)).toEqual(commands)
})
