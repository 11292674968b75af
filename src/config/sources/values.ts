import type { CommandName } from '../../release/commands.ts'
import { Failure } from '../../release/failure.ts'
import { type OptionValue, parseOption } from '../kinds/codecs.ts'
import type { Option, OptionKind } from '../options/option.ts'
import { type OptionName, options, type TableEntry } from '../options/options.ts'
import { type RawValue, unreadableValue } from './raw-value.ts'

type EntryOf<Name extends OptionName> = Extract<TableEntry, { name: Name }>

type Parsed<Entry> = Entry extends { allowed: readonly (infer Word)[] }
  ? Word
  : Entry extends { kind: infer Kind extends OptionKind }
    ? OptionValue<Kind>
    : never

/** ValueOf is what an option is read as: one of its words, or its kind's value; null where nothing need be given. */
export type ValueOf<Name extends OptionName> =
  | Parsed<EntryOf<Name>>
  | (EntryOf<Name>['default'] extends string ? never : null)

/** Values are the options of one run, read and checked. */
export interface Values {
  get<Name extends OptionName>(name: Name): ValueOf<Name>
  /** raw tells where a value came from; null: the default stands, or there is none. */
  raw(name: OptionName): RawValue | null
  /** shown lists the options that `command` uses and that have a value, secrets hidden. */
  shown(command: CommandName): ShownOption[]
}

/** ShownOption is one option as the log shows it. */
export interface ShownOption {
  name: string
  value: string
  /** `default`, or the place that gave it: an input, a flag, a variable, a line of the config file. */
  from: string
  /** It stands in the config file as plain text, so that an input could give the same. */
  inFile?: true
}

/**
 * readValues reads every given option, and the defaults. `sources` are asked in order: the first that gives an
 * option wins. It throws Failure at the first value that can't be read, and for an option that `command` can't do
 * without. `show` writes an option's name as the user gives it (`interval`, `--interval`).
 */
export function readValues(
  command: CommandName,
  sources: readonly ReadonlyMap<string, RawValue>[],
  show: (name: string) => string,
): Values {
  const givens = new Map<string, RawValue>()
  const values = new Map<string, unknown>()
  for (const option of options) {
    for (const given of sources.map((source) => source.get(option.name)).reverse()) {
      // All are read, also those that another source overrules: a mistake is a mistake.
      if (given) {
        values.set(option.name, readRawValue(option, given))
        givens.set(option.name, given)
      }
    }
    if (values.has(option.name)) continue
    const stoodInFor = sources.some((source) => option.orElse !== undefined && source.has(option.orElse))
    values.set(option.name, stoodInFor ? null : defaultValue(option, command, show))
  }
  return {
    get: (name) => values.get(name) as never,
    raw: (name) => givens.get(name) ?? null,
    shown: (asked) =>
      options
        .filter((option) => option.commands.includes(asked))
        .flatMap((option) => shownOption(option, givens.get(option.name) ?? null)),
  }
}

function shownOption(option: Option, given: RawValue | null): ShownOption[] {
  if (given === null) {
    return option.default === null ? [] : [{ name: option.name, value: option.default, from: 'default' }]
  }
  const { position, label } = given
  const from = position ? `${position.file}:${position.line}` : label
  const value = option.secret ? '(hidden)' : given.text
  // A list or a map is written in a file as no input could give it.
  const isText = position !== null && !('value' in given)
  return [{ name: option.name, value, from, ...(isText ? { inFile: true as const } : {}) }]
}

function readRawValue(option: Option, given: RawValue): unknown {
  if ('value' in given) return given.value
  const result = parseOption(given.text, option)
  if ('wrong' in result) throw unreadableValue(option, given, result)
  return result.value
}

function defaultValue(option: Option, command: CommandName, show: (name: string) => string): unknown {
  if (option.requiredBy?.includes(command)) {
    throw new Failure(
      'invalid-input',
      `${[option.name, option.orElse]
        .filter((name) => name !== undefined)
        .map(show)
        .join(' or ')} is missing: ${option.summary}`,
      {
        details: { field: option.name, value: null },
      },
    )
  }
  if (option.default === null) return null
  return readRawValue(option, { text: option.default, label: option.name, position: null })
}
