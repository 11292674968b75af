import type { Finding } from '../../release/record/record.ts'
import { plural } from '../../release/text/figures.ts'
import { failuresTable } from '../table/failures-table.ts'
import { latencyTable } from '../table/latency-table.ts'
import { pollsTable } from '../table/polls-table.ts'
import type { Table } from '../table/table.ts'
import type { ReleaseView } from '../view/release-view.ts'
import { conclusionWords, detectionLimits } from '../words/conclusion.ts'
import { countingSentences } from '../words/counting.ts'
import { writeVerbs } from '../words/events/write-verbs.ts'
import { failureSpreadSentence } from '../words/failed-requests.ts'
import { slowSentences } from '../words/latency-spike.ts'
import { nextActions } from '../words/outcome/next-actions.ts'
import { errorChart, shareChart } from './svg-chart.ts'
import { htmlTable } from './table.ts'
import { htmlBlock, htmlText } from './text.ts'

/** tableSection is a table as a section of its own, with a sentence under it; null where there is no table. */
export function tableSection(table: Table | null, note: string | null = null): string | null {
  const text = note === null ? '' : `<p>${htmlText(note)}</p>`
  return table === null ? null : `<section>${htmlTable(table)}${text}</section>`
}

/** failuresSection says which requests failed, and whether it is the version's or a place's. */
export function failuresSection(view: ReleaseView): string | null {
  const spread = view.failures?.spread ?? null
  return tableSection(failuresTable(view), spread === null ? null : failureSpreadSentence(spread))
}

/** latencySection says how long requests took, and when that rose. */
export function latencySection(view: ReleaseView): string | null {
  const known = slowSentences(view)
  return tableSection(latencyTable(view), known.length === 0 ? null : known.join(' '))
}

/** warningsSection lists the release's warnings. */
export function warningsSection(view: ReleaseView): string | null {
  if (view.warnings.length === 0) return null
  const items = view.warnings.map((warning) => `<li>${htmlText(warning.text)}</li>`)
  return `<section class="warned open"><h2 class="level">Warnings</h2><ul>${items.join('')}</ul></section>`
}

/** chartSections are the two charts, as far as there is something to draw. */
export function chartSections(view: ReleaseView): string[] {
  const errors = errorChart(view)
  const share = shareChart(view)
  const sections: string[] = []
  if (errors !== null) {
    sections.push(
      `<section><h2>Failed requests</h2><ul class="legend"><li class="canary">canary</li><li class="stable">stable</li></ul><div class="scroll" tabindex="0" role="region" aria-label="Failed requests over time">${errors}</div></section>`,
    )
  }
  if (share !== null) {
    sections.push(
      `<section><h2>The canary's share of traffic</h2><ul class="legend"><li class="target">target</li><li class="canary">actual</li></ul><div class="scroll" tabindex="0" role="region" aria-label="Share of traffic over time">${share}</div></section>`,
    )
  }
  return sections
}

/** actionsSection says what a reader can do now. */
export function actionsSection(view: ReleaseView): string | null {
  const next = nextActions(view)
  if (next === null) return null
  const advice = next.advice === null ? '' : `<p>${htmlText(next.advice)}</p>`
  const commands = next.actions.map(
    ({ purpose, command }) => `<p>To ${htmlText(purpose)}:</p><pre tabindex="0">${htmlBlock(command)}</pre>`,
  )
  return `<section><h2>${next.title}</h2>${advice}${commands.join('')}</section>`
}

/** limitsSection says what the passes together rule out, and what a pass of each step rules out. */
export function limitsSection(view: ReleaseView): string | null {
  const limits = detectionLimits(view)
  if (limits.length === 0) return null
  const words = conclusionWords(view)
  const conclusion = words === null ? '' : `<p><strong>${words.title}:</strong> ${htmlText(words.text)}</p>`
  const items = limits.map((line) => `<li>${htmlText(line)}</li>`)
  return `<section><h2>Detection limits</h2>${conclusion}<ul>${items.join('')}</ul></section>`
}

const tones: Record<Finding['level'], string> = {
  error: 'bad',
  warning: 'open',
  info: 'running',
  skipped: 'running',
  ok: 'good',
}

/** findingsSection lists the checks, worst first. */
export function findingsSection(view: ReleaseView): string | null {
  if (view.findings.length === 0) return null
  const order = Object.keys(tones)
  const sorted = [...view.findings].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
  const items = sorted.map((finding) => {
    const remedy = finding.remedy ? `<pre>${htmlBlock(finding.remedy.trim())}</pre>` : ''
    const tone = tones[finding.level] ?? 'running'
    return `<li><span class="level ${tone}">${htmlText(finding.level)}</span> <strong>${htmlText(finding.id)}</strong>: ${htmlText(finding.text)}${remedy}</li>`
  })
  const open = sorted.some((finding) => finding.level === 'error' || finding.level === 'warning')
  return `<section><details${open ? ' open' : ''}><summary>Checks before the release</summary><ul>${items.join('')}</ul></details></section>`
}

/** writesSection lists what was written, each with its patch. */
export function writesSection(view: ReleaseView): string | null {
  if (view.writes.length === 0) return null
  const items = view.writes.map((write) => {
    const time = new Date(write.at).toISOString().slice(11, 19)
    const patch =
      write.patch === null
        ? ''
        : `<pre>${htmlBlock(write.patch.map((operation) => JSON.stringify(operation)).join('\n'))}</pre>`
    const warned = write.warnings.map(
      (text) => `<br><span class="level open">warning</span> ${htmlText(text)}`,
    )
    const verb = writeVerbs[write.action]
    return `<li><time datetime="${htmlText(write.at)}">${time}</time> ${verb} <strong>${htmlText(write.object)}</strong>: ${htmlText(write.summary)}${warned.join('')}${patch}</li>`
  })
  return `<section><details><summary>Written to the cluster: ${plural(view.writes.length, 'change')} (times in UTC)</summary><ul>${items.join('')}</ul></details></section>`
}

/** countingSection says how was counted, and who commanded what. */
export function countingSection(view: ReleaseView): string | null {
  const items = countingSentences(view).map((line) => `<li>${htmlText(line)}</li>`)
  if (items.length === 0) return null
  return `<section><details><summary>How requests were counted</summary><ul>${items.join('')}</ul></details></section>`
}

/** pollsSection is the table of all polls. */
export function pollsSection(view: ReleaseView): string | null {
  const table = pollsTable(view)
  if (table === null) return null
  return `<section><details><summary>Every poll</summary>${htmlTable(table, 'polls')}</details></section>`
}
