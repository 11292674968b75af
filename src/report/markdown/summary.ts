import type { RecordEvent } from '../../release/record/record.ts'
import { markdownReport } from './report.ts'
import type { DetailLevel, ReportContext } from './sections.ts'

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
  const limit = options.limit ?? summaryLimit
  return markdownReport(record, options, {
    tiers,
    fits: (text) => Buffer.byteLength(text, 'utf8') <= limit,
    marker: null,
  })
}
