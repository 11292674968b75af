/**
 * EProcess is a set of bettors and one that never bets, each with a log wealth. Its `total` is the log of the
 * sum: while the null holds, a martingale that starts at 1 (0 as a log) and exceeds 1/alpha with a chance of at
 * most alpha, ever (Ville 1939).
 */
export interface EProcess {
  /** Prior weights, the one that never bets last. */
  readonly prior: Float64Array
  readonly wealth: Float64Array
  /** What each bettor stakes on the next block, as a log; the last stays 0. */
  readonly logRatios: Float64Array
  total: number
}

/** createEProcess gives `bettors` equal shares of what `cash` leaves. */
export function createEProcess(alternatives: number, cash: number): EProcess {
  const prior = new Float64Array(alternatives + 1).fill((1 - cash) / alternatives)
  prior[alternatives] = cash
  return { prior, wealth: prior.map(Math.log), logRatios: new Float64Array(alternatives + 1), total: 0 }
}

/** resetEProcess forgets all that was won and lost. */
export function resetEProcess(portfolio: EProcess): void {
  const { prior, wealth } = portfolio
  for (let k = 0; k < wealth.length; k++) wealth[k] = Math.log(prior[k] as number)
  portfolio.total = 0
}

/**
 * updateEProcess plays one block with the bets that lie in `portfolio.bets`. First a `share` of all wealth is handed out
 * anew by the prior (fixed share: Herbster, Warmuth 1998), which keeps every bettor ready for a release that
 * goes bad late; then the bets; then wealth is lowered, which keeps the guarantee, to gain at most `cap` in one
 * block and never to exceed `ceiling`.
 */
export function updateEProcess(portfolio: EProcess, share: number, cap: number, ceiling: number): void {
  const { prior, wealth, logRatios: bets, total } = portfolio
  let most = Number.NEGATIVE_INFINITY
  for (let k = 0; k < wealth.length; k++) {
    let own = wealth[k] as number
    // Without sharing, a round trip through exp would lose a bettor that is far behind.
    if (share > 0) own = total + Math.log((1 - share) * Math.exp(own - total) + share * (prior[k] as number))
    own += bets[k] as number
    wealth[k] = own
    if (own > most) most = own
  }
  let sum = 0
  for (let k = 0; k < wealth.length; k++) sum += Math.exp((wealth[k] as number) - most)
  const reached = most + Math.log(sum)
  const over = Math.max(0, reached - total - cap, reached - ceiling)
  if (over > 0) for (let k = 0; k < wealth.length; k++) wealth[k] = (wealth[k] as number) - over
  portfolio.total = reached - over
}
