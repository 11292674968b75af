import { type Counts, countsSince } from '../../release/evidence/counts.ts'
import type { LatencyView } from '../../release/evidence/gate-evidence.ts'
import type { RecordEvent } from '../../release/record/record.ts'

/** LatencySummary is how long requests of both versions took, as far as the record tells. */
export interface LatencySummary {
  /** Percentiles, ms, over minutes near the end in which both versions had requests; null: not known. */
  quantiles: LatencyView | null
  /** Requests over each bound since the canary had traffic, in the order of the record. Outside text: escape it. */
  slow: { bound: string; canary: Counts | null; stable: Counts | null }[]
}

/** Gate whose polls count slow requests. */
const latencyGate = 'latency-profile'

/** latencyOf reads from a record how long requests took; null where it holds nothing of it. */
export function latencyOf(record: readonly RecordEvent[]): LatencySummary | null {
  const polls = record.filter((event) => event.type === 'poll' && event.gate === latencyGate) as Poll[]
  if (polls.length === 0) return null
  const shown = polls.flatMap(({ quantiles }) => (quantiles === undefined ? [] : [quantiles]))
  const both = shown.findLast(({ canary, stable }) => canary !== null && stable !== null)
  const slow = [...Map.groupBy(polls, ({ route }) => route ?? '')].map(([bound, own]) => ({
    bound,
    ...gainedWith(own),
  }))
  return { quantiles: both ?? shown.at(-1) ?? null, slow }
}

type Poll = Extract<RecordEvent, { type: 'poll' }>

/** What was counted while both versions had traffic. */
function gainedWith(polls: readonly Poll[]) {
  const compared = polls.filter(({ control }) => control)
  const gained = (side: 'canary' | 'stable'): Counts | null => {
    const counts = compared.flatMap((poll) => poll[side] ?? [])
    const [first, last] = [counts[0], counts.at(-1)]
    if (first === undefined || last === undefined) return null
    return countsSince(last, first)
  }
  return { canary: gained('canary'), stable: gained('stable') }
}
