import type { Env, ProcessFacts } from '../config/facts.ts'
import { factsFromEnv } from '../config/facts.ts'
import type { Given } from '../config/given.ts'
import { wrongValue } from '../config/given.ts'
import type { Option } from '../config/option.ts'
import { optionNamed, options } from '../config/options.ts'
import { type Resolved, resolveRequest } from '../config/resolve.ts'
import { readValue } from '../config/value.ts'
import { workspaceAt } from '../config/workspace.ts'
import type { CommandName } from '../release/request.ts'
import type { Runner } from './runner.ts'

/** StepEnvironment are what a step finds around it. */
export interface StepEnvironment {
  env: Env
  process: ProcessFacts
}

/**
 * readStepRequest makes the Request of a step from its inputs, the config file and the event. It throws Failure
 * `invalid-input` or `invalid-config`.
 */
export function readStepRequest(runner: Pick<Runner, 'input'>, { env, process }: StepEnvironment): Resolved {
  const given = new Map<string, Given>()
  for (const { name } of options.filter((option) => option.places.includes('input'))) {
    const text = runner.input(name)
    if (text !== '') given.set(name, { text, label: name, position: null })
  }
  const workspace = workspaceAt(env.GITHUB_WORKSPACE || '.')
  const command = commandOf(given.get('command'))
  return resolveRequest({
    command,
    given,
    fallback: new Map(),
    file: workspace.configFile(given.get('config')?.text ?? null, 'config'),
    facts: factsFromEnv(
      env,
      env.GITHUB_EVENT_PATH ? workspace.readFile(env.GITHUB_EVENT_PATH) : null,
      process,
    ),
    show: (name) => name,
    readFile: workspace.readFile,
    absolute: workspace.absolute,
  })
}

function commandOf(given: Given | undefined): CommandName {
  const option = optionNamed('command') as Option & { kind: 'enum' }
  if (given === undefined) return option.default as CommandName
  const reading = readValue(given.text, option)
  if ('wrong' in reading) throw wrongValue(option, given, reading)
  return reading.value as CommandName
}
