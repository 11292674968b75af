import type { Finding } from '../../release/record/record.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { formatCount, plural } from '../../release/text/figures.ts'
import { answersTable } from '../table/answers-table.ts'
import { failuresTable, podsTable } from '../table/failures-table.ts'
import { gatesTable } from '../table/gates-table.ts'
import { latencyTable } from '../table/latency-table.ts'
import { stepsTable } from '../table/steps-table.ts'
import type { Table } from '../table/table.ts'
import { errorSeries } from '../view/error-series.ts'
import { decidingGate } from '../view/gate-view.ts'
import type { ReleaseView } from '../view/release-view.ts'
import { conclusionWords, detectionLimits } from '../words/conclusion.ts'
import { countingSentences } from '../words/counting.ts'
import { writeVerbs } from '../words/events/write-verbs.ts'
import { failureSpreadSentence } from '../words/failed-requests.ts'
import { headline, outcomeDetail } from '../words/headline.ts'
import { slowSentences } from '../words/latency-spike.ts'
import { nextActions } from '../words/outcome/next-actions.ts'
import { reasonWords } from '../words/steps.ts'
import { mermaidChart } from './mermaid-chart.ts'
import { markdownTable } from './table.ts'
import { markdownBlock, markdownCode, markdownLink, markdownText } from './text.ts'

/** DetailLevel says how much of a release a report shows: a list of them, from all to little, is how a report shrinks. */
export interface DetailLevel {
  /** Longest outside text, in characters. */
  text: number
  /** Most rows of a list; the rest is counted in words. */
  rows: number
  /** Points of the chart; 0: no chart. */
  chart: number
  patches: boolean
  /** Findings that are in order, notes of the counting, settings. */
  background: boolean
  /** Said where something was left out; null where nothing was. */
  notice: string | null
}

/** Facts that a report needs beside the record. */
export interface ReportContext {
  /** ms since the epoch. */
  now: number
  runUrl: string | null
}

/** markdownHeadline is the first line: the verdict. */
export function markdownHeadline(view: ReleaseView, detail: DetailLevel): string {
  const { sign, text } = headline(view)
  return `### ${sign} ${markdownText(text, Math.max(300, detail.text * 2))}`
}

/** markdownMessage is what the outcome says beyond the headline. */
export function markdownMessage(view: ReleaseView, detail: DetailLevel): string | null {
  const words = outcomeDetail(view)
  if (words === null) return null
  const limit = Math.max(600, detail.text * 2)
  return words.includes('\n') ? markdownBlock(words, '', limit * 4) : markdownText(words, limit)
}

/** markdownFacts is the line below it: from what to what, where, since when, by which run. */
export function markdownFacts(view: ReleaseView, facts: ReportContext): string {
  const { head, outcome } = view
  const parts: string[] = []
  const stable = head?.stable ?? outcome?.stableVersion
  const canary = head?.canary ?? outcome?.canaryVersion
  if (stable && canary) parts.push(`**${markdownText(stable, 80)} → ${markdownText(canary, 80)}**`)
  if (head !== null) {
    // The last part of a context is its name; what comes before (account, project, region) tells an account.
    parts.push(`cluster ${markdownText(head.cluster.split('/').at(-1) || head.cluster, 80)}`)
    parts.push(`release ${markdownText(head.id, 120)}`)
    parts.push(`${formatDuration(view.lastAt - view.startedAt)}${view.outcome === null ? ' so far' : ''}`)
  }
  const address = facts.runUrl ?? head?.runUrl ?? null
  if (address !== null) parts.push(markdownLink('run', address))
  return parts.join(' · ')
}

/** markdownSteps is the table of steps. */
export function markdownSteps(view: ReleaseView, detail: DetailLevel): string | null {
  const table = stepsTable(view)
  return table === null ? null : markdownTable(table, detail.text, detail.rows)
}

/** markdownGates is the table of all gates; null where only failed requests are judged, in total. */
export function markdownGates(view: ReleaseView, detail: DetailLevel): string | null {
  const table = gatesTable(view)
  return table === null ? null : folded('Gates', markdownTable(table, detail.text, detail.rows), true)
}

/** markdownAnswers is the table of what both versions answer, open where a difference was proved; null without answers. */
export function markdownAnswers(view: ReleaseView, detail: DetailLevel): string | null {
  const table = answersTable(view)
  if (table === null) return null
  const differ = view.warnings.some(({ code }) => code === 'profile')
  return folded(table.caption, markdownTable(table, detail.text, detail.rows), differ)
}

/** markdownFailures says which requests failed, and on which pods, open where they were what failed; null where nobody asked. */
export function markdownFailures(view: ReleaseView, detail: DetailLevel): string | null {
  const kinds = failuresTable(view)
  const pods = podsTable(view)
  const spread = view.failures?.spread ?? null
  if (kinds === null && pods === null) return null
  const table = (one: Table) => markdownTable(one, Math.min(detail.text, 120), detail.rows)
  const parts = [
    spread === null ? null : markdownText(failureSpreadSentence(spread), detail.text * 2),
    kinds === null ? null : table(kinds),
    pods === null ? null : folded(pods.caption, table(pods)),
  ].filter((part) => part !== null)
  return folded(kinds?.caption ?? 'Which pods failed', parts.join('\n\n'), decidingGate(view.steps) === null)
}

/** markdownLatency is the table of how long requests took, open where the canary was proved slower; null without figures. */
export function markdownLatency(view: ReleaseView, detail: DetailLevel): string | null {
  const table = latencyTable(view)
  if (table === null) return null
  const slower = view.warnings.some(({ code }) => code === 'latency')
  const known = slowSentences(view).map((sentence) => markdownText(sentence, detail.text * 2))
  const parts = [...known, markdownTable(table, detail.text, detail.rows)]
  return folded(table.caption, parts.join('\n\n'), slower || known.length > 0)
}

/** markdownConclusion says what the passes together rule out; null where nothing is. */
export function markdownConclusion(view: ReleaseView): string | null {
  const words = conclusionWords(view)
  return words === null ? null : `**${words.title}:** ${words.text}`
}

/** markdownDetectionLimits says for each step what its pass rules out, and what that takes. */
export function markdownDetectionLimits(view: ReleaseView, detail: DetailLevel): string | null {
  const lines = detectionLimits(view).slice(-detail.rows)
  if (lines.length === 0) return null
  return folded('Detection limits', lines.map((line) => `- ${line}`).join('\n'))
}

/** markdownChart draws both error rates over time. */
export function markdownChart(view: ReleaseView, detail: DetailLevel): string | null {
  if (detail.chart === 0) return null
  const points = errorSeries(view.polls, detail.chart)
  const chart = mermaidChart(points, detail.chart)
  if (chart === null) return null
  return `**Failed requests over time:** 🟠 canary, 🔵 stable (flat where there were no requests)\n\n\`\`\`mermaid\n${chart}\n\`\`\``
}

/** markdownWarnings are those of the release itself, in sight. */
export function markdownWarnings(view: ReleaseView, detail: DetailLevel): string | null {
  const lines = view.warnings.map((warning) => markdownText(warning.text, detail.text))
  if (lines.length === 0) return null
  return ['> [!WARNING]', ...limited(lines, detail.rows).map((line) => `> - ${line}`)].join('\n')
}

/** markdownFindings lists what preflight found, worst first, with what to do about it. */
export function markdownFindings(view: ReleaseView, detail: DetailLevel): string | null {
  const order: Finding['level'][] = ['error', 'warning', 'info', 'skipped', 'ok']
  const shown = view.findings
    .filter((finding) => detail.background || (finding.level !== 'ok' && finding.level !== 'skipped'))
    .sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))
  if (shown.length === 0) return null
  const lines = limited(
    shown.map((finding) => findingLine(finding, detail)),
    detail.rows,
  ).map((line) => `- ${line}`)
  const bad = shown.filter((finding) => finding.level === 'error').length
  const unsure = shown.filter((finding) => finding.level === 'warning').length
  const sums = [bad > 0 && plural(bad, 'error'), unsure > 0 && plural(unsure, 'warning')].filter(Boolean)
  return folded(
    `Checks before the release${sums.length ? `: ${sums.join(', ')}` : ''}`,
    lines.join('\n'),
    bad > 0,
  )
}

const levelSigns: Record<string, string> = { ok: '✅', info: 'ℹ️', warning: '⚠️', error: '❌', skipped: '⏭️' }

function findingLine(finding: Finding, detail: DetailLevel): string {
  const words = `${levelSigns[finding.level] ?? '•'} **${markdownText(finding.id, 80)}**: ${markdownText(finding.text, detail.text)}`
  if (finding.remedy === null || finding.remedy.trim() === '') return words
  if (!finding.remedy.trim().includes('\n'))
    return `${words}<br>→ ${markdownCode(finding.remedy, detail.text)}`
  const block = markdownBlock(finding.remedy.trim(), '', detail.text * 4)
  return `${words}\n\n${indent(block)}\n`
}

/** markdownWrites lists what was written to the cluster, in order. */
export function markdownWrites(view: ReleaseView, detail: DetailLevel): string | null {
  if (view.writes.length === 0) return null
  const lines = view.writes.map((write) => {
    const time = new Date(write.at).toISOString().slice(11, 19)
    const verb = writeVerbs[write.action]
    const words = `${time} ${verb} **${markdownText(write.object, 200)}**: ${markdownText(write.summary, detail.text)}`
    const warned = write.warnings.map((text) => `<br>⚠️ ${markdownText(text, detail.text)}`).join('')
    if (!detail.patches || write.patch === null) return words + warned
    const patch = write.patch.map((operation) => JSON.stringify(operation)).join('\n')
    return `${words}${warned}\n\n${indent(markdownBlock(patch, 'json', detail.text * 8))}\n`
  })
  const list = limited(lines, detail.rows).map((line) => `- ${line}`)
  return folded(
    `Written to the cluster: ${plural(view.writes.length, 'change')} (times in UTC)`,
    list.join('\n'),
  )
}

/** markdownCounting tells how was counted and by which rules. */
export function markdownCounting(view: ReleaseView, detail: DetailLevel): string | null {
  if (!detail.background) return null
  const lines = countingSentences(view).map((line) => markdownText(line, detail.text))
  if (lines.length === 0) return null
  return folded(
    'How requests were counted',
    limited(lines, detail.rows)
      .map((line) => `- ${line}`)
      .join('\n'),
  )
}

/** markdownActions says what a reader can do now. */
export function markdownActions(view: ReleaseView): string | null {
  const next = nextActions(view)
  if (next === null) return null
  const commands = next.actions.map(
    ({ purpose, command }) => `To ${purpose}:\n\n${markdownBlock(command, 'sh')}`,
  )
  // advice may name a pod or a node
  const advice = next.advice === null ? [] : [markdownText(next.advice, 1000)]
  const [first = '', ...more] = [...advice, ...commands]
  return [`**${next.title}.** ${first}`, ...more].join('\n\n')
}

/** markdownFooter tells when the report was made, why it is short where it is, and holds the hidden marker. */
export function markdownFooter(facts: ReportContext, detail: DetailLevel, view: ReleaseView): string {
  const updated = new Date(facts.now).toISOString().replace('T', ' ').slice(0, 19)
  const reason = view.outcome === null ? '' : ` · ${markdownText(reasonWords(view.outcome.reasonCode))}`
  return `<sub>Updated at ${updated} UTC${reason} · Shiftgate</sub>${detail.notice === null ? '' : `\n\n${detail.notice}`}`
}

function folded(title: string, body: string, open = false): string {
  return `<details${open ? ' open' : ''}><summary>${title}</summary>\n\n${body}\n\n</details>`
}

function limited(lines: string[], rows: number): string[] {
  if (lines.length <= rows) return lines
  return [...lines.slice(0, rows), `… and ${formatCount(lines.length - rows)} more`]
}

function indent(text: string): string {
  return text
    .split('\n')
    .map((line) => `  ${line}`)
    .join('\n')
}
