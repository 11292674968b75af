import { formatDuration } from '../../../release/text/duration.ts'

/** DetectionTimes are how long, in seconds, it takes to catch a canary this much worse than stable; null: it isn't caught. */
export interface DetectionTimes {
  twice: number | null
  tenfold: number | null
}

/** detectionPowerText says in half a sentence whom a step catches. `time`: how long the step may last, in ms. */
export function detectionPowerText({ twice, tenfold }: DetectionTimes, time: number): string {
  return `a canary that fails twice as often ${caught(twice, time)}, one that fails ten times as often ${caught(tenfold, time)}`
}

function caught(seconds: number | null, time: number): string {
  if (seconds === null) return 'is not caught'
  const late = seconds * 1000 > time ? `, longer than the step lasts (${formatDuration(time)})` : ''
  return `is caught in about ${formatDuration(seconds * 1000)}${late}`
}
