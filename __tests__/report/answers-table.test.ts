import { describe, expect, test } from '@jest/globals'
import type { AnswersBySide } from '../../src/release/evidence/answers.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { renderHtml } from '../../src/report/html/page.ts'
import { resultJson } from '../../src/report/json.ts'
import { commentMarker, renderComment } from '../../src/report/markdown/comment.ts'
import { renderSummary } from '../../src/report/markdown/summary.ts'
import { answersTable } from '../../src/report/table/answers-table.ts'
import { releaseView } from '../../src/report/view/release-view.ts'
import { at, outcome, promoted, release, start } from './records.ts'

const facts = { now: start + 600_000, runUrl: null }

const polled = (answers?: AnswersBySide): RecordEvent => ({
  at: at(30),
  type: 'poll',
  t: 30,
  step: 0,
  canary: { total: 100, bad: 1 },
  stable: { total: 900, bad: 0 },
  control: true,
  ...(answers === undefined ? {} : { answers }),
  rebuilt: false,
})

const rowsOf = (answers?: AnswersBySide) =>
  answersTable(releaseView([release(), polled(answers)]))?.rows.map((row) => row.map(({ text }) => text))

const mixed: AnswersBySide = {
  canary: { 404: 90, 200: 9, 503: 1 },
  stable: { 200: 899, none: 1 },
}

describe('what both versions answered, as a table', () => {
  test('the commonest first, failures marked, what one never gave as a dash', () => {
    expect(rowsOf(mixed)).toEqual([
      ['200', '9% (9)', '99.9% (899)'],
      ['404', '90% (90)', '–'],
      ['503 (failed)', '1% (1)', '–'],
      ['no answer (failed)', '–', '0.11% (1)'],
    ])
  })

  test.each<[string, AnswersBySide | undefined]>([
    ['answers were not told apart', undefined],
    ['nothing was answered', { canary: {}, stable: {} }],
  ])('no table where %s', (_, answers) => expect(rowsOf(answers)).toBeUndefined())

  test('a version without requests has no shares', () => {
    expect(rowsOf({ canary: {}, stable: { 'grpc 5': 3, 'grpc 0': 7 } })).toEqual([
      ['gRPC 0', '–', '70% (7)'],
      ['gRPC 5', '–', '30% (3)'],
    ])
  })

  test('many answers end in one row for the rest', () => {
    const canary = Object.fromEntries(Array.from({ length: 40 }, (_, i) => [String(400 + i), 100 - i]))
    const rows = rowsOf({ canary, stable: {} })
    expect(rows).toHaveLength(13)
    expect(rows?.at(-1)).toEqual(['28 more', expect.stringMatching(/^\d+% \([\d,]+\)$/), '–'])
  })

  test('every report has it; of a record that a stranger wrote nothing gets through', () => {
    const hostile = { '<script>x</script>|`@all`': 5 }
    const record = [...promoted, polled({ canary: hostile, stable: { 200: 1 } })]
    const marker = commentMarker({ namespace: 'shop', service: 'my-api' }, 'r')
    const comment = renderComment(record, { ...facts, marker })
    expect(comment).toContain('<summary>Answers since the release began</summary>')
    const html = renderHtml(record, facts)
    expect(html).toContain('Answers since the release began')
    for (const text of [comment, renderSummary(record, facts), html]) expect(text).not.toContain('<script>x')
    const result = JSON.parse(resultJson(outcome(), record))
    expect(result.answers).toEqual({ canary: hostile, stable: { 200: 1 } })
    expect(JSON.parse(resultJson(outcome(), promoted)).answers).toBeNull()
  })
})
