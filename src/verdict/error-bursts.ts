import type { Calibration } from '../release/evidence/counts.ts'

/** Degrees of freedom below which a dispersion says nothing. */
const leastDf = 10
/** Dispersion grows by this much at least, and by this many of its standard errors, where bursts outlast a poll. */
const leastGrowth = 1.2
const leastErrors = 2

/**
 * errorsOutlastPolls tells from stable's history whether errors hang together for longer than a short poll: counted in
 * longer polls, pods then differ by more than chance allows. To the engine each poll is news; a burst that several polls
 * see a part of would count several times. Both are calibrations of the same history; false while too little is known.
 * The standard error is that of a variance of `df` degrees of freedom: φ·√(2/df).
 */
export function errorsOutlastPolls(short: Calibration, long: Calibration): boolean {
  if (short.df < leastDf || long.df < leastDf || short.S2 <= 0 || long.S2 <= 0) return false
  const [inShort, inLong] = [short.S1 / short.S2, long.S1 / long.S2]
  if (inLong <= leastGrowth * inShort) return false
  return inLong - inShort > leastErrors * inLong * Math.sqrt(2 / long.df)
}
