import { join } from 'node:path'
import type { Clock } from '../../release/clock.ts'
import { sentenceOf } from '../../release/failure.ts'
import type { EventBody } from '../../release/record/event-body.ts'
import type { RecordEvent } from '../../release/record/record.ts'
import { encodeEvent } from '../../release/record/record-codec.ts'
import { toEvent } from '../../report/words/events/event.ts'
import { appendFile, makeFolder, writeFile } from './side-files.ts'

/** Recorder is the record of one run: in memory for the reports, and line by line on disk while it happens. */
export interface Recorder {
  events: RecordEvent[]
  record(event: EventBody): void
  /** Path of the file; null where none could be written. */
  path: string | null
}

/**
 * createRecorder starts a run's record in `dir`; null: in memory alone. Each event is given its time, appended to the
 * file at once and handed to `onEvent`. A disk that can't be written costs the file, never the release.
 */
export function createRecorder(
  dir: string | null,
  clock: Clock,
  onEvent: (event: RecordEvent) => void,
): Recorder {
  const recorder: Recorder = { events: [], record, path: null }
  if (dir !== null) openFile(dir)
  function openFile(folder: string): void {
    recorder.path = join(folder, 'record.jsonl')
    try {
      makeFolder(folder)
      writeFile(recorder.path, '')
    } catch (error) {
      lose(error)
    }
  }
  function lose(error: unknown): void {
    recorder.path = null
    record({ type: 'warning', code: 'record', details: { error: sentenceOf(error) } })
  }
  function append(event: RecordEvent): Error | null {
    if (recorder.path === null) return null
    try {
      appendFile(recorder.path, `${encodeEvent(event)}\n`)
      return null
    } catch (error) {
      return error as Error
    }
  }
  function record(body: EventBody): void {
    const event = toEvent(body, new Date(clock.now()).toISOString())
    recorder.events.push(event)
    const failure = append(event)
    onEvent(event)
    if (failure !== null) lose(failure)
  }
  return recorder
}
