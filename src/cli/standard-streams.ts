import type { Writable } from 'node:stream'
import { sentenceOf } from '../release/failure.ts'

/** How long (ms of real time) a process waits at its end for a slow reader of its output. */
const flushLimit = 1000

/** StandardStreams are the two outputs of a process. */
interface StandardStreams {
  stdout: Writable
  stderr: Writable
}

/**
 * guardStreams keeps a process alive whose output can't be written any more: a pipe that was closed, a full disk, a
 * lost terminal. It is reported once on the other stream; the run, its result and its exit code stay what they are.
 */
export function guardStreams({ stdout, stderr }: StandardStreams): void {
  let reported = false
  stdout.on('error', (error: unknown) => {
    if (reported) return
    reported = true
    stderr.write(
      `shiftgate: standard output can't be written any more (${sentenceOf(error)}); the run goes on.\n`,
    )
  })
  // There is no stream left to report it on.
  stderr.on('error', () => {})
}

/** flushStreams waits until both streams have passed on what was written, but never for long. */
export async function flushStreams({ stdout, stderr }: StandardStreams): Promise<void> {
  const limit = new Promise<void>((resolve) => setTimeout(resolve, flushLimit))
  await Promise.race([Promise.all([flushed(stdout), flushed(stderr)]), limit])
}

function flushed(stream: Writable): Promise<void> {
  if (stream.writableLength === 0 || stream.destroyed) return Promise.resolve()
  return new Promise((resolve) => {
    stream.once('error', () => resolve())
    stream.write('', () => resolve())
  })
}
