const unitMs: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/**
 * parseDuration reads a Go-style duration (`90s`, `1m30s`, `1.5h`, `250ms`) and gives milliseconds.
 * It gives null for anything else: no unit, unknown unit, negative, empty.
 */
export function parseDuration(text: string): number | null {
  const trimmed = text.trim()
  if (trimmed === '0') return 0
  if (!/^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(trimmed)) return null
  let total = 0
  for (const [, amount, unit] of trimmed.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)) {
    total += Number(amount) * (unitMs[unit as string] as number)
  }
  return Math.round(total)
}

/** formatDuration writes milliseconds as people read them: `45s`, `3m`, `1m30s`, `2h5m`, `0s`. */
export function formatDuration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unlimited'
  if (ms < 0) return `-${formatDuration(-ms)}`
  if (ms > 0 && ms < 1000) return `${Math.round(ms)}ms`
  let seconds = Math.round(ms / 1000)
  const hours = Math.floor(seconds / 3600)
  seconds -= hours * 3600
  const minutes = Math.floor(seconds / 60)
  seconds -= minutes * 60
  const parts = [hours && `${hours}h`, minutes && `${minutes}m`, seconds && `${seconds}s`].filter(Boolean)
  return parts.length === 0 ? '0s' : parts.join('')
}
