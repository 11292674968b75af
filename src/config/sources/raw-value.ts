import { Failure } from '../../release/failure.ts'
import type { Option } from '../options/option.ts'

/** Position is a place in the config file; line and column count from 1. */
export interface Position {
  file: string
  line: number
  column: number
}

/** RawValue is what somebody gave for an option, and how they named it there. */
export interface RawValue {
  /** As it was written. */
  text: string
  /** The value itself, where a list or a map of the config file was read already; absent: `text` is read. */
  value?: unknown
  /** `interval` for an input or a key, `--interval` for a flag, a variable's name for the environment. */
  label: string
  /** Where it stands in the config file; null elsewhere. */
  position: Position | null
}

/** shownValue quotes a value for a message; a long one is cut. */
function shownValue(text: string): string {
  const short = text.length > 80 ? `${text.slice(0, 77)}…` : text
  return JSON.stringify(short)
}

/** unreadableValue is the failure for a value that can't be read: field, value and what to write instead. */
export function unreadableValue(
  option: Option,
  given: RawValue,
  { wrong, hide }: { wrong: string; hide?: true },
): Failure {
  const secret = option.secret === true || hide === true
  return invalidValue(given, `${secret ? 'the value' : shownValue(given.text)} ${wrong}`, {
    field: option.name,
    value: secret ? null : given.text.slice(0, 200),
  })
}

/** invalidValue is the failure about a given option: it points at the config file where the value stands there. */
export function invalidValue(
  given: RawValue,
  text: string,
  details: Record<string, string | number | boolean | null> = {},
): Failure {
  if (given.position === null) return new Failure('invalid-input', `${given.label}: ${text}.`, { details })
  return invalidConfig(given.position, `${given.label}: ${text}.`, details)
}

/** invalidConfig is the failure about a place in the config file. */
export function invalidConfig(
  position: Position,
  text: string,
  details: Record<string, string | number | boolean | null> = {},
): Failure {
  const { file, line, column } = position
  return new Failure('invalid-config', `${file}:${line}:${column}: ${text}`, {
    details: { ...details, file, line, column },
  })
}
