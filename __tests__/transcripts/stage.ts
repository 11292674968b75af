import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { runStep, type Step } from '../support/action-step.ts'
import { type Bench, withBench } from '../support/program.ts'
import { plainText } from './plain-text.ts'
import type { TranscriptScenario } from './scenarios.ts'
import { listen, type WireText } from './wire-text.ts'

interface SignalAt {
  /** ms of virtual time after the start, at which the program must be asleep. */
  ms: number
  signal: 'SIGINT' | 'SIGKILL'
}

/** Stage runs the built program against the sandbox of one scene and writes down what it does. */
export interface Stage {
  bench: Bench
  sandbox: Sandbox
  /** rollout gives the inputs of a rollout step. */
  rollout(inputs: Record<string, string>): Record<string, string>
  /** action runs one step of a workflow; with the state of a main step it is that step's post step. */
  action(
    inputs: Record<string, string>,
    options?: { state?: Record<string, string>; signalAt?: SignalAt },
  ): Promise<Step>
  /** cli runs one command in the CI run of that number; `nothing` of it is shown where it only prepares. */
  cli(
    command: string,
    flags: Record<string, string>,
    options: { run: string; show?: 'nothing'; signalAt?: SignalAt },
  ): Promise<void>
}

/** transcriptOf lives through a scene and gives its transcript: the same text on every machine. */
export async function transcriptOf(scenario: TranscriptScenario): Promise<string> {
  const parts: string[] = [`# ${scenario.name}`, scenario.about]
  await withBench({ scenario: scenario.scenario, seed: 3 }, async (bench) => {
    await scenario.act(stageOf(bench, parts, scenario.full === true))
    const { comments } = bench.sandbox.forge.state
    for (const { issue, body } of comments) parts.push(section(`Comment on #${issue}`, [body]))
    parts.splice(0, parts.length, plainText(bench, parts.join('\n\n')))
  })
  return `${parts.join('')}\n`
}

function section(title: string, lines: readonly string[]): string {
  return [`## ${title}`, '', ...lines].join('\n')
}

/** Shows what one process was asked, said and sent; options and queries only where they are wanted in full. */
function stageOf(bench: Bench, parts: string[], full: boolean): Stage {
  const { sandbox } = bench
  const show = (title: string, ended: string, log: string, wire: WireText, outputs: string[] = []): void => {
    const options = /(::group::Options\n)[\s\S]*?(::endgroup::)/
    parts.push(section(title, [ended]), `### Log\n\n${log.trim().replace(options, full ? '$&' : '$1…\n$2')}`)
    if (outputs.length > 0) parts.push(`### Outputs\n\n${outputs.join('\n')}`)
    parts.push(`### Requests\n\n${wire.timeline.join('\n')}`)
    if (wire.github.length > 0) parts.push(`### Requests to GitHub\n\n${wire.github.join('\n')}`)
    if (full && wire.queries.length > 0) parts.push(`### Queries\n\n${wire.queries.join('\n')}`)
  }
  return {
    bench,
    sandbox,
    rollout: (inputs) => ({
      command: 'rollout',
      namespace: 'shop',
      service: 'my-api',
      version: 'v2',
      'prometheus-url': sandbox.prometheusUrl,
      ...inputs,
    }),
    async action(inputs, { state, signalAt } = {}) {
      const all = {
        ...inputs,
        kubeconfig: sandbox.kubeconfig,
        token: sandbox.forge.state.token,
        'github-api-url': `${sandbox.forge.url}/api/v3`,
      }
      const wire = listen(sandbox)
      const ended = signalled(sandbox, signalAt)
      const step = await runStep(bench, all, { ...(state ? { state } : {}), onStart: ended.onStart })
      ended.done()
      const title = state ? 'Post step' : `Step: ${valuesOf(inputs)}`
      const outputs = Object.entries(step.outputs).map(([name, value]) => `${name}=${value}`)
      show(title, endOf(step, signalAt), step.out, wire(), outputs.sort())
      return step
    },
    async cli(command, flags, { run, show: how, signalAt }) {
      const env = { GITHUB_REPOSITORY: 'example/shop', GITHUB_RUN_ID: run, GITHUB_RUN_ATTEMPT: '1' }
      const wire = listen(sandbox)
      const ended = signalled(sandbox, signalAt)
      const ran = await bench.run(command, flags, { env, onStart: ended.onStart })
      ended.done()
      const title = `$ shiftgate ${[command, valuesOf(flags)].join(' ').trim()}`
      if (how === 'nothing') parts.push(section(title, [endOf(ran, signalAt)]))
      else show(title, endOf(ran, signalAt), ran.stdout + ran.stderr, wire())
    },
  }
}

/** A signal reaches the program while it sleeps, and time stands still until it has ended: always the same. */
function signalled(sandbox: Sandbox, signalAt: SignalAt | undefined) {
  const end = Promise.withResolvers<void>()
  let kill: (signal: NodeJS.Signals) => void = () => {}
  if (signalAt !== undefined) {
    sandbox.at(signalAt.ms, async () => {
      kill(signalAt.signal)
      await end.promise
    })
  }
  return {
    onStart: (signal: typeof kill) => {
      kill = signal
    },
    done: () => end.resolve(),
  }
}

function endOf({ code, signal }: { code: number | null; signal: string | null }, at?: SignalAt): string {
  const when = at === undefined ? '' : `${at.signal} after ${at.ms / 1000} s: `
  return when + (signal === null ? `exit code ${code}` : `ended by ${signal}`)
}

/** valuesOf shows what was given as a command line would; addresses and places are the same for all. */
function valuesOf(given: Record<string, string>): string {
  const { command, namespace: _, service: __, version: ___, 'prometheus-url': ____, ...others } = given
  const flags = Object.entries(others).map(([name, value]) => `--${name} ${value}`)
  return [command, ...flags].filter((word) => word !== undefined).join(' ')
}
