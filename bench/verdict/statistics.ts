/** quantile of numbers, the nearest one above; NaN of none. */
export function quantile(values: readonly number[], part: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length
}

/** errorOf is the standard error of the mean. */
export function errorOf(values: readonly number[]): number {
  const middle = mean(values)
  const squares = values.reduce((sum, value) => sum + (value - middle) ** 2, 0)
  return Math.sqrt(squares / Math.max(1, values.length - 1) / values.length)
}

/** apart is how many standard errors two shares differ by, each of so many runs. */
export function apart(share: number, runs: number, other: number, otherRuns: number): number {
  const pooled = (share * runs + other * otherRuns + 0.5) / (runs + otherRuns + 1)
  return (share - other) / Math.sqrt(pooled * (1 - pooled) * (1 / runs + 1 / otherRuns))
}

/** medianRange is where another median of as many runs lies, three standard errors of both to either side. */
export function medianRange(values: readonly number[]): [number, number] {
  const wide = (1.5 * Math.SQRT2) / Math.sqrt(Math.max(1, values.length))
  return [quantile(values, Math.max(0, 0.5 - wide)), quantile(values, Math.min(1, 0.5 + wide))]
}
