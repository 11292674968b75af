/**
 * nearestRate is `x`, stable's rate at the point `(y = ratio·x + add, x)` of the line between allowed and not
 * that is nearest to the alternative `(ac, as)`: it minimises `nc·KL(ac‖y) + ns·KL(as‖x)`. This is the reverse
 * information projection that makes the likelihood ratio of a 2×2 block an e-value (Turner, Ly, Grünwald 2024,
 * "Generic E-variables for exact sequential k-sample tests"). For `ratio > 0` and `ns > 0`.
 *
 * The root of the derivative, by Newton inside a bracket that shrinks, the bracket's middle where Newton leaves
 * it: the derivative times `x(1−x)·y(1−y)` is a cubic without poles, so that a start anywhere converges.
 */
export function nearestRate(
  nc: number,
  ac: number,
  ns: number,
  as: number,
  ratio: number,
  add: number,
): number {
  if (ratio === 1 && add === 0) return (nc * ac + ns * as) / (nc + ns)
  const reach = (ac - add) / ratio
  let low = Math.max(0, Math.min(as, reach))
  let high = Math.min(1, (1 - add) / ratio, Math.max(as, reach))
  let x = (nc * ac + ns * as) / (nc * ratio + ns)
  if (!(x > low && x < high)) x = (low + high) / 2
  for (let i = 0; i < 200; i++) {
    const y = ratio * x + add
    const xx = x * (1 - x)
    const yy = y * (1 - y)
    const h = nc * ratio * (y - ac) * xx + ns * (x - as) * yy
    if (h > 0) high = x
    else low = x
    const slope =
      nc * ratio * (ratio * xx + (y - ac) * (1 - 2 * x)) + ns * (yy + (x - as) * ratio * (1 - 2 * y))
    let next = x - h / slope
    if (!(next > low && next < high)) next = (low + high) / 2
    const moved = Math.abs(next - x)
    x = next
    if (moved <= 1e-15 * x) break
  }
  return x
}

/** divergence is Kullback and Leibler's KL(p‖q) of two coins, in nats. */
export function divergence(p: number, q: number): number {
  const hit = p > 0 ? p * Math.log(p / q) : 0
  const miss = p < 1 ? (1 - p) * Math.log1p((q - p) / (1 - q)) : 0
  return hit + miss
}

/**
 * information is what one canary request tells, in nats, against the line `ratio·p + add`, of sides whose true
 * rates are `pc` and `ps`, with `stablePerCanary` stable requests to each: `KL(pc‖y) + stablePerCanary·KL(ps‖x)`.
 * With `ratio` 0 (no stable traffic) it is `KL(pc‖add)`. Wald's limit of a test is `ln(1/alpha)` over this.
 */
export function information(
  pc: number,
  ps: number,
  stablePerCanary: number,
  ratio: number,
  add: number,
): number {
  if (ratio === 0) return divergence(pc, add)
  const x = nearestRate(1, pc, stablePerCanary, ps, ratio, add)
  return divergence(pc, ratio * x + add) + stablePerCanary * divergence(ps, x)
}
