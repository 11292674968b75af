import type { Poll } from '../../release/evidence/counts.ts'
import type { LatencyView, Reading } from '../../release/evidence/gate-evidence.ts'
import type { GateMode } from '../../release/gates.ts'
import type { Verdict } from '../../release/verdict.ts'

/** GateAssessment is what the evidence says about one gate, or one route of it. */
export interface GateAssessment {
  gate: string
  route: string | null
  /** Its type. */
  kind: string
  /** Its rows are those of failed requests in total. */
  countsFailedRequests: boolean
  mode: GateMode
  /** What makes an event bad, in words. */
  bad: string
  /** Rows of the engine's input; empty for gates with limits. */
  polls: Poll[]
  /** What a gate with limits showed, since the first weight write. */
  readings: Reading[]
  /** One answer after each poll or reading, up to the first fail. */
  verdicts: Verdict[]
  quantiles: LatencyView | null
  /** Part of a gate of several comparisons. */
  part?: {
    exchanged: boolean
    /** Its rows were asked for; else they follow from those of all requests, which the record has. */
    asked: boolean
    /** Code of the warning that a proved difference is. */
    warning: 'profile' | 'latency'
  }
}
