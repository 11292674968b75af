import { apart, medianRange } from './statistics.ts'

/** Agreement compares measured figures with those the engine was designed with, and keeps what differs. */
export interface Agreement {
  readonly compared: { count: number }
  readonly differing: string[]
  /** median: the design's lies within three standard errors of both, or a poll, of the measured one. */
  median(name: string, seconds: readonly number[], design: number): void
  /** share: measured and designed (of `designRuns` runs) are within 3.5 standard errors. */
  share(name: string, measured: number, runs: number, design: number, designRuns: number): void
}

/** startAgreement has compared nothing yet. */
export function startAgreement(): Agreement {
  const compared = { count: 0 }
  const differing: string[] = []
  return {
    compared,
    differing,
    median(name, seconds, design) {
      compared.count += 1
      const [low, high] = medianRange(seconds)
      if (design < low - 15 || design > high + 15) {
        differing.push(`${name}: median ${design} s by design, measured within ${low} to ${high} s`)
      }
    },
    share(name, measured, runs, design, designRuns) {
      compared.count += 1
      const errors = apart(measured, runs, design, designRuns)
      if (Math.abs(errors) > 3.5) {
        differing.push(
          `${name}: ${(design * 100).toFixed(1)}% by design, measured ${(measured * 100).toFixed(1)}% (${errors.toFixed(1)} standard errors)`,
        )
      }
    },
  }
}
