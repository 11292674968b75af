import { appendFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../release/clock.ts'
import { sentenceOf } from '../../release/failure.ts'
import type { RecordEvent } from '../../release/record/record.ts'
import { encodeEvent } from '../../release/record/record-codec.ts'
import type { EventBody } from '../../rollout/session.ts'

/** Recorder is the record of one run: in memory for the reports, and line by line on disk while it happens. */
export interface Recorder {
  events: RecordEvent[]
  record(event: EventBody): void
  /** Path of the file; null where none could be written. */
  path: string | null
}

/**
 * createRecorder starts a run's record in `dir`. Each event is given its time, appended to the file at once and
 * handed to `onEvent`. A disk that can't be written costs the file, never the release.
 */
export function createRecorder(dir: string, clock: Clock, onEvent: (event: RecordEvent) => void): Recorder {
  const recorder: Recorder = { events: [], record, path: join(dir, 'record.jsonl') }
  try {
    mkdirSync(dir, { recursive: true })
    writeFileSync(recorder.path as string, '')
  } catch (error) {
    recorder.path = null
    record({ type: 'warning', code: 'record', text: `The record can't be written: ${sentenceOf(error)}` })
  }
  function record(body: EventBody): void {
    const event = { at: new Date(clock.now()).toISOString(), ...body } as RecordEvent
    recorder.events.push(event)
    if (recorder.path !== null) {
      try {
        appendFileSync(recorder.path, `${encodeEvent(event)}\n`)
      } catch {
        recorder.path = null
      }
    }
    onEvent(event)
  }
  return recorder
}
