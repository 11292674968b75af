import type { Counts } from '../../release/counts.ts'
import type { Finding } from '../../release/record/record.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { failureRate, formatCount, formatPercent, formatShare, plural } from '../../release/text/figures.ts'
import type { ReleaseView, StepView } from '../view/release-view.ts'
import { nextActions } from '../words/next-actions.ts'
import { detectionLimitWords, settledShareWords, stepMark } from '../words/steps.ts'
import { errorChart, shareChart } from './svg-chart.ts'
import { htmlBlock, htmlText } from './text.ts'

/** stepsSection is the table of steps. */
export function stepsSection(view: ReleaseView): string | null {
  if (view.steps.length === 0) return null
  const begun = view.steps.map((step) => stepRow(step, view))
  const reached = view.steps.at(-1)?.weight ?? 0
  const word = view.outcome === null ? 'to come' : 'not reached'
  const rest = (view.settings?.steps ?? [])
    .filter((weight) => weight > reached)
    .map(
      (weight) =>
        `<tr><th scope="row">${formatShare(weight)}</th><td></td><td></td><td></td><td></td><td class="soft">${word}</td></tr>`,
    )
  const heads = ['Asked', 'Observed', 'Time', 'Canary failed', 'Stable failed', 'Verdict and why']
  return `<section class="scroll"><table><caption>Steps</caption>
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>${[...begun, ...rest].join('\n')}</tbody></table></section>`
}

function stepRow(step: StepView, view: ReleaseView): string {
  const mark = stepMark(step, view)
  const seen = settledShareWords(step)
  const observed = step.observed === null ? '–' : formatPercent(step.observed)
  const cells = [
    observed + (seen === null ? '' : `<small>${seen}</small>`),
    formatDuration((step.endedAt ?? view.lastAt) - step.startedAt),
    countsCell(step.canary),
    step.control ? countsCell(step.stable) : '<span class="soft">no traffic left</span>',
    `<span class="badge ${mark.tone}">${htmlText(mark.word, 40)}</span> ${htmlText(mark.why)}`,
  ]
  return `<tr><th scope="row">${formatShare(step.weight)}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
}

function countsCell(counts: Counts | null): string {
  if (counts === null) return '–'
  const rate = failureRate(counts)
  if (rate === null) return 'no requests'
  return `<strong>${formatPercent(rate)}</strong><small>${formatCount(counts.bad)} of ${formatCount(counts.total)}</small>`
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
      `<section><h2>Failed requests</h2><ul class="legend"><li class="canary">canary</li><li class="stable">stable</li></ul><div class="scroll">${errors}</div></section>`,
    )
  }
  if (share !== null) {
    sections.push(
      `<section><h2>The canary's share of traffic</h2><ul class="legend"><li class="asked">asked</li><li class="canary">observed</li></ul><div class="scroll">${share}</div></section>`,
    )
  }
  return sections
}

/** actionsSection says what a reader can do now. */
export function actionsSection(view: ReleaseView): string | null {
  const next = nextActions(view)
  if (next === null) return null
  return `<section><h2>${next.question}</h2>${next.answer}<pre>${htmlBlock(next.commands.join('\n'))}</pre></section>`
}

/** detectionLimitsSection says what a pass of each step proves. */
export function detectionLimitsSection(view: ReleaseView): string | null {
  if (view.steps.length === 0) return null
  const items = view.steps.map((step) => `<li>${detectionLimitWords(step)}</li>`)
  return `<section><h2>What a pass of each step proves</h2><ul>${items.join('')}</ul></section>`
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
    const verb = write.action === 'create' ? 'created' : 'changed'
    return `<li><time datetime="${htmlText(write.at)}">${time}</time> ${verb} <strong>${htmlText(write.object)}</strong>: ${htmlText(write.summary)}${warned.join('')}${patch}</li>`
  })
  return `<section><details><summary>What was written: ${plural(view.writes.length, 'change')} (UTC)</summary><ul>${items.join('')}</ul></details></section>`
}

/** countingSection says how was counted, and who commanded what. */
export function countingSection(view: ReleaseView): string | null {
  const items: string[] = []
  if (view.source !== null) {
    const { reporter, label, canary, stable } = view.source
    const seen = reporter === 'source' ? 'as callers saw them' : "as the pods' own proxies saw them"
    items.push(`Requests are counted ${seen}, told apart by ${label}: ${canary} and ${stable}.`)
  }
  if (view.rate !== null)
    items.push(`Before the release came ${Number(view.rate.toFixed(2))} requests a second.`)
  const rebuilt = view.polls.filter((poll) => poll.rebuilt).length
  if (rebuilt > 0)
    items.push(`${plural(rebuilt, 'poll')} of an earlier process were read from Prometheus again.`)
  for (const command of view.commands) items.push(`Command ${command.name} by ${command.by}.`)
  for (const note of view.notes)
    items.push(`At ${formatDuration(note.t * 1000)}, ${note.instance}: ${note.text}`)
  for (const pods of view.pods) {
    const why = pods.reasons.length === 0 ? '' : `: ${pods.reasons.join('; ')}`
    items.push(`${pods.version}: ${pods.ready} of ${pods.wanted} pods ready${why}.`)
  }
  if (items.length === 0) return null
  const list = items.map((item) => `<li>${htmlText(item)}</li>`).join('')
  return `<section><details><summary>How it was counted</summary><ul>${list}</ul></details></section>`
}

/** Rows that the table of polls shows: the charts' data in figures, for those who can't see them. */
const mostPolls = 2000

/** pollsSection is the table of all polls. */
export function pollsSection(view: ReleaseView): string | null {
  if (view.polls.length === 0) return null
  const shown = view.polls.slice(-mostPolls)
  const weights = new Map(view.steps.map((step) => [step.step, step.weight]))
  const cell = (counts: Counts | null) =>
    counts === null ? '–' : `${formatCount(counts.bad)} of ${formatCount(counts.total)}`
  const rows = shown.map((poll) => {
    const weight = weights.get(poll.step)
    const asked = weight === undefined ? '–' : formatShare(weight)
    return `<tr><th scope="row">${formatDuration(poll.t * 1000)}</th><td>${asked}</td><td>${cell(poll.canary)}</td><td>${cell(poll.stable)}</td></tr>`
  })
  const heads = ['Time', 'Asked', 'Canary failed', 'Stable failed']
  return `<section><details><summary>Every poll: failed requests since the release began</summary><div class="scroll"><table class="polls">
<thead><tr>${heads.map((head) => `<th scope="col">${head}</th>`).join('')}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div></details></section>`
}
