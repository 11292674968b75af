import type { AnswersBySide } from '../release/evidence/answers.ts'
import type { Outcome } from '../release/outcome/outcome.ts'
import type { RecordEvent } from '../release/record/record.ts'
import { clip } from '../release/text/plain-text.ts'
import { type ReleaseView, releaseView } from './view/release-view.ts'

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
    failures: view.failures === null ? null : failuresOf(view.failures),
    latency: view.latency,
    latencySpike: view.spike === null ? null : spikeOf(view.spike),
    slowPods: view.slowPods === null ? null : { bound: view.slowPods.bound, spread: view.slowPods.spread },
    answers: view.answers === null ? null : commonest(view.answers),
    warnings: view.warnings.slice(0, 50).map(({ code, text }) => ({ code, text: clip(text, 500) })),
  }
  return `${JSON.stringify(result, null, 2)}\n`
}

/** commonest keeps the answers that a result has room for. */
function commonest(answers: AnswersBySide): AnswersBySide {
  const most = (counts: AnswersBySide['canary']) =>
    Object.fromEntries(
      Object.entries(counts)
        .sort(([, a], [, b]) => b - a)
        .slice(0, 30),
    )
  return { canary: most(answers.canary), stable: most(answers.stable) }
}

/** failuresOf gives which requests failed, and whether it is the version or a place. */
function failuresOf({ kinds, spread }: NonNullable<ReleaseView['failures']>) {
  return { canary: kinds.canary, stable: kinds.stable, spread }
}

function spikeOf({
  bound,
  from,
  until,
  whose,
  unclear,
  counts,
  usual,
  spread,
}: NonNullable<ReleaseView['spike']>) {
  return { bound, from, until, whose, unclear, ...counts, usual, spread }
}
