import { Failure } from '../release/failure.ts'
import type { CommandName } from '../release/request.ts'
import { type Given, wrongValue } from './given.ts'
import type { Option } from './option.ts'
import { type OptionName, options, type TableEntry } from './options.ts'
import { type Kinds, readValue } from './value.ts'

type EntryOf<Name extends OptionName> = Extract<TableEntry, { name: Name }>

/** ValueOf is what an option's text is read as: never null where the table has a default. */
export type ValueOf<Name extends OptionName> =
  | Kinds[EntryOf<Name>['kind']]
  | (EntryOf<Name>['default'] extends string ? never : null)

/** Values are the options of one run, read and checked. */
export interface Values {
  get<Name extends OptionName>(name: Name): ValueOf<Name>
  /** given tells where a value came from; null: the default stands, or there is none. */
  given(name: OptionName): Given | null
  /** told lists the options that `command` uses and that have a value, secrets hidden. */
  told(command: CommandName): Told[]
}

/** Told is one option as the log shows it. */
export interface Told {
  name: string
  value: string
  /** `default`, or the place that gave it: an input, a flag, a variable, a line of the config file. */
  from: string
}

/**
 * readValues reads every given option, and the defaults. `sources` are asked in order: the first that gives an
 * option wins. It throws Failure at the first value that can't be read, and for an option that `command` can't do
 * without. `show` writes an option's name as the user gives it (`interval`, `--interval`).
 */
export function readValues(
  command: CommandName,
  sources: readonly ReadonlyMap<string, Given>[],
  show: (name: string) => string,
): Values {
  const givens = new Map<string, Given>()
  const values = new Map<string, unknown>()
  for (const option of options) {
    for (const given of sources.map((source) => source.get(option.name)).reverse()) {
      // All are read, also those that another source overrules: a mistake is a mistake.
      if (given) {
        values.set(option.name, readGiven(option, given))
        givens.set(option.name, given)
      }
    }
    if (!values.has(option.name)) values.set(option.name, standing(option, command, show))
  }
  return {
    get: (name) => values.get(name) as never,
    given: (name) => givens.get(name) ?? null,
    told: (asked) =>
      options
        .filter((option) => option.commands.includes(asked))
        .flatMap((option) => toldOf(option, givens.get(option.name) ?? null)),
  }
}

function toldOf(option: Option, given: Given | null): Told[] {
  if (given === null) {
    return option.default === null ? [] : [{ name: option.name, value: option.default, from: 'default' }]
  }
  const { position, label } = given
  const from = position ? `${position.file}:${position.line}` : label
  return [{ name: option.name, value: option.secret ? '(hidden)' : given.text, from }]
}

function readGiven(option: Option, given: Given): unknown {
  const reading = readValue(given.text, option)
  if ('wrong' in reading) throw wrongValue(option, given, reading)
  return reading.value
}

function standing(option: Option, command: CommandName, show: (name: string) => string): unknown {
  if (option.requiredBy?.includes(command)) {
    throw new Failure('invalid-input', `${show(option.name)} is missing: ${option.summary}`, {
      details: { field: option.name, value: null },
    })
  }
  if (option.default === null) return null
  return readGiven(option, { text: option.default, label: option.name, position: null })
}
