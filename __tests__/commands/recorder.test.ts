import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { createRecorder } from '../../src/commands/session/recorder.ts'
import { makeFolder, writeFile } from '../../src/commands/session/side-files.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'recorder-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const clock = { now: () => 0, sleep: () => Promise.resolve() }
/** Each makes something at a path that is no folder and no file of ours, and gives the path. */
const pipe = (path: string) => {
  execFileSync('mkfifo', [path])
  return path
}
const file = (path: string) => {
  writeFileSync(path, '')
  return path
}

/** told records two events in a folder and gives what was told of them. */
function reported(dir: string): RecordEvent[] {
  const events: RecordEvent[] = []
  const recorder = createRecorder(dir, clock, (event) => events.push(event))
  recorder.record({ type: 'command', name: 'pause', by: 'a' })
  recorder.record({ type: 'command', name: 'abort', by: 'a' })
  return events
}

describe('a record that can’t be written', () => {
  test.each<[string, (dir: string) => string]>([
    ['a folder that is a pipe', (dir) => pipe(join(dir, 'p'))],
    ['a folder that is a file', (dir) => file(join(dir, 'f'))],
    ['a folder below a file', (dir) => join(file(join(dir, 'f')), 'g', 'h')],
    ['a folder that nobody can make', () => '/proc/x/y'],
    ['a record that is a pipe', (dir) => dirname(pipe(join(dir, 'record.jsonl')))],
    [
      'a record that is a folder',
      (dir) => join(mkdirSync(join(dir, 'r', 'record.jsonl'), { recursive: true }) as string),
    ],
    ['a folder that is a device', () => '/dev/full'],
  ])('%s is said once, and every event is told', (_name, dir) => {
    const events = reported(dir(folder))
    expect(events.map(({ type }) => type)).toEqual(['warning', 'command', 'command'])
    expect(events[0]).toMatchObject({ code: 'record', text: expect.stringMatching(/goes on without it: E/) })
  })

  test('one that fails later is said then', () => {
    const events: RecordEvent[] = []
    const recorder = createRecorder(folder, clock, (event) => events.push(event))
    recorder.record({ type: 'command', name: 'pause', by: 'a' })
    rmSync(folder, { recursive: true })
    for (const name of ['abort', 'promote']) recorder.record({ type: 'command', name, by: 'a' })
    expect(events.map(({ type }) => type)).toEqual(['command', 'command', 'warning', 'command'])
    expect(recorder.path).toBeNull()
  })

  test('one that can be is a line an event', () => {
    reported(join(folder, 'a', 'b'))
    expect(
      readFileSync(join(folder, 'a', 'b', 'record.jsonl'), 'utf8')
        .trimEnd()
        .split('\n'),
    ).toHaveLength(2)
  })
})

test('a file is written whole, in the place of a longer one; a full disk is an error', () => {
  makeFolder(folder)
  writeFile(join(folder, 'x'), 'a longer text')
  writeFile(join(folder, 'x'), 'short')
  expect(readFileSync(join(folder, 'x'), 'utf8')).toBe('short')
  expect(() => writeFile('/dev/full', 'x'.repeat(10))).toThrow('ENOSPC')
})
