import { blockLog } from './block-evidence.ts'

/**
 * cusum moves a Page (1954) sum by one block of one side: evidence for half as many again bad requests as
 * `limit`, restarted at 0 whenever it would fall below. `bound` is ln(1/chance of a false alarm): one block
 * counts at most `cap` of it, and the sum never exceeds twice it, so that recovery is seen in time.
 */
export function cusum(
  sum: number,
  requests: number,
  bad: number,
  limit: number,
  bound: number,
  cap: number,
): number {
  const logRatio = blockLog(requests, bad, 0, 0, Math.min(0.97, 1.5 * limit), 0, 0, limit)
  return Math.min(2 * bound, Math.max(0, sum + Math.min(cap * bound, logRatio)))
}
