import type { Counts, Poll } from '../../release/evidence/counts.ts'
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
 * control changed), `reset` (a counter fell; counting starts from here), `open` (one side had no request yet: its
 * counts join the next block, so that a late scrape costs time and never evidence) or `ok` (`reader.block` holds
 * a new block).
 */
export function readPoll(reader: BlockReader, poll: Poll): Verdict['note'] {
  const control = poll.control !== false
  const { canary } = poll
  const stable = control ? poll.stable : noCounts
  if (!isUsable(canary) || !isUsable(stable)) return 'missing'
  if (!reader.anchored || reader.control !== control) {
    reader.anchored = true
    reader.control = control
    anchor(reader, canary, stable)
    return 'anchor'
  }
  const nc = canary.total - reader.canaryTotal
  const bc = canary.bad - reader.canaryBad
  const ns = stable.total - reader.stableTotal
  const bs = stable.bad - reader.stableBad
  if (!isIncrease(nc, bc) || !isIncrease(ns, bs)) {
    anchor(reader, canary, stable)
    return 'reset'
  }
  if (nc === 0 || (control && ns === 0)) return 'open'
  anchor(reader, canary, stable)
  Object.assign(reader.block, { control, nc, bc, ns, bs })
  return 'ok'
}

const noCounts: Counts = { total: 0, bad: 0 }

function isUsable(counts: Counts | null): counts is Counts {
  return (
    counts !== null &&
    Number.isFinite(counts.total) &&
    Number.isFinite(counts.bad) &&
    counts.bad >= 0 &&
    counts.bad <= counts.total
  )
}

/** isIncrease tells whether two counters can have grown by this much: not below zero, no more bad than all. */
function isIncrease(total: number, bad: number): boolean {
  return total >= 0 && bad >= 0 && bad <= total
}

function anchor(reader: BlockReader, canary: Counts, stable: Counts): void {
  reader.canaryTotal = canary.total
  reader.canaryBad = canary.bad
  reader.stableTotal = stable.total
  reader.stableBad = stable.bad
}
