import { createHash } from 'node:crypto'
import type { RecordEvent } from '../../release/record/record.ts'
import { markdownReport } from './report.ts'
import type { DetailLevel, ReportContext } from './sections.ts'

/** Characters that GitHub takes in a comment. */
export const commentLimit = 65_536

const shortened = '_Shortened to fit into a comment: the record and the report of the run have all of it._'

const tiers: DetailLevel[] = [
  { text: 500, rows: 60, chart: 60, patches: false, background: false, notice: null },
  { text: 250, rows: 30, chart: 60, patches: false, background: false, notice: shortened },
  { text: 120, rows: 15, chart: 30, patches: false, background: false, notice: shortened },
  { text: 60, rows: 8, chart: 0, patches: false, background: false, notice: shortened },
]

/**
 * renderComment writes the pull request comment of a release from its record, verdict in the first line. `now` in
 * ms since the epoch; `marker` (see `commentMarker`) is its hidden last line, by which it is found again. It leaves
 * out more and more until it fits into `commentLimit`.
 */
export function renderComment(
  record: readonly RecordEvent[],
  options: ReportContext & { marker: string },
): string {
  return markdownReport(record, options, {
    tiers,
    fits: (text) => text.length <= commentLimit,
    marker: options.marker,
  })
}

/**
 * commentMarker gives the hidden line that makes a comment findable: one comment for each target of each cluster
 * on a pull request. The cluster appears as a digest, for its name may tell an account. All but `release` stays
 * the same from release to release.
 */
export function commentMarker(
  target: { namespace: string; service: string; cluster?: string },
  releaseId: string,
): string {
  const cluster =
    target.cluster === undefined
      ? ''
      : ` cluster=${createHash('sha256').update(target.cluster).digest('hex').slice(0, 8)}`
  return `<!-- shiftgate:${markerWord(target.namespace)}/${markerWord(target.service)} v1${cluster} release=${markerWord(releaseId)} -->`
}

// Nothing that could end an HTML comment early, or be taken for another word of the marker.
function markerWord(text: string): string {
  return text.replace(/[^A-Za-z0-9._:@/-]+/g, '_').replace(/-{2,}/g, '-')
}
