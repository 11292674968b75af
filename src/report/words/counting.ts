import { formatDuration } from '../../release/text/duration.ts'
import { plural } from '../../release/text/figures.ts'
import type { ReleaseView } from '../view/release-view.ts'

/** countingSentences says how requests were counted, and who commanded what. Outside text: escape it. */
export function countingSentences(view: ReleaseView): string[] {
  const lines: string[] = []
  if (view.source !== null) {
    const { reporter, label, canary, stable } = view.source
    const seen = reporter === 'source' ? 'as callers saw them' : "as the pods' own proxies saw them"
    lines.push(`Requests are counted ${seen}, told apart by ${label}: ${canary} and ${stable}.`)
  }
  if (view.rate !== null)
    lines.push(`Before the release there were ${Number(view.rate.toFixed(2))} requests a second.`)
  // The first look of a process finds more than one poll, and no earlier process need have seen them.
  const rebuilt = view.head?.resumed === true ? view.polls.filter((poll) => poll.rebuilt).length : 0
  if (rebuilt > 0)
    lines.push(
      `${plural(rebuilt, 'poll')} of an earlier process ${rebuilt === 1 ? 'was' : 'were'} read from Prometheus again.`,
    )
  for (const command of view.commands) lines.push(`Command ${command.name} by ${command.by}.`)
  for (const { t, instance, gate, text } of view.notes) {
    const whose = gate === undefined ? instance : `gate ${gate}`
    lines.push(`At ${formatDuration(t * 1000)}, ${whose}: ${text}`)
  }
  return lines
}
