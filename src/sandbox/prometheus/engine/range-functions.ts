/** Window is the samples of one series in a range, staleness markers left out, and the range's bounds in ms. */
export interface Window {
  times: readonly number[]
  values: readonly number[]
  start: number
  end: number
}

/** RangeFunction computes one value from a window; null where there is none. */
type RangeFunction = (window: Window) => number | null

/** rangeFunctions computes as Prometheus 2.42 does, the extrapolation of rate and increase included. */
export const rangeFunctions: Readonly<Record<string, RangeFunction>> = {
  rate: (window) => extrapolated(window, true, true),
  increase: (window) => extrapolated(window, true, false),
  delta: (window) => extrapolated(window, false, false),
  irate: instantRate,
  changes: ({ values }) => countPairs(values, (a, b) => a !== b && !(Number.isNaN(a) && Number.isNaN(b))),
  resets: ({ values }) => countPairs(values, (a, b) => b < a),
  last_over_time: ({ values }) => values.at(-1) ?? null,
  count_over_time: ({ values }) => values.length,
  sum_over_time: ({ values }) => compensatedSum(values),
  avg_over_time: ({ values }) => runningMean(values),
  max_over_time: ({ values }) =>
    values.reduce((best, value) => (value > best || Number.isNaN(best) ? value : best)),
  min_over_time: ({ values }) =>
    values.reduce((best, value) => (value < best || Number.isNaN(best) ? value : best)),
}

/**
 * extrapolated is Prometheus's rate: the rise between first and last sample (resets added back for counters),
 * stretched towards the bounds of the range: fully where a bound is nearer than 1.1 average gaps, else by half a
 * gap, and for a counter never before the time at which it would have been zero.
 */
function extrapolated(window: Window, counter: boolean, perSecond: boolean): number | null {
  const { times, values, start, end } = window
  if (values.length < 2) return null
  const first = values[0] as number
  let rise = (values.at(-1) as number) - first
  if (counter) {
    for (let index = 1; index < values.length; index += 1) {
      const before = values[index - 1] as number
      if ((values[index] as number) < before) rise += before
    }
  }
  const firstTime = times[0] as number
  const lastTime = times.at(-1) as number
  const sampled = (lastTime - firstTime) / 1000
  const gap = sampled / (values.length - 1)
  let toStart = (firstTime - start) / 1000
  const toEnd = (end - lastTime) / 1000
  if (counter && rise > 0 && first >= 0) toStart = Math.min(toStart, sampled * (first / rise))
  const threshold = gap * 1.1
  const stretched =
    sampled + (toStart < threshold ? toStart : gap / 2) + (toEnd < threshold ? toEnd : gap / 2)
  const factor = stretched / sampled
  return rise * (perSecond ? factor / ((end - start) / 1000) : factor)
}

function instantRate({ times, values }: Window): number | null {
  const last = values.at(-1)
  const before = values.at(-2)
  if (last === undefined || before === undefined) return null
  const seconds = ((times.at(-1) as number) - (times.at(-2) as number)) / 1000
  return (last < before ? last : last - before) / seconds
}

function countPairs(values: readonly number[], differs: (before: number, after: number) => boolean): number {
  let count = 0
  for (let index = 1; index < values.length; index += 1) {
    if (differs(values[index - 1] as number, values[index] as number)) count += 1
  }
  return count
}

/** compensatedSum adds with Kahan's and Neumaier's correction. */
function compensatedSum(values: readonly number[]): number {
  let sum = 0
  let correction = 0
  for (const value of values) {
    const next = sum + value
    correction += Math.abs(sum) >= Math.abs(value) ? sum - next + value : value - next + sum
    sum = next
  }
  return Number.isFinite(sum) ? sum + correction : sum
}

function runningMean(values: readonly number[]): number {
  if (values.every((value) => Number.isFinite(value))) return compensatedSum(values) / values.length
  return values.reduce((sum, value) => sum + value, 0)
}
