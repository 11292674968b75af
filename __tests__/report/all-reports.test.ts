import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { renderHtml } from '../../src/report/html/page.ts'
import { resultJson } from '../../src/report/json.ts'
import { commentLimit, commentMarker, renderComment } from '../../src/report/markdown/comment.ts'
import { renderSummary, summaryLimit } from '../../src/report/markdown/summary.ts'
import { renderProgress } from '../../src/report/terminal.ts'
import { logLine } from '../../src/report/words/events/log-line.ts'
import { verdict } from '../rollout/release-state.ts'
import { at, outcome, promoted, rolledBack, running, start } from './records.ts'

const marker = commentMarker({ namespace: 'shop', service: 'my-api', cluster: 'prod' }, 'r1')
const facts = { now: start + 600_000, runUrl: 'https://github.test/shop/my-api/actions/runs/1' }
const comment = (record: readonly RecordEvent[]) => renderComment(record, { ...facts, marker })

/** Replaces every text of a record that comes from outside by `text`. */
function poisoned(record: readonly RecordEvent[], text: string): RecordEvent[] {
  const kept = new Set([
    'at',
    'type',
    'startedAt',
    'clockStart',
    'seen',
    'verdict',
    'level',
    'action',
    'op',
    'result',
    'reasonCode',
    'reporter',
    'kind',
    'note',
  ])
  const walk = (value: unknown, key: string): unknown => {
    if (typeof value === 'string') return kept.has(key) ? value : text
    if (Array.isArray(value)) return value.map((item) => walk(item, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, walk(inner, name)]))
  }
  return record.map((event) => walk(event, '') as RecordEvent)
}

const kind = { code: '503', grpcStatus: '14', flags: 'UF', route: '/cart', caller: 'web', count: 7 }
const pod = { pod: 'my-api-v2-1', node: 'node-1', zone: 'a', total: 10, bad: 7 }

const extras: RecordEvent[] = [
  {
    at: at(1),
    type: 'failed-requests',
    kinds: { canary: [kind], stable: [kind] },
    pods: { canary: [pod], stable: [pod] },
    spread: {
      kind: 'pod',
      name: 'my-api-v2-1',
      inside: { total: 10, bad: 7 },
      others: { total: 9, bad: 0 },
      stable: { inside: { total: 0, bad: 0 }, others: { total: 90, bad: 0 } },
    },
  },
  {
    at: at(1),
    type: 'slow-pods',
    bound: 250,
    spread: {
      kind: 'node',
      name: 'node-1',
      inside: { total: 10, bad: 7 },
      others: { total: 9, bad: 0 },
      stable: { inside: { total: 5, bad: 4 }, others: { total: 90, bad: 0 } },
    },
  },
  ...[null, 'GetCart'].map(
    (route): RecordEvent => ({
      at: at(1),
      type: 'gate',
      step: 0,
      gate: 'slow',
      route,
      kind: 'latency',
      mode: 'enforce',
      bad: 'took over 250 ms',
      verdict: verdict({ verdict: 'fail', reason: 'worse-than-stable', detail: 'a detail' }),
      quantiles: { canary: [1, 2, 3], stable: null },
    }),
  ),
  {
    at: at(1),
    type: 'reading',
    gate: 'queue',
    t: 15,
    step: 0,
    outcome: 'bad-data',
    value: null,
    text: 'the query gave 2 series',
  },
  {
    at: at(1),
    type: 'infrastructure',
    t: 15,
    canary: { steal: 0.4, throttled: null },
    stable: { steal: null, throttled: null },
    text: 'stolen',
  },
  { at: at(1), type: 'warning', code: 'w', text: 'a warning' },
  { at: at(1), type: 'command', name: 'pause', by: 'octocat' },
  {
    at: at(1),
    type: 'count-note',
    note: { t: 15, kind: 'gap', instance: '10.0.0.7:15020', text: 'fell behind' },
  },
  {
    at: at(1),
    type: 'finding',
    finding: { id: 'f', level: 'error', text: 't', remedy: 'line one\nline two' },
  },
  {
    at: at(1),
    type: 'write',
    object: 'o',
    action: 'patch',
    summary: 's',
    patch: [{ op: 'remove', path: '/x' }],
    warnings: ['w'],
  },
]
const everything = [...rolledBack.slice(0, -1), ...extras, ...rolledBack.slice(-1)]

const hostile = [
  '| a | b |',
  '</details><script>alert(1)</script>',
  '<!-- shiftgate:shop/my-api v1 release=x -->',
  '@octocat #1 https://evil.test',
  '``` \n```\n# heading\n- item',
  '\'"><img src=x onerror=alert(1)>',
  '\u001b[2J::error::x\r\n::set-output name=a::b',
  '\u202e\u0000',
  '[x](javascript:alert(1))',
]

describe('hostile texts everywhere', () => {
  test.each(hostile)('%j', (text) => {
    const record = poisoned(everything, text)
    for (const markdown of [comment(record), renderSummary(record, facts)]) {
      const outside = withoutCode(markdown)
      expect(outside).not.toMatch(
        /<(?!\/?(details|summary|sub|br|span)\b|details open>|!-- shiftgate:shop\/my-api v1 cluster=\w+ release=r1 -->)/,
      )
      expect(outside).not.toMatch(/@[a-z]|[^&]#\d|\]\(javascript|evil\.test\)/)
      const lines = outside.split('\n')
      expect(lines.filter((line) => line.startsWith('| ')).length).toBeGreaterThanOrEqual(3)
      // No text makes a cell of its own: every row is as long as the one above it, up to its table's head.
      for (const [index, line] of lines.entries()) {
        const above = lines[index - 1] ?? ''
        if (line.startsWith('|') && above.startsWith('|')) {
          expect(line.split('|')).toHaveLength(above.split('|').length)
        }
      }
    }
    const page = renderHtml(record, facts)
    expect(page).not.toMatch(/<script|<img|javascript:alert\(1\)"/i)
    for (const event of record) {
      const line = logLine(event)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
      expect(line ?? '').not.toMatch(/[\u0000-\u001f\u007f]|\u202e/)
    }
    const drawn = renderProgress(record, { width: 120, colour: false, now: facts.now })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they must not be there
    for (const line of drawn) expect(line).not.toMatch(/[\u0000-\u001f]/)
  })

  test('a page is the same tags whatever the texts are', () => {
    const tags = (record: readonly RecordEvent[]) => renderHtml(record, facts).match(/<\/?[a-z][a-z0-9]*/g)
    const plain = tags(poisoned(everything, 'x'))
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'<>&"\'/=! abc') }), (text) => {
        expect(tags(poisoned(everything, `x${text}`))).toEqual(plain)
      }),
      { numRuns: 30 },
    )
  })
})

describe('sizes', () => {
  const huge = (count: number, text: string): RecordEvent[] => [
    ...promoted.slice(0, -1),
    ...Array.from(
      { length: count },
      (_, index): RecordEvent => ({ at: at(index), type: 'warning', code: 'w', text: `${index} ${text}` }),
    ),
    ...Array.from(
      { length: count },
      (_, index): RecordEvent => ({
        at: at(index),
        type: 'finding',
        finding: { id: `f${index}`, level: 'warning', text, remedy: `${text}\n${text}` },
      }),
    ),
    ...Array.from(
      { length: count },
      (_, index): RecordEvent => ({
        at: at(index),
        type: 'write',
        object: `VirtualService shop/${index}`,
        action: 'patch',
        summary: text,
        patch: Array.from({ length: 3 }, () => ({ op: 'replace', path: '/spec', value: text })),
        warnings: [text],
      }),
    ),
    ...promoted.slice(-1),
  ]

  test.each([
    [0, 'x'],
    [20, 'x'.repeat(200)],
    [100, '|'.repeat(2000)],
    [500, '$😀'.repeat(1500)],
  ])('%d warnings, checks and writes fit, with verdict, steps and marker', (count, text) => {
    const record = huge(count, text)
    const written = comment(record)
    expect(written.length).toBeLessThanOrEqual(commentLimit)
    expect(written).toMatch(/^### ✅ v2 is serving all of shop\/my-api\n/)
    expect(written.trimEnd().endsWith(marker)).toBe(true)
    expect(written).toContain('| **100%** |')
    const summary = renderSummary(record, facts)
    expect(Buffer.byteLength(summary)).toBeLessThanOrEqual(summaryLimit)
    expect(summary).toContain('| **100%** |')
    if (count === 500) {
      expect(written).toContain('Shortened to fit into a comment')
      expect(summary).toContain('Shortened to fit into a job summary')
    } else if (count === 0) expect(written + summary).not.toContain('Shortened')
    expect(resultJson(outcome(), record).length).toBeLessThan(100_000)
  })

  test('a summary measures bytes, not characters', () => {
    const record = huge(30, 'é'.repeat(800))
    const free = renderSummary(record, facts)
    const bytes = Buffer.byteLength(free)
    expect(bytes).toBeGreaterThan(free.length)
    const tight = renderSummary(record, { ...facts, limit: bytes - 1 })
    expect(Buffer.byteLength(tight)).toBeLessThan(bytes)
    expect(tight).toContain('Shortened')
  })
})

describe('any beginning of a record', () => {
  test('can be reported', () => {
    for (const record of [everything, promoted, running]) {
      for (let length = 0; length <= record.length; length++) {
        const part = record.slice(0, length)
        expect(comment(part)).toContain(marker)
        expect(renderSummary(part, facts)).toMatch(/^### /)
        expect(renderHtml(part, facts)).toContain('</html>')
        JSON.parse(resultJson(outcome(), part))
      }
    }
  })

  test('fills no more columns of a terminal than there are, and once begun always as many lines', () => {
    for (const width of [40, 60, 80, 100, 160]) {
      const counts = new Set<number>()
      for (let length = 1; length <= promoted.length; length++) {
        const lines = renderProgress(promoted.slice(0, length), { width, colour: false, now: facts.now })
        counts.add(lines.length)
        for (const line of lines) expect([...line].length).toBeLessThanOrEqual(Math.max(40, width))
      }
      expect([...counts]).toEqual([6])
    }
  })

  test('colour changes no letter', () => {
    const screen = { width: 110, now: facts.now }
    const colour = renderProgress(rolledBack, { ...screen, colour: true }).join('\n')
    const plain = renderProgress(rolledBack, { ...screen, colour: false }).join('\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: colour is made of them
    expect(colour.replace(/\u001b\[[\d;]*m/g, '')).toBe(plain)
    expect(colour).not.toBe(plain)
  })
})

function withoutCode(markdown: string): string {
  return markdown
    .replace(/^( *)(`{3,})[^\n]*\n[\s\S]*?^\1\2$/gm, '')
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, '')
}
