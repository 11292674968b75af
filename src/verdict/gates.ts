import type { GateMode } from '../release/gates.ts'
import type { Verdict } from '../release/verdict.ts'
import { defaults, type EngineConfig } from './config.ts'

/** GateVerdict is one gate's own answer, or one route's; `verdict` null: nothing was seen of it yet. */
export interface GateVerdict {
  gate: string
  route: string | null
  mode: GateMode
  verdict: Verdict | null
}

/** GateShare is how much of the release's alpha one test may spend, and what it takes to call it suspicious. */
type GateShare = Pick<EngineConfig, 'alpha' | 'suspect'>

/**
 * shareOut divides `alpha` among `gates` tests that decide, evenly, and within one of them half to its total and the
 * rest to its routes by their traffic: what all tests together spend is at most alpha (a union bound). Suspicion is
 * divided alike: the odds that withhold a pass are those of all tests together.
 */
export function shareOut(
  alpha: number,
  gates: number,
  routes: readonly { share: number }[] = [],
): { total: GateShare; routes: GateShare[] } {
  const whole = 1 / Math.max(1, gates)
  const traffic = routes.reduce((sum, { share }) => sum + share, 0)
  const of = (weight: number): GateShare => ({ alpha: alpha * weight, suspect: defaults.suspect / weight })
  if (routes.length === 0 || !(traffic > 0)) return { total: of(whole), routes: [] }
  return { total: of(whole / 2), routes: routes.map(({ share }) => of((whole / 2) * (share / traffic))) }
}

/** What withholds a pass, the strongest first: proof, then blindness, then infrastructure, then doubt. */
const order: readonly string[] = [
  'no-data',
  'metrics-outage',
  'metrics-partial',
  'bad-data',
  'infrastructure',
  'shared-degradation',
  'suspicious',
  'no-traffic',
  'too-little-evidence',
  'collecting',
  'min-duration',
]

const kinds: readonly Verdict['verdict'][] = ['fail', 'inconclusive', 'hold', 'continue', 'pass']

/**
 * combine is what all gates came to. Any enforced gate that fails, fails the step; it passes only when all enforced
 * gates pass; otherwise the one that withholds it speaks. A route can fail, and can withhold a pass by suspicion; it
 * need not pass, for most routes are too quiet to prove anything. Gates that only observe are left out. null where an
 * enforced gate has shown nothing yet and no other decides.
 */
export function combine(verdicts: readonly GateVerdict[]): Verdict | null {
  const enforced = verdicts.filter(({ mode }) => mode === 'enforce')
  const heard = enforced.filter(
    ({ verdict, route }) => verdict !== null && (route === null || speaks(verdict)),
  )
  const [first] = heard.toSorted((a, b) => rank(a.verdict as Verdict) - rank(b.verdict as Verdict))
  if (first === undefined) return null
  const verdict = first.verdict as Verdict
  const unheard = enforced.some((each) => each.verdict === null && each.route === null)
  const named = first.gate === 'errors' && first.route === null ? verdict : nameIn(verdict, first)
  return unheard && verdict.verdict === 'pass'
    ? { ...named, verdict: 'continue', reason: 'collecting' }
    : named
}

function speaks({ verdict, reason }: Verdict): boolean {
  return verdict === 'fail' || reason === 'suspicious'
}

/** Errors come first in every list, so that ties are theirs: `toSorted` keeps the order of equals. */
function rank({ verdict, reason }: Verdict): number {
  const place = order.indexOf(reason)
  return kinds.indexOf(verdict) * 100 + Math.max(place, 0)
}

function nameIn(verdict: Verdict, { gate, route }: GateVerdict): Verdict {
  return { ...verdict, gate, ...(route === null ? {} : { route }) }
}
