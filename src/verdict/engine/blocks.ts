import type { Counts, Poll } from '../../release/counts.ts'
import type { Verdict } from '../../release/verdict.ts'

/** Block is what happened between two polls that could be used: the unit of betting. */
export interface Block {
  control: boolean
  /** Requests and bad requests of the canary, and of stable (0 without control). */
  nc: number
  bc: number
  ns: number
  bs: number
}

/** BlockReader turns cumulative polls into blocks. `block` is overwritten by every `ok`. */
export interface BlockReader {
  anchored: boolean
  control: boolean
  canaryTotal: number
  canaryBad: number
  stableTotal: number
  stableBad: number
  readonly block: Block
}

/** createBlockReader waits for its first anchor. */
export function createBlockReader(): BlockReader {
  return {
    anchored: false,
    control: true,
    canaryTotal: 0,
    canaryBad: 0,
    stableTotal: 0,
    stableBad: 0,
    block: { control: true, nc: 0, bc: 0, ns: 0, bs: 0 },
  }
}

/**
 * readPoll reads one poll and says what became of it: `missing` (unusable, nothing changes), `anchor` (the first, or
 * control changed), `reset` (a counter fell; counting starts from here), `open` (an arm had no request yet: its
 * counts join the next block, so that a late scrape costs time and never evidence) or `ok` (`intake.block` holds
 * a new block).
 */
export function readPoll(intake: BlockReader, poll: Poll): Verdict['note'] {
  const control = poll.control !== false
  const { canary, stable } = poll
  if (!usable(canary)) return 'missing'
  if (control && !usable(stable)) return 'missing'
  const stableTotal = control && stable !== null ? stable.total : 0
  const stableBad = control && stable !== null ? stable.bad : 0
  if (!intake.anchored || intake.control !== control) {
    intake.anchored = true
    intake.control = control
    anchor(intake, canary, stableTotal, stableBad)
    return 'anchor'
  }
  const nc = canary.total - intake.canaryTotal
  const bc = canary.bad - intake.canaryBad
  const ns = stableTotal - intake.stableTotal
  const bs = stableBad - intake.stableBad
  if (nc < 0 || bc < 0 || bc > nc || ns < 0 || bs < 0 || bs > ns) {
    anchor(intake, canary, stableTotal, stableBad)
    return 'reset'
  }
  if (nc === 0 || (control && ns === 0)) return 'open'
  anchor(intake, canary, stableTotal, stableBad)
  const { block } = intake
  block.control = control
  block.nc = nc
  block.bc = bc
  block.ns = ns
  block.bs = bs
  return 'ok'
}

function usable(counts: Counts | null): counts is Counts {
  return (
    counts !== null &&
    Number.isFinite(counts.total) &&
    Number.isFinite(counts.bad) &&
    counts.bad >= 0 &&
    counts.bad <= counts.total
  )
}

function anchor(intake: BlockReader, canary: Counts, stableTotal: number, stableBad: number): void {
  intake.canaryTotal = canary.total
  intake.canaryBad = canary.bad
  intake.stableTotal = stableTotal
  intake.stableBad = stableBad
}
