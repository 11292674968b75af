import { createHash } from 'node:crypto'
import type { RecordEvent } from '../../release/record/record.ts'
import { formatDuration } from '../../release/text/duration.ts'
import type { ReportContext } from '../markdown/sections.ts'
import { httpAddress } from '../markdown/text.ts'
import { answersTable } from '../table/answers-table.ts'
import { podsTable } from '../table/failures-table.ts'
import { gatesTable } from '../table/gates-table.ts'
import { stepsTable } from '../table/steps-table.ts'
import { type ReleaseView, releaseView } from '../view/release-view.ts'
import { headline, outcomeDetail } from '../words/headline.ts'
import {
  actionsSection,
  chartSections,
  countingSection,
  failuresSection,
  findingsSection,
  latencySection,
  limitsSection,
  pollsSection,
  tableSection,
  warningsSection,
  writesSection,
} from './sections.ts'
import { htmlStyle } from './style.ts'
import { htmlBlock, htmlText } from './text.ts'

/**
 * renderHtml writes the report of a release as one page that needs nothing else: no script, no request, and a
 * policy that forbids both.
 */
export function renderHtml(record: readonly RecordEvent[], facts: ReportContext): string {
  const view = releaseView(record)
  const { text, tone } = headline(view)
  const digest = createHash('sha256').update(htmlStyle).digest('base64')
  const policy = `default-src 'none'; style-src 'sha256-${digest}'; img-src data:; base-uri 'none'; form-action 'none'`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<title>${htmlText(text, 200)}</title>
<style>${htmlStyle}</style>
</head>
<body>
<main>
<header class="${tone}">
<p class="kicker">${kickers[tone]}</p>
<h1>${htmlText(text, 1500)}</h1>
${message(view)}${factsList(view, facts)}
</header>
${sectionsOf(view).join('\n')}
<footer>Updated at ${moment(facts.now)} UTC by Shiftgate.</footer>
</main>
</body>
</html>
`
}

function sectionsOf(view: ReleaseView): string[] {
  const sections = [
    tableSection(stepsTable(view)),
    tableSection(gatesTable(view)),
    failuresSection(view),
    tableSection(podsTable(view)),
    warningsSection(view),
    actionsSection(view),
    ...chartSections(view),
    tableSection(answersTable(view)),
    latencySection(view),
    limitsSection(view),
    findingsSection(view),
    writesSection(view),
    countingSection(view),
    pollsSection(view),
  ]
  return sections.filter((section) => section !== null)
}

const kickers = {
  good: 'Done',
  bad: 'Stopped',
  open: 'Not proved',
  running: 'In progress',
  danger: 'A person must act',
} as const

function message(view: ReleaseView): string {
  const detail = outcomeDetail(view)
  if (detail === null) return ''
  return detail.includes('\n')
    ? `<pre>${htmlBlock(detail)}</pre>`
    : `<p class="detail">${htmlText(detail, 4000)}</p>`
}

function factsList(view: ReleaseView, facts: ReportContext): string {
  const { head, outcome } = view
  const way = [head?.stable ?? outcome?.stableVersion, head?.canary ?? outcome?.canaryVersion].filter(Boolean)
  const address = httpAddress(facts.runUrl ?? head?.runUrl ?? null)
  const pairs: [string, string][] = []
  if (way.length > 0) pairs.push(['Version', htmlText(way.join(' → '))])
  if (head !== null) {
    pairs.push(['Service', htmlText(`${head.namespace}/${head.service}`)])
    pairs.push(['Cluster', htmlText(head.cluster)])
    pairs.push(['Release', htmlText(head.id)])
    pairs.push(['Began', `${moment(view.startedAt)} UTC`])
    pairs.push([
      view.outcome === null ? 'Takes so far' : 'Took',
      formatDuration(view.lastAt - view.startedAt),
    ])
  }
  if (address !== null) pairs.push(['Run', `<a href="${htmlText(address)}" rel="noreferrer">open</a>`])
  return `<dl>${pairs.map(([name, value]) => `<div><dt>${name}</dt><dd>${value}</dd></div>`).join('')}</dl>`
}

function moment(time: number): string {
  return new Date(time).toISOString().replace('T', ' ').slice(0, 19)
}
