import type { ShownOption } from '../config/sources/values.ts'
import type { Request } from '../release/request.ts'
import type { Runner } from './runner.ts'

/** SavedStep is what the main step left for post. */
export interface SavedStep {
  /** Whether main got as far as a request; `unknown` where its state could not be saved. */
  started: 'yes' | 'no' | 'unknown'
  /** Main's holder, by which post takes its Lease; null: it was not saved. */
  holder: string | null
  /** Texts of the options that main took from the config file, by name; null: they were not saved. */
  options: Record<string, string> | null
}

/** The runner gives the state to post in its environment, where one text has a limit: longer ones don't matter there. */
const longestOption = 4096
const longestOptions = 65_536

/** saveStep saves what post needs of a request. Secrets are not in it: a config file holds none. */
export function saveStep(
  runner: Pick<Runner, 'saveState'>,
  request: Request,
  options: readonly ShownOption[],
): void {
  const saved: Record<string, string> = {}
  let length = 0
  for (const { name, value, inFile } of options) {
    if (inFile !== true || value.length > longestOption || length + value.length > longestOptions) continue
    saved[name] = value
    length += value.length
  }
  runner.saveState('started', 'true')
  runner.saveState('holder', request.holder)
  runner.saveState('options', JSON.stringify(saved))
}

/** readSavedStep reads what main saved. It never throws. */
export function readSavedStep(runner: Pick<Runner, 'state'>): SavedStep {
  return {
    started: runner.state('started') !== '' ? 'yes' : runner.state('isPost') !== '' ? 'no' : 'unknown',
    holder: runner.state('holder') || null,
    options: parseOptions(runner.state('options')),
  }
}

function parseOptions(text: string): Record<string, string> | null {
  if (text === '') return null
  try {
    const entries = Object.entries(JSON.parse(text) as Record<string, unknown>)
    return Object.fromEntries(entries.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
  } catch {
    return null
  }
}
