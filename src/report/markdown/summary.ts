import type { RecordEvent } from '../../release/record/record.ts'
import { releaseView } from '../view/release-view.ts'
import {
  type DetailLevel,
  markdownActions,
  markdownChart,
  markdownConclusion,
  markdownCounting,
  markdownDetectionLimits,
  markdownFacts,
  markdownFindings,
  markdownFooter,
  markdownGates,
  markdownHeadline,
  markdownMessage,
  markdownSteps,
  markdownWarnings,
  markdownWrites,
  type ReportContext,
} from './sections.ts'

/** Bytes of a step's job summary above which the runner throws the whole of it away. */
export const summaryLimit = 1_048_576

const shortened = '_Shortened to fit into a job summary: the record has all of it._'

const tiers: DetailLevel[] = [
  { text: 2000, rows: 1000, chart: 60, patches: true, background: true, notice: null },
  { text: 1000, rows: 300, chart: 60, patches: true, background: true, notice: shortened },
  { text: 500, rows: 200, chart: 60, patches: false, background: true, notice: shortened },
  { text: 120, rows: 50, chart: 30, patches: false, background: false, notice: shortened },
]

/**
 * renderSummary writes the job summary of a release from its record: what the comment has, with the patches, all
 * checks and how was counted. It measures bytes and leaves out more and more until it fits into `limit`.
 */
export function renderSummary(
  record: readonly RecordEvent[],
  options: ReportContext & { limit?: number },
): string {
  const view = releaseView(record)
  const render = (detail: DetailLevel) =>
    `${[
      markdownHeadline(view, detail),
      markdownMessage(view, detail),
      markdownFacts(view, options),
      markdownSteps(view, detail),
      markdownGates(view, detail),
      markdownConclusion(view),
      markdownWarnings(view, detail),
      markdownChart(view, detail),
      markdownActions(view),
      markdownDetectionLimits(view, detail),
      markdownFindings(view, detail),
      markdownWrites(view, detail),
      markdownCounting(view, detail),
      markdownFooter(options, detail, view),
    ]
      .filter((section) => section !== null && section !== '')
      .join('\n\n')}\n`
  const limit = options.limit ?? summaryLimit
  const fitting = tiers.map(render).find((text) => Buffer.byteLength(text, 'utf8') <= limit)
  return fitting ?? render(tiers.at(-1) as DetailLevel)
}
