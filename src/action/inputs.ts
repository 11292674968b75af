import { parseOption } from '../config/kinds/codecs.ts'
import type { Option } from '../config/options/option.ts'
import { findOption, options } from '../config/options/options.ts'
import { type ResolvedRequest, resolveRequest } from '../config/resolve.ts'
import type { RawValue } from '../config/sources/raw-value.ts'
import { unreadableValue } from '../config/sources/raw-value.ts'
import { workspaceAt } from '../config/workspace.ts'
import type { Environment, ProcessIdentity } from '../release/ci-run.ts'
import type { CommandName } from '../release/commands.ts'
import { readRun } from '../wiring/ci.ts'
import type { Runner } from './runner.ts'

/** StepEnvironment is what a step finds around it. */
export interface StepEnvironment {
  env: Environment
  process: ProcessIdentity
}

/** StepSources say where the options of a step come from beside its inputs. */
interface StepSources {
  /** Texts in place of the config file's, by option name; null: the file is read. */
  saved: Readonly<Record<string, string>> | null
  /** Options that count as not given. */
  without: ReadonlySet<string>
}

const inputsAndFile: StepSources = { saved: null, without: new Set() }

/**
 * readStepRequest makes the Request of a step from its inputs, the config file (or what was saved of it) and the
 * event. It throws Failure `invalid-input` or `invalid-config`.
 */
export function readStepRequest(
  runner: Pick<Runner, 'input'>,
  { env, process }: StepEnvironment,
  { saved, without }: StepSources = inputsAndFile,
): ResolvedRequest {
  const given = new Map<string, RawValue>()
  for (const { name } of options.filter((option) => option.places.includes('input'))) {
    if (without.has(name)) continue
    const text = runner.input(name)
    if (text !== '') given.set(name, { text, label: name, position: null })
  }
  const workspace = workspaceAt(env.GITHUB_WORKSPACE || '.')
  const command = commandOf(given.get('command'))
  return resolveRequest({
    command,
    inputs: given,
    environment: new Map(
      Object.entries(saved ?? {})
        .filter(([name]) => !without.has(name))
        .map(([name, text]) => [name, { text, label: name, position: null }]),
    ),
    file: saved === null ? workspace.configFile(given.get('config')?.text ?? null, 'config') : null,
    context: readRun({ env, process, readFile: workspace.readFile }),
    nameOf: (name) => name,
    readFile: workspace.readFile,
    absolute: workspace.absolute,
  })
}

function commandOf(given: RawValue | undefined): CommandName {
  const option = findOption('command') as Option
  if (given === undefined) return option.default as CommandName
  const result = parseOption(given.text, option)
  if ('wrong' in result) throw unreadableValue(option, given, result)
  return result.value as CommandName
}
