/**
 * EProcess is a mixture of alternatives and of the null hypothesis itself, each with a log wealth. Its `total` is the log of the
 * sum: while the null holds, a martingale that starts at 1 (0 as a log) and exceeds 1/alpha with a chance of at
 * most alpha, ever (Ville 1939).
 */
export interface EProcess {
  /** Prior weights, that of the null last. */
  readonly prior: Float64Array
  readonly wealth: Float64Array
  /** Log likelihood ratio of the next block under each alternative; the null's, the last, stays 0. */
  readonly logRatios: Float64Array
  total: number
}

/** createEProcess gives `alternatives` equal shares of what `cash`, the null's share, leaves. */
export function createEProcess(alternatives: number, cash: number): EProcess {
  const prior = new Float64Array(alternatives + 1).fill((1 - cash) / alternatives)
  prior[alternatives] = cash
  return { prior, wealth: prior.map(Math.log), logRatios: new Float64Array(alternatives + 1), total: 0 }
}

/** resetEProcess forgets all that was won and lost. */
export function resetEProcess(process: EProcess): void {
  const { prior, wealth } = process
  for (let k = 0; k < wealth.length; k++) wealth[k] = Math.log(prior[k] as number)
  process.total = 0
}

/**
 * updateEProcess adds one block by the ratios in `process.logRatios`. First a `share` of all wealth is handed out
 * anew by the prior (fixed share: Herbster, Warmuth 1998), which keeps every alternative ready for a release that
 * goes bad late; then the ratios; then wealth is lowered, which keeps the guarantee, to gain at most `cap` in one
 * block and never to exceed `ceiling`.
 */
export function updateEProcess(process: EProcess, share: number, cap: number, ceiling: number): void {
  const { prior, wealth, logRatios, total } = process
  let most = Number.NEGATIVE_INFINITY
  for (let k = 0; k < wealth.length; k++) {
    let own = wealth[k] as number
    // Without sharing, a round trip through exp would lose an alternative that is far behind.
    if (share > 0) own = total + Math.log((1 - share) * Math.exp(own - total) + share * (prior[k] as number))
    own += logRatios[k] as number
    wealth[k] = own
    if (own > most) most = own
  }
  let sum = 0
  for (let k = 0; k < wealth.length; k++) sum += Math.exp((wealth[k] as number) - most)
  const reached = most + Math.log(sum)
  const over = Math.max(0, reached - total - cap, reached - ceiling)
  if (over > 0) for (let k = 0; k < wealth.length; k++) wealth[k] = (wealth[k] as number) - over
  process.total = reached - over
}
