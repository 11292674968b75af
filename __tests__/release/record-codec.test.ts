import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Failure, isFailure } from '../../src/release/failure.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { decodeRecord, encodeEvent, encodeRecord } from '../../src/release/record/record-codec.ts'
import { at, promoted, release, rolledBack, verdict } from '../report/records.ts'

function failureOf(text: string): Failure {
  try {
    decodeRecord(text)
  } catch (error) {
    if (isFailure(error)) return error
  }
  throw new Error('no Failure')
}

describe('a record as JSON Lines', () => {
  test.each([
    ['promoted', promoted],
    ['rolled back', rolledBack],
  ])('comes back as it was: %s', (_name, record) => {
    expect(decodeRecord(encodeRecord(record))).toEqual(record)
  })

  test('keeps infinite evidence, for which JSON has no word', () => {
    const event: RecordEvent = {
      at: at(0),
      type: 'verdict',
      step: 0,
      verdict: verdict({ logAbort: -Infinity, logPass: Infinity }),
    }
    expect(decodeRecord(encodeEvent(event))).toEqual([event])
  })

  test('any text in an event stays on its line and comes back', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 1 }), (texts) => {
        const events: RecordEvent[] = texts.map((text) => ({ at: at(1), type: 'warning', code: 'x', text }))
        const written = encodeRecord(events)
        expect(written.split('\n')).toHaveLength(events.length + 1)
        // A lone half of a pair is no text: JSON says so by an escape, and gives it back.
        expect(decodeRecord(written)).toEqual(events)
      }),
      { numRuns: 50 },
    )
  })

  test('passes over blank lines, a byte order mark and carriage returns', () => {
    const text = `\ufeff${encodeEvent(release())}\r\n\r\n\n${encodeEvent(release())}`
    expect(decodeRecord(text)).toHaveLength(2)
  })

  test('keeps events of types that a later version added', () => {
    const later = { at: at(3), type: 'moon-phase', phase: 'full', detail: { a: [1] } }
    const text = `${encodeEvent(release())}\n${JSON.stringify(later)}\n`
    expect(decodeRecord(text)[1]).toEqual(later)
  })

  const line = (over: object) => JSON.stringify({ ...(release() as object), ...over })
  const poll = {
    at: at(1),
    type: 'poll',
    t: 15,
    step: 0,
    canary: null,
    stable: null,
    control: true,
    rebuilt: false,
  }
  const broken: [string, string, number, string][] = [
    ['no JSON', `${encodeEvent(release())}\nno json\n${line({})}`, 2, 'Line 2 of the record is not JSON.'],
    ['a last line that was cut off', `${line({})}\n${line({}).slice(0, 90)}`, 2, 'may have been cut off'],
    ['an array', '[]', 1, 'is not a JSON object'],
    ['another schema', line({ schema: 2 }), 1, 'is of schema 2; this version reads schema 1'],
    ['no schema', line({ schema: undefined }), 1, '"schema"'],
    ['no type', '{"at":"2026-01-01T00:00:00Z"}', 1, '"type"'],
    ['no time', '{"type":"warning","at":"yesterday","code":"x","text":"y"}', 1, '"at"'],
    ['a count below zero', JSON.stringify({ ...poll, canary: { total: -1, bad: 0 } }), 1, '"canary"'],
    ['half a count', JSON.stringify({ ...poll, stable: { total: 1 } }), 1, '"stable"'],
    ['a share over 100', line({ settings: { steps: [10, 120], interval: 1, gate: {} } }), 1, '"settings"'],
  ]
  test.each(broken)('names the line of: %s', (_name, text, number, words) => {
    const failure = failureOf(text)
    expect(failure.code).toBe('invalid-input')
    expect(failure.details.line).toBe(number)
    expect(failure.message).toContain(words)
  })

  test('an event of which any field is gone is refused, or never read', () => {
    for (const event of promoted) {
      for (const key of Object.keys(event)) {
        const { [key]: _gone, ...rest } = event as unknown as Record<string, unknown>
        expect(() => decodeRecord(JSON.stringify(rest))).toThrow(/^Line 1 of the record/)
      }
    }
  })
})
