import { durationMs, numberOf } from './promql/text.ts'

/** BadParameter is a parameter of the HTTP API that can't be read. */
export class BadParameter extends Error {
  constructor(name: string, why: string) {
    super(`invalid parameter "${name}": ${why}`)
    this.name = 'BadParameter'
  }
}

/** timeOf reads a time (seconds since the epoch, or RFC 3339) as ms; null where it isn't given. */
export function timeOf(parameters: URLSearchParams, name: string): number | null {
  const text = parameters.get(name)
  if (text === null || text === '') return null
  const seconds = /^[+-]?[\d.]/.test(text) ? Number(text) : Number.NaN
  if (Number.isFinite(seconds)) return Math.round(seconds * 1000)
  const date = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN
  if (Number.isFinite(date)) return date
  const where = name === 'time' ? "Invalid time value for 'time': " : ''
  throw new BadParameter(name, `${where}cannot parse ${JSON.stringify(text)} to a valid timestamp`)
}

/** spanOf reads start, end and step of a range query, in ms, with the limits that Prometheus sets. */
export function spanOf(parameters: URLSearchParams): { start: number; end: number; step: number } {
  const start = needed(parameters, 'start')
  const end = needed(parameters, 'end')
  if (end < start) throw new BadParameter('end', 'end timestamp must not be before start time')
  const step = stepOf(parameters.get('step') ?? '')
  if (step <= 0) {
    throw new BadParameter(
      'step',
      'zero or negative query resolution step widths are not accepted. Try a positive integer',
    )
  }
  if ((end - start) / step > 11_000) throw new TooManyPoints()
  return { start, end, step }
}

/** TooManyPoints is a range query that would give more than 11,000 points a series. */
export class TooManyPoints extends Error {
  constructor() {
    super(
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
    )
    this.name = 'TooManyPoints'
  }
}

function needed(parameters: URLSearchParams, name: string): number {
  const time = timeOf(parameters, name)
  if (time === null) throw new BadParameter(name, 'cannot parse "" to a valid timestamp')
  return time
}

function stepOf(text: string): number {
  const seconds = /^[+-]?[\d.]/.test(text) ? numberOf(text) : null
  if (seconds !== null) return Math.round(seconds * 1000)
  const ms = durationMs(text)
  if (ms === null) throw new BadParameter('step', `cannot parse ${JSON.stringify(text)} to a valid duration`)
  return ms
}
