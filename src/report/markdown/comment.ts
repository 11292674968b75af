import { createHash } from 'node:crypto'
import type { RecordEvent } from '../../release/record/record.ts'
import { type ReleaseView, releaseView } from '../view/release-view.ts'
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
  const view = releaseView(record)
  const fitting = tiers
    .map((detail) => body(view, options, detail))
    .find((text) => text.length <= commentLimit)
  return fitting ?? body(view, options, tiers.at(-1) as DetailLevel)
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

function body(view: ReleaseView, options: ReportContext & { marker: string }, detail: DetailLevel): string {
  const sections = [
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
    options.marker,
  ]
  return `${sections.filter((section) => section !== null && section !== '').join('\n\n')}\n`
}
