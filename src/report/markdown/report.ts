import type { RecordEvent } from '../../release/record/record.ts'
import { type ReleaseView, releaseView } from '../view/release-view.ts'
import {
  type DetailLevel,
  markdownActions,
  markdownAnswers,
  markdownChart,
  markdownConclusion,
  markdownCounting,
  markdownDetectionLimits,
  markdownFacts,
  markdownFailures,
  markdownFindings,
  markdownFooter,
  markdownGates,
  markdownHeadline,
  markdownLatency,
  markdownMessage,
  markdownSteps,
  markdownWarnings,
  markdownWrites,
  type ReportContext,
} from './sections.ts'

/** Form is one kind of Markdown report: how much it tells, fullest first, and what still fits where it is shown. */
interface Form {
  tiers: readonly DetailLevel[]
  fits(text: string): boolean
  /** Its last line; null: none. */
  marker: string | null
}

/** markdownReport writes a release from its record, as fully as fits, verdict in the first line. */
export function markdownReport(
  record: readonly RecordEvent[],
  context: ReportContext,
  { tiers, fits, marker }: Form,
): string {
  const view = releaseView(record)
  const render = (detail: DetailLevel) => body(view, context, detail, marker)
  return tiers.map(render).find(fits) ?? render(tiers.at(-1) as DetailLevel)
}

function body(view: ReleaseView, context: ReportContext, detail: DetailLevel, marker: string | null): string {
  const sections = [
    markdownHeadline(view, detail),
    markdownMessage(view, detail),
    markdownFacts(view, context),
    markdownSteps(view, detail),
    markdownGates(view, detail),
    markdownFailures(view, detail),
    markdownConclusion(view),
    markdownWarnings(view, detail),
    markdownChart(view, detail),
    markdownActions(view),
    markdownAnswers(view, detail),
    markdownLatency(view, detail),
    markdownDetectionLimits(view, detail),
    markdownFindings(view, detail),
    markdownWrites(view, detail),
    markdownCounting(view, detail),
    markdownFooter(context, detail, view),
    marker,
  ]
  return `${sections.filter((section) => section !== null && section !== '').join('\n\n')}\n`
}
