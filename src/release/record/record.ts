import type { AnswersBySide } from '../evidence/answers.ts'
import type { Calibration, CountNote, CountSource, Counts } from '../evidence/counts.ts'
import type { FailedRequests, FailureSpread } from '../evidence/failed-requests.ts'
import type { InfrastructureLoad, LatencyView, Reading } from '../evidence/gate-evidence.ts'
import type { LatencySpike } from '../evidence/latency-spike.ts'
import type { GateMode } from '../gates.ts'
import type { JsonPatchOperation } from '../kubernetes.ts'
import type { Outcome } from '../outcome/outcome.ts'
import type { Settings } from '../settings.ts'
import type { GateBaseline, PreTrafficKind } from '../state/state.ts'
import type { Verdict } from '../verdict.ts'

export const recordSchema = 1

/** What one preflight check found. */
export interface Finding {
  /** Stable id of the check, e.g. `service-selector`. */
  id: string
  level: 'ok' | 'info' | 'warning' | 'error' | 'skipped'
  /** What is so. */
  text: string
  /** What to do about it, a command or a patch where there is one. */
  remedy: string | null
}

/** RecordPhase is what a release waits for, or does, before and between its steps. */
type RecordPhase =
  | 'waiting-for-pods'
  /** Another release is in the way: its end is waited for, or brought about. */
  | 'queued'
  | 'superseding'
  | 'taking-over'
  | 'handing-back'
  | PreTrafficKind
  | `${PreTrafficKind}-ended`

interface At {
  /** ISO time of the release's clock. */
  at: string
}

/** RecordEvent is one line of the record: everything that was seen, decided and done. */
export type RecordEvent =
  | (At & {
      type: 'release'
      schema: typeof recordSchema
      id: string
      command: string
      cluster: string
      namespace: string
      service: string
      stable: string | null
      canary: string | null
      settings: Settings
      runUrl: string | null
      /** true where an earlier process began it: earlier lines were rebuilt from the cluster and by query. */
      resumed: boolean
      startedAt: string
    })
  | (At & { type: 'finding'; finding: Finding })
  | (At & {
      type: 'baseline'
      source: CountSource
      calibration: Calibration | null
      /** Stable's requests per second over the last minutes; null where unknown. */
      rate: number | null
      /** Poll interval in ms; absent in older records: what the settings say. */
      interval?: number
      /** Scrape interval in ms, where polls are further apart because errors come in bursts that outlast it. */
      scrapeInterval?: number
      /** What was fixed about the gates; absent where there are none. */
      gates?: GateBaseline
    })
  | (At & {
      type: 'step'
      step: number
      /** Share asked for, in percent. */
      weight: number
      /** What a pass of this step will prove: it rules out a canary that fails this much more often, 0–1. */
      margin: number
      /** The largest margin on offer isn't within reach of today's traffic. */
      outOfReach: boolean
      /** Canary requests that a good release needs to pass. */
      requestsNeeded: number | null
      secondsNeeded: number | null
      /** The same for the other gates that must pass. */
      gates?: { gate: string; margin: number; outOfReach: boolean }[]
    })
  | (At & {
      type: 'write'
      object: string
      action: 'create' | 'patch' | 'delete'
      summary: string
      patch: JsonPatchOperation[] | null
      warnings: string[]
    })
  | (At & {
      type: 'settled'
      step: number
      weight: number
      seen: 'as-asked' | 'lower' | 'higher' | 'unknown'
      /** Requests since the write; null where none could be counted. */
      canary: number | null
      total: number | null
      /** ISO time at which the step timer starts. */
      clockStart: string
      /** The same in seconds since the release started, as polls count; absent in older records. */
      t?: number
    })
  | (At & {
      type: 'poll'
      /** Gate that the counts belong to; absent: failed requests in total. */
      gate?: string
      route?: string
      t: number
      step: number
      canary: Counts | null
      stable: Counts | null
      control: boolean
      /** What was answered since the release began; absent: not told apart. */
      answers?: AnswersBySide
      /** How long requests took lately, for information; absent: not asked. */
      quantiles?: LatencyView
      /** true where a successor asked Prometheus for it again. */
      rebuilt: boolean
    })
  | (At & { type: 'count-note'; note: CountNote })
  | (At & { type: 'verdict'; step: number; verdict: Verdict })
  | (At & {
      /** One gate's own answer; `verdict` events hold what all of them came to. */
      type: 'gate'
      step: number
      gate: string
      route: string | null
      /** Type of the gate. */
      kind: string
      mode: GateMode
      /** What makes an event bad, in words. */
      bad: string
      verdict: Verdict
      quantiles?: LatencyView
    })
  | (At & {
      /** What a gate that is held against limits showed. */
      type: 'reading'
      gate: string
      t: number
      step: number
      outcome: Reading['outcome']
      value: number | null
      text: string
    })
  | (At & {
      /** Nodes and sidecars of both versions, where they were seen to be degraded. */
      type: 'infrastructure'
      t: number
      canary: InfrastructureLoad
      stable: InfrastructureLoad
      text: string
    })
  | (At &
      FailedRequests & {
        /** Which requests failed, where the canary was rolled back: the commonest kinds, and the pods that failed most. */
        type: 'failed-requests'
        /** null: it can't be told. */
        spread: FailureSpread | null
      })
  | (At & LatencySpike & { type: 'latency-spike' })
  /** Where the slow requests of a canary that was proved slower lie; slow are those over `bound` ms. */
  | (At & { type: 'slow-pods'; bound: number; spread: FailureSpread })
  | (At & { type: 'step-end'; step: number; verdict: Verdict['verdict']; reason: string; text: string })
  | (At & { type: 'command'; name: string; by: string })
  /** `details`: what the sentence was made of, by code; absent in older records. */
  | (At & { type: 'warning'; code: string; details?: object | null; text: string })
  | (At & { type: 'phase'; phase: RecordPhase; text: string })
  | (At & { type: 'outcome'; outcome: Outcome })
