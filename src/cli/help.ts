import type { Option } from '../config/options/option.ts'
import { version } from '../config/version.ts'
import type { CommandName } from '../release/commands.ts'
import { exitCodeMeanings } from '../release/outcome/exit-codes.ts'
import { commandOptions } from './arguments.ts'
import { type Command, commands } from './command-table.ts'

const columns = 100

/** programHelp is what `shiftgate --help` prints. */
export function programHelp(): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  return [
    `shiftgate ${version}: releases on Istio, judged step by step.`,
    '',
    'Usage: shiftgate COMMAND [--flag value …]',
    '',
    'Commands:',
    ...commands.flatMap((command) => row(command.name, width, command.summary)),
    '',
    'Each has its own help: shiftgate rollout --help',
    '',
    ...exitCodeHelp(),
    '',
  ].join('\n')
}

/** commandHelp is what `shiftgate COMMAND --help` prints. */
export function commandHelp(command: Command): string {
  const operands = command.operands === '' ? '' : ` ${command.operands}`
  const lines = [
    `Usage: shiftgate ${command.name}${operands} [--flag value …]`,
    '',
    ...wrap(command.summary, columns),
  ]
  const shown = commandOptions(command)
  for (const group of new Set(shown.map((option) => option.group))) {
    lines.push('', `${group}:`)
    for (const option of shown.filter((each) => each.group === group))
      lines.push(...optionHelp(option, command))
  }
  lines.push('', 'Result:')
  for (const flag of command.flags ?? []) {
    lines.push(...entry(`--${flag.name}${flag.value ? ` ${flag.value}` : ''}`, flag.summary, []))
  }
  lines.push(...entry('--json FILE', 'Write the machine-readable result there; - is standard output.', []))
  lines.push('', ...exitCodeHelp(), '')
  return lines.join('\n')
}

function exitCodeHelp(): string[] {
  return ['Exit codes:', ...Object.entries(exitCodeMeanings).flatMap(([code, text]) => row(code, 1, text))]
}

function optionHelp(option: Option, command: Command): string[] {
  const notes: string[] = []
  if (option.requiredBy?.includes(command.name as CommandName)) notes.push(requiredNote(option))
  if (option.default !== null) notes.push(`Default: ${option.default}.`)
  else if (option.absent) notes.push(`Default: ${plain(option.absent)}.`)
  if (option.env) notes.push(`Environment: ${option.env.join(', ')}.`)
  const value = option.allowed ? option.allowed.join('|') : placeholder(option)
  return entry(`--${option.name} ${value}`, plain(option.summary), notes)
}

function requiredNote({ orElse }: Option): string {
  return orElse === undefined ? 'Required.' : `Required, unless --${orElse} is given.`
}

function placeholder(option: Option): string {
  const words: Partial<Record<Option['kind'], string>> = {
    duration: 'DURATION',
    'percent-list': 'SHARES',
    integer: 'NUMBER',
    percent: 'PERCENT',
    routes: 'RULES',
    preview: 'TESTERS',
    sticky: 'COOKIE',
    rate: 'RATE',
    'rate-or-off': 'RATE|off',
    'rate-or-auto': 'RATE|auto',
    boolean: 'true|false',
    path: 'PATH',
    url: 'URL',
    headers: 'HEADER',
  }
  return words[option.kind] ?? 'TEXT'
}

/** Markdown's code marks say nothing on a terminal. */
function plain(text: string): string {
  return text.replaceAll('`', '')
}

function entry(flag: string, summary: string, notes: readonly string[]): string[] {
  const text = [summary, ...notes].join(' ')
  return [`  ${flag}`, ...wrap(text, columns - 6).map((line) => `      ${line}`)]
}

function row(name: string, width: number, text: string): string[] {
  const indent = width + 4
  const [first, ...more] = wrap(text, columns - indent)
  return [`  ${name.padEnd(width)}  ${first}`, ...more.map((line) => `${' '.repeat(indent)}${line}`)]
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(/\s+/)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}
