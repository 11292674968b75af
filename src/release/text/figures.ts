/** formatCount writes a whole number with thin groups of three: `12,345`. */
export function formatCount(count: number): string {
  const sign = count < 0 ? '-' : ''
  return sign + String(Math.abs(Math.round(count))).replace(/\B(?=(\d{3})+(?!\d))/g, ',')
}

/**
 * formatPercent writes a fraction (0–1) in percent with as many digits as tell something: `0%`, `0.08%`,
 * `1.2%`, `37%`. What is above zero never reads as `0%`, what is below all never as `100%`.
 */
export function formatPercent(fraction: number): string {
  const percent = fraction * 100
  if (percent === 0) return '0%'
  if (percent < 0.01) return '<0.01%'
  if (percent >= 99.5 && percent < 100) return nearlyAll(percent)
  return `${digits(percent)}%`
}

/** formatPoints writes a difference of two rates (0–1) in percentage points: `1 point`, `0.5 points`. */
export function formatPoints(fraction: number): string {
  const points = digits(fraction * 100)
  return points === '1' ? '1 point' : `${points} points`
}

/** formatShare writes a share that is already in percent: `10%`, `33.3%`. */
export function formatShare(percent: number): string {
  return `${Number(percent.toFixed(1))}%`
}

/** failureRate gives bad/total, null where nothing was counted. */
export function failureRate(counts: { total: number; bad: number } | null): number | null {
  return counts === null || counts.total <= 0 ? null : counts.bad / counts.total
}

/** plural writes a count with its noun: `1 request`, `2,000 requests`. */
export function plural(count: number, noun: string): string {
  return `${formatCount(count)} ${noun}${Math.round(count) === 1 ? '' : 's'}`
}

function nearlyAll(percent: number): string {
  const shown = [1, 2].map((places) => percent.toFixed(places)).find((text) => Number(text) < 100)
  return shown === undefined ? '>99.99%' : `${shown}%`
}

function digits(value: number): string {
  if (value < 1) return String(Number(value.toFixed(2)))
  if (value < 10) return String(Number(value.toFixed(1)))
  return String(Math.round(value))
}
