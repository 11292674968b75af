import type { Outcome } from '../release/outcome/outcome.ts'
import type { RecordEvent } from '../release/record/record.ts'
import { clip } from '../release/text/plain-text.ts'
import { releaseView } from './view/release-view.ts'

/** Version of the shape of `resultJson`. Keys are added within a version, never changed or removed. */
const resultSchema = 1

/**
 * resultJson gives the machine-readable result of a run: the outcome, and the steps in figures. It is small (an
 * output of a job may hold 1 MB): texts are cut, polls stay in the record. Rates and shares of requests are 0–1,
 * weights in percent, times ISO, `seconds` a step's time.
 */
export function resultJson(outcome: Outcome, record: readonly RecordEvent[]): string {
  const view = releaseView(record)
  const result = {
    schema: resultSchema,
    command: outcome.command,
    result: outcome.result,
    reasonCode: outcome.reasonCode,
    exitCode: outcome.exitCode,
    message: clip(outcome.message, 2000),
    releaseId: outcome.releaseId,
    namespace: outcome.namespace,
    service: outcome.service,
    stableVersion: outcome.stableVersion,
    canaryVersion: outcome.canaryVersion,
    weight: outcome.weight,
    nextCheckAt: outcome.nextCheckAt,
    report: outcome.report,
    commentUrl: outcome.commentUrl,
    startedAt: view.head === null ? null : new Date(view.startedAt).toISOString(),
    endedAt: record.length === 0 ? null : new Date(view.lastAt).toISOString(),
    steps: view.steps.map((step) => ({
      weight: step.weight,
      observed: step.actual,
      seconds: Math.round(((step.endedAt ?? view.lastAt) - step.startedAt) / 1000),
      canary: step.canary,
      stable: step.control ? step.stable : null,
      margin: step.margin,
      verdict: step.end?.verdict ?? null,
      reason: step.end?.reason ?? null,
    })),
    warnings: view.warnings.slice(0, 50).map(({ code, text }) => ({ code, text: clip(text, 500) })),
  }
  return `${JSON.stringify(result, null, 2)}\n`
}
