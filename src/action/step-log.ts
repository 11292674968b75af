import type { Outcome } from '../release/outcome/outcome.ts'
import { exitCodeOf } from '../release/outcome/outcome.ts'
import type { RecordEvent } from '../release/record/record.ts'
import type { Request } from '../release/request.ts'
import type { Settings } from '../release/settings.ts'
import { manyLines } from '../release/text/plain-text.ts'
import { renderSummary } from '../report/markdown/summary.ts'
import { markdownBlock, markdownText } from '../report/markdown/text.ts'
import { logLine } from '../report/words/events/log-line.ts'
import type { Runner } from './runner.ts'

/** StepLog follows a command by its events. */
export interface StepLog {
  /** event prints what happened, sets outputs as soon as they are known, and warns about what was lost. */
  event(event: RecordEvent): void
  /** end prints the outcome, unless the record's own last line did, and what was asked to be shown. */
  end(outcome: Outcome): void
  /** cancelledOutcome is the outcome of a command that was interrupted, from what the record holds so far. */
  cancelledOutcome(request: Request): Outcome
  /** writeSummary renders the release, or what was asked to be shown, into the job's summary. */
  writeSummary(outcome: Outcome, runUrl: string | null): Promise<void>
}

/** createStepLog starts a log that prints through `runner`. */
export function createStepLog(runner: Runner): StepLog {
  const record: RecordEvent[] = []
  return {
    event: (event) => {
      const line = logLine(event, record)
      record.push(event)
      if (line !== null) runner.line(line)
      showEarly(runner, event)
    },
    end: (outcome) => {
      if (!record.some((event) => event.type === 'outcome')) runner.line(outcome.message)
      if (outcome.details) runner.line(manyLines(outcome.details, 100_000))
    },
    cancelledOutcome: (request) => toCancelledOutcome(request, record),
    writeSummary: async (outcome, runUrl) => {
      const text = summaryOf(record, outcome, runUrl)
      if (text !== null) await runner.summary(text)
    },
  }
}

/** Without a release there is only what a command was asked to show. */
function summaryOf(record: readonly RecordEvent[], outcome: Outcome, runUrl: string | null): string | null {
  const last = record.at(-1)
  if (last !== undefined && record.some((event) => event.type === 'release')) {
    // The release's own clock, which in a sandbox is not this machine's.
    return renderSummary(record, { now: Date.parse(last.at), runUrl })
  }
  if (!outcome.details) return null
  return `${markdownText(outcome.message)}\n\n${markdownBlock(outcome.details, '', 100_000)}\n`
}

function showEarly(runner: Runner, event: RecordEvent): void {
  if (event.type === 'release') {
    runner.output('release-id', event.id)
    runner.output('stable-version', event.stable ?? '')
    runner.output('canary-version', event.canary ?? '')
  }
  if (event.type === 'warning') runner.warning(event.text, { title: event.code })
  if (event.type === 'finding' && event.finding.level === 'warning') {
    const { id, text, remedy } = event.finding
    runner.warning(remedy ? `${text} ${remedy}` : text, { title: id })
  }
}

/** What the post step does with a release that this run still holds. */
const afterCancel: Record<Settings['onCancel'], string> = {
  rollback: 'put traffic back',
  pause: 'leave traffic where it is and pause the release',
  ignore: 'leave the release in flight for the next run to go on',
}

function toCancelledOutcome(request: Request, record: readonly RecordEvent[]): Outcome {
  const release = record.findLast((event) => event.type === 'release')
  const settled = record.findLast((event) => event.type === 'settled')
  return {
    schema: 1,
    command: request.command,
    result: 'in-progress',
    reasonCode: 'cancelled',
    exitCode: exitCodeOf('in-progress', 'cancelled'),
    message: `Cancelled. The post step reads the cluster and will ${afterCancel[request.settings.onCancel]} if this run still holds the release.`,
    releaseId: release?.id ?? null,
    namespace: request.namespace,
    service: request.service,
    stableVersion: release?.stable ?? request.stableVersion,
    canaryVersion: release?.canary ?? request.version,
    weight: settled?.weight ?? null,
    nextCheckAt: null,
    report: null,
    commentUrl: null,
  }
}
