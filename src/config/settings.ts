import type { Settings } from '../release/settings.ts'
import { formatDuration } from '../release/text/duration.ts'
import { formatPercent } from '../release/text/figures.ts'
import { type OptionName, options, type TableEntry } from './options/options.ts'
import { invalidValue } from './sources/raw-value.ts'
import type { ValueOf, Values } from './sources/values.ts'

type Part = 'release' | 'verdict'

type CamelCase<Name extends string> = Name extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : Name

type NamesOf<One extends Part> = Extract<TableEntry, { setting: One }>['name']

/** PartOf is one part of the settings as the table gives it: a field an option. */
type PartOf<One extends Part> = { [Name in NamesOf<One> as CamelCase<Name>]: ValueOf<Name> }

/**
 * toSettings makes the settings of a release from the options that the table marks as such. It throws Failure for two
 * options that contradict each other; `nameOf` writes an option's name as the user gives it.
 */
export function toSettings(values: Values, nameOf: (name: string) => string): Settings {
  checkDurations(values, nameOf)
  checkMargins(values, nameOf)
  const { finalDuration, gates, watchdogImage, ...release } = partOf(values, 'release')
  return {
    ...withoutNulls(release),
    ...(release.watchdog === null ? {} : { watchdogImage }),
    finalDuration: finalDuration ?? release.minStepDuration,
    gates: gates ?? [],
    gate: partOf(values, 'verdict'),
  }
}

function partOf<One extends Part>(values: Values, part: One): PartOf<One> {
  const fields = options
    .filter(({ setting }) => setting === part)
    .map(({ name }) => [camelCase(name), values.get(name as OptionName)])
  return Object.fromEntries(fields) as PartOf<One>
}

function camelCase(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

type WithoutNulls<Fields> = {
  [Key in keyof Fields as null extends Fields[Key] ? never : Key]: Fields[Key]
} & { [Key in keyof Fields as null extends Fields[Key] ? Key : never]?: NonNullable<Fields[Key]> }

/** An absent choice is left out: a release without it is the same release as before there was one. */
function withoutNulls<Fields extends object>(fields: Fields): WithoutNulls<Fields> {
  const kept = Object.entries(fields).filter(([, value]) => value !== null)
  return Object.fromEntries(kept) as WithoutNulls<Fields>
}

/** Each row: the first option's value must not be above the second's. */
const ordered: readonly [OptionName, OptionName][] = [
  ['interval', 'min-step-duration'],
  ['min-step-duration', 'step-timeout'],
  ['final-duration', 'step-timeout'],
  ['settle-min', 'settle-timeout'],
]

function checkDurations(values: Values, nameOf: (name: string) => string): void {
  for (const [small, large] of ordered) refuseAbove(values, nameOf, small, large, formatDuration)
}

/** A fixed margin above a default cap only replaces it; above a cap that was given, one of both is a mistake. */
function checkMargins(values: Values, nameOf: (name: string) => string): void {
  if (values.raw('max-pass-margin') === null) return
  refuseAbove(values, nameOf, 'pass-margin', 'max-pass-margin', formatPercent)
}

function refuseAbove(
  values: Values,
  nameOf: (name: string) => string,
  small: OptionName,
  large: OptionName,
  format: (value: number) => string,
): void {
  const [low, high] = [values.get(small), values.get(large)]
  if (typeof low !== 'number' || typeof high !== 'number' || low <= high) return
  const smallGiven = values.raw(small)
  const given = smallGiven ?? values.raw(large)
  const text =
    `${format(low)} of ${nameOf(small)} is above ` +
    `${format(high)} of ${nameOf(large)}: lower the one or raise the other`
  throw invalidValue(given ?? { text: '', label: nameOf(small), position: null }, text, {
    field: smallGiven ? small : large,
    value: format(smallGiven ? low : high),
  })
}
