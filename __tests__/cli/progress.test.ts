import { expect, test } from '@jest/globals'
import { createProgress } from '../../src/cli/progress.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { least, resolve } from '../config/raw-request.ts'

const at = '2026-01-01T00:00:00.000Z'
const release: RecordEvent = {
  at,
  type: 'release',
  schema: 1,
  id: 'my-api-v2-7',
  command: 'rollout',
  cluster: 'test',
  namespace: 'shop',
  service: 'my-api',
  stable: 'v1',
  canary: 'v2',
  settings: resolve(least).request.settings,
  runUrl: null,
  resumed: false,
  startedAt: at,
}
const warning: RecordEvent = { at, type: 'warning', code: 'comment', text: 'No comment could be written.' }
const note: RecordEvent = { at, type: 'phase', phase: 'mirror', text: 'all on v1' }

/** screenOf plays text with cursor movements as a terminal would, and gives its lines. */
function screenOf(text: string): string[] {
  const lines = ['']
  let row = 0
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a terminal's commands begin with one
  for (const [part, up] of text.matchAll(/\u001b\[(\d+)A|\u001b\[2K|\u001b\[J|\n|[^\u001b\n]+/g)) {
    if (up !== undefined) row -= Number(up)
    else if (part === '\u001b[J') lines.splice(row, lines.length, '')
    else if (part === '\u001b[2K') lines[row] = ''
    else if (part === '\n') {
      row += 1
      lines[row] ??= ''
    } else lines[row] += part
  }
  return lines
}

test('a picture is redrawn in place; what must not be missed stays above it', () => {
  let text = ''
  const progress = createProgress({ live: true, colour: false, columns: 100 }, (part) => {
    text += part
  })
  for (const event of [release, note, note]) progress.event(event)
  const before = screenOf(text)
  expect(before.filter((line) => line.includes('my-api-v2-7'))).toHaveLength(1)
  expect(before.filter((line) => line.includes('100%'))).toHaveLength(1)
  progress.event(warning)
  progress.say('Interrupted.')
  progress.event(note)
  const after = screenOf(text)
  expect(after.slice(0, 2)).toEqual(['warning: No comment could be written.', 'Interrupted.'])
  expect(after.slice(2)).toEqual(before)
})

test('where nobody watches there is a line for each decision, and no command to a terminal', () => {
  let text = ''
  const progress = createProgress({ live: false, colour: false, columns: 100 }, (part) => {
    text += part
  })
  for (const event of [release, note, warning]) progress.event(event)
  expect(text).not.toContain('\u001b')
  expect(text.trim().split('\n')).toHaveLength(3)
})
