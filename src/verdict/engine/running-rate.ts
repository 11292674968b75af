import type { Calibration } from '../../release/evidence/counts.ts'
import type { EngineConfig } from '../config.ts'

/** RunningRate remembers stable's requests and bad ones, older blocks less. It only steers the likelihoods. */
export interface RunningRate {
  requests: number
  bad: number
}

/** createRunningRate takes over history, at most `historyCap` requests of it. */
export function createRunningRate(config: EngineConfig, calibration: Calibration | null): RunningRate {
  if (calibration === null || calibration.n <= 0) return { requests: 0, bad: 0 }
  const part = Math.min(1, config.historyCap / calibration.n)
  return { requests: calibration.n * part, bad: calibration.b * part }
}

/** badRate is stable's bad share, kept off 0 and 1, where likelihoods would be infinite. */
export function badRate(rate: RunningRate): number {
  const raw = (rate.bad + 0.5) / (rate.requests + (rate.requests === 0 ? 100 : 1))
  return Math.min(0.95, Math.max(1e-9, raw))
}

/** updateRunningRate adds a block of stable's. */
export function updateRunningRate(rate: RunningRate, memory: number, requests: number, bad: number): void {
  rate.requests = memory * rate.requests + requests
  rate.bad = memory * rate.bad + bad
}
