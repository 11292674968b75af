import type { Option } from '../config/options/option.ts'
import { options } from '../config/options/options.ts'
import type { RawValue } from '../config/sources/raw-value.ts'
import { didYouMean } from '../config/suggest.ts'
import type { CommandName } from '../release/commands.ts'
import { Failure } from '../release/failure.ts'
import { type Command, commandNamed, commands } from './command-table.ts'

/** Arguments are a command line, taken apart. */
export interface Arguments {
  command: Command
  /** Flags by name, in the user's spelling. */
  given: Map<string, RawValue>
  operands: string[]
  /** File for the machine-readable result, `-` for standard output; null: none. */
  json: string | null
  help: boolean
}

interface Flag {
  name: string
  /** false: it stands without a value. */
  takesValue: boolean
  /** A switch may also be given a value, or be negated by `no-`. */
  isBoolean: boolean
  /** May be given several times; the values become lines. */
  repeats: boolean
}

/**
 * parseArguments takes the words after the program's name apart. Without a command it is `rollout`. It throws
 * Failure `invalid-input` for an unknown command or flag (with the nearest known one), a flag without its value or
 * given twice, and operands where none may stand.
 */
export function parseArguments(words: readonly string[]): Arguments {
  const named = words[0] !== undefined && !words[0].startsWith('-')
  const command = named ? knownCommand(words[0] as string) : (commandNamed('rollout') as Command)
  const parsed: Arguments = { command, given: new Map(), operands: [], json: null, help: false }
  const rest = words.slice(named ? 1 : 0)
  while (rest.length > 0) takeWord(rest.shift() as string, rest, parsed)
  checkOperands(parsed)
  return parsed
}

/** takeWord reads a word, and of `rest` what belongs to it. */
function takeWord(word: string, rest: string[], parsed: Arguments): void {
  const long = shortOf(word, parsed.command) ?? word
  if (word === '--') parsed.operands.push(...rest.splice(0))
  else if (word === '-h' || word === '--help') parsed.help = true
  else if (long.startsWith('--')) takeFlag(long, rest, parsed)
  else if (word.startsWith('-') && word !== '-') throw new Failure('invalid-input', shortFlag(word))
  else parsed.operands.push(word)
}

function knownCommand(name: string): Command {
  const command = commandNamed(name)
  if (command !== null) return command
  const names = commands.map((each) => each.name)
  throw new Failure(
    'invalid-input',
    `unknown command ${JSON.stringify(name.slice(0, 80))}.${didYouMean(name, names, (near) => `"${near}"`)} Known: ${names.join(', ')}.`,
    { details: { field: 'command', value: name.slice(0, 200) } },
  )
}

/** shortOf gives the long spelling of a one-letter flag; null where the command has none. */
function shortOf(word: string, command: Command): string | null {
  const found = (command.flags ?? []).find(({ short }) => short !== undefined && word === `-${short}`)
  return found === undefined ? null : `--${found.name}`
}

function shortFlag(word: string): string {
  return `unknown flag ${JSON.stringify(word)}. Flags have long names: see --help.`
}

function takeFlag(word: string, rest: string[], parsed: Arguments): void {
  const [spelled, ...after] = word.slice(2).split('=')
  const inline = word.includes('=') ? after.join('=') : null
  const flag = knownFlag(spelled as string, parsed.command)
  const name = flag.name
  const text = flag.isBoolean && spelled === `no-${name}` ? 'false' : textOf(flag, inline, rest)
  if (name === 'json') {
    parsed.json = text
    return
  }
  const before = parsed.given.get(name)
  if (before !== undefined && !flag.repeats) throw new Failure('invalid-input', `--${name} is given twice.`)
  const whole = before === undefined ? text : `${before.text}\n${text}`
  parsed.given.set(name, { text: whole, label: `--${name}`, position: null })
}

function textOf(flag: Flag, inline: string | null, rest: string[]): string {
  const missing = new Failure('invalid-input', `--${flag.name} needs a value.`, {
    details: { field: flag.name, value: null },
  })
  if (inline !== null) {
    if (inline.trim() === '') throw missing
    return inline.trim()
  }
  if (flag.isBoolean) return rest[0] === 'true' || rest[0] === 'false' ? (rest.shift() as string) : 'true'
  if (!flag.takesValue) return 'true'
  const next = rest[0]
  if (next === undefined || next.startsWith('--') || next.trim() === '') throw missing
  return (rest.shift() as string).trim()
}

function knownFlag(name: string, command: Command): Flag {
  const flags = flagsOf(command)
  const flag = flags.find((each) => each.name === name || (each.isBoolean && `no-${each.name}` === name))
  if (flag) return flag
  const elsewhere = options.find((option) => option.name === name)
  const why = elsewhere ? misplaced(elsewhere, command) : null
  const names = flags.map((each) => each.name)
  throw new Failure(
    'invalid-input',
    why ??
      `unknown flag "--${name.slice(0, 80)}".${didYouMean(name, names, (near) => `--${near}`)} See: shiftgate ${command.name} --help`,
    { details: { field: name.slice(0, 80), value: null } },
  )
}

function misplaced(option: Option, command: Command): string | null {
  if (!option.places.includes('flag')) return null
  if (command.flags !== null && command.like === undefined)
    return `--${option.name} is not used by ${command.name}.`
  return `--${option.name} is not used by ${command.name}, only by: ${option.commands.join(', ')}.`
}

/** commandOptions lists the table's options that a command takes as flags. */
export function commandOptions(command: Command): Option[] {
  if (command.flags !== null && command.like === undefined) return []
  const name = command.like ?? (command.name as CommandName)
  const uses = (option: Option) => option.commands.includes(name)
  return options.filter((option) => option.places.includes('flag') && uses(option))
}

function flagsOf(command: Command): Flag[] {
  const json: Flag = { name: 'json', takesValue: true, isBoolean: false, repeats: false }
  const own = (command.flags ?? []).map((flag) => ({
    name: flag.name,
    takesValue: flag.value !== null,
    isBoolean: false,
    repeats: flag.repeats === true,
  }))
  const shared = commandOptions(command).map((option) => ({
    name: option.name,
    takesValue: true,
    isBoolean: option.kind === 'boolean',
    repeats: option.kind === 'headers',
  }))
  return [json, ...own, ...shared]
}

function checkOperands({ command, operands, help }: Arguments): void {
  if (help) return
  if (command.operands === '' && operands.length > 0) {
    throw new Failure(
      'invalid-input',
      `${command.name} takes no ${JSON.stringify((operands[0] as string).slice(0, 80))}: values follow their flags.`,
    )
  }
  if (command.operands === 'FILE' && operands.length !== 1) {
    throw new Failure(
      'invalid-input',
      `${command.name} takes one file: shiftgate ${command.name} ${command.operands}`,
    )
  }
}
