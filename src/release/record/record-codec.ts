import { Failure } from '../failure.ts'
import { oneLine } from '../text/plain-text.ts'
import type { RecordEvent } from './record.ts'
import { recordSchema } from './record.ts'
import { mistakeIn } from './record-shape.ts'

// Logarithms of evidence can be infinite, and JSON has no word for that: they are written as texts.
const beyondJson: Record<string, number> = { Infinity, '-Infinity': -Infinity, NaN }
const logarithms = ['logAbort', 'logPass', 'logPoll', 'logLr', 'logGap']

/** encodeEvent writes one event as one line of JSON, without the line feed. */
export function encodeEvent(event: RecordEvent): string {
  return JSON.stringify(event, (_key, value) =>
    typeof value === 'number' && !Number.isFinite(value) ? String(value) : value,
  )
}

/** encodeRecord writes a whole record, each event on a line of its own. */
export function encodeRecord(record: readonly RecordEvent[]): string {
  return record.map((event) => `${encodeEvent(event)}\n`).join('')
}

/**
 * decodeRecord reads a record written as JSON Lines. Events of types that this version doesn't know are kept, and
 * reports pass over them. Blank lines are skipped. Throws Failure('invalid-input') that names the line for
 * anything else: broken JSON, a missing or wrong field, another version of the schema.
 */
export function decodeRecord(text: string): RecordEvent[] {
  const lines = text.replace(/^\ufeff/, '').split('\n')
  const events: RecordEvent[] = []
  for (const [index, line] of lines.entries()) {
    if (line.trim() !== '') events.push(decodeLine(line, index + 1, index === lines.length - 1))
  }
  return events
}

/** isRecord tells whether a text looks like a record: its first line is an event, whatever its type. */
export function isRecord(text: string): boolean {
  const first = text.trimStart().split('\n', 1)[0] as string
  try {
    const event = JSON.parse(first) as Record<string, unknown> | null
    return typeof event?.at === 'string' && typeof event.type === 'string'
  } catch {
    return false
  }
}

function decodeLine(line: string, number: number, unfinished: boolean): RecordEvent {
  const event = parse(line, number, unfinished)
  if (event.type === 'release' && 'schema' in event && event.schema !== recordSchema) {
    const schema = oneLine(String(event.schema), 40)
    throw broken(number, `is of schema ${schema}; this version reads schema ${recordSchema}`)
  }
  const mistake = mistakeIn(event)
  if (mistake !== null) {
    const type = typeof event.type === 'string' ? ` of type "${oneLine(event.type, 40)}"` : ''
    throw broken(number, `${type.trim() ? `(an event${type}) ` : ''}has no valid "${mistake}"`)
  }
  return revive(event) as unknown as RecordEvent
}

function parse(line: string, number: number, unfinished: boolean): Record<string, unknown> {
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch (cause) {
    const hint = unfinished
      ? '; it is the last one and may have been cut off: remove it to read the rest'
      : ''
    throw broken(number, `is not JSON${hint}`, cause)
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw broken(number, 'is not a JSON object')
  }
  return value as Record<string, unknown>
}

function revive(event: Record<string, unknown>): Record<string, unknown> {
  if (event.type !== 'verdict' && event.type !== 'gate') return event
  const verdict = { ...(event.verdict as Record<string, unknown>) }
  for (const key of logarithms) {
    const value = verdict[key]
    if (typeof value === 'string' && Object.hasOwn(beyondJson, value)) verdict[key] = beyondJson[value]
  }
  return { ...event, verdict }
}

function broken(line: number, what: string, cause?: unknown): Failure {
  return new Failure('invalid-input', `Line ${line} of the record ${what}.`, { cause, details: { line } })
}
