import { formatDuration } from '../../release/text/duration.ts'
import { formatCount, formatPercent, formatShare } from '../../release/text/figures.ts'
import { type ErrorPoint, errorSeries } from '../view/error-series.ts'
import type { ReleaseView, StepView } from '../view/release-view.ts'
import { stepMark } from '../words/steps.ts'
import { linearScale, minuteStep, roundStep, roundTop, type Scale } from './chart-scale.ts'
import { htmlText } from './text.ts'

const frame = { width: 960, left: 60, right: 16, top: 34, bottom: 40 }

/** Plot is a drawing's axes: x in minutes since the release began, y in percent. */
interface Plot {
  height: number
  x: Scale
  y: Scale
  top: number
}

/** errorChart draws both sides' failed requests, a point a poll, over the steps; null where nothing was polled. */
export function errorChart(view: ReleaseView): string | null {
  const points = errorSeries(view.polls, 300)
  if (points.length < 2) return null
  const highest = Math.max(...points.flatMap((point) => [point.canary ?? 0, point.stable ?? 0]))
  const plot = plotOf(view, points, 320, roundTop(highest * 100, 0.1))
  const sides = (['stable', 'canary'] as const).map((side) => {
    const places = points.map((point) => ({
      x: point.to / 60,
      y: point[side] === null ? null : point[side] * 100,
      title: pointTitle(point, side),
    }))
    return line(places, side, plot)
  })
  const desc = view.steps.map((step) => stepSentence(step, view)).join(' ')
  return drawing('errors', 'Failed requests of canary and stable over time', desc, plot, [
    ...stepBands(view, plot, true),
    ...axes(plot, 'failed requests'),
    ...sides,
  ])
}

/** shareChart draws the canary's share of traffic, target and actual; null where nothing was polled. */
export function shareChart(view: ReleaseView): string | null {
  const points = errorSeries(view.polls, 300)
  if (points.length < 2 || view.steps.length === 0) return null
  const plot = plotOf(view, points, 220, 100)
  const places = points.map((point) => {
    const total = point.canaryTotal + point.stableTotal
    const share = point.known && total > 0 ? point.canaryTotal / total : null
    const title =
      share === null ? '' : `${clock(point.to)}: ${formatPercent(share)} of ${formatCount(total)} requests`
    return { x: point.to / 60, y: share === null ? null : share * 100, title }
  })
  const desc = view.steps
    .map(
      (step) =>
        `Target ${formatShare(step.weight)}, actual ${step.actual === null ? 'unknown' : formatPercent(step.actual)}.`,
    )
    .join(' ')
  return drawing('share', "The canary's share of traffic, target and actual, over time", desc, plot, [
    ...stepBands(view, plot, false),
    ...axes(plot, 'share of traffic'),
    `<path class="target" d="${targetPath(view, plot)}"/>`,
    line(places, 'canary', plot),
  ])
}

function plotOf(view: ReleaseView, points: readonly ErrorPoint[], height: number, top: number): Plot {
  const seconds = Math.max((view.lastAt - view.startedAt) / 1000, points.at(-1)?.to ?? 0, 1)
  const total = seconds / 60
  return {
    height,
    top,
    x: linearScale(total, minuteStep(total, 9), frame.left, frame.width - frame.right),
    y: linearScale(top, roundStep(top), height - frame.bottom, frame.top),
  }
}

function drawing(id: string, title: string, desc: string, plot: Plot, parts: string[]): string {
  return [
    `<svg viewBox="0 0 ${frame.width} ${plot.height}" role="img" aria-labelledby="${id}-title ${id}-desc">`,
    `<title id="${id}-title">${title}</title><desc id="${id}-desc">${htmlText(desc, 4000)}</desc>`,
    ...parts,
    '</svg>',
  ].join('\n')
}

function axes(plot: Plot, name: string): string[] {
  const { x, y, height } = plot
  const bottom = height - frame.bottom
  const right = frame.width - frame.right
  return [
    ...y.ticks.map((tick) => {
      const place = y.place(tick)
      return `<path class="grid" d="M${frame.left} ${place}H${right}"/><text class="tick" x="${frame.left - 8}" y="${place + 4}" text-anchor="end">${tick}%</text>`
    }),
    ...x.ticks.map((tick) => {
      const place = x.place(tick)
      return `<path class="axis" d="M${place} ${bottom}v5"/><text class="tick" x="${place}" y="${bottom + 18}" text-anchor="middle">${tick}</text>`
    }),
    `<path class="axis" d="M${frame.left} ${bottom}H${right}"/>`,
    `<text class="tick" x="${right}" y="${height - 6}" text-anchor="end">minutes since the release began</text>`,
    `<text class="tick" x="${frame.left}" y="${height - 6}">${name}</text>`,
  ]
}

// A band for each step, toned by its verdict, with its name; where it ended, a line with the verdict's mark.
function stepBands(view: ReleaseView, plot: Plot, marks: boolean): string[] {
  const bottom = plot.height - frame.bottom
  return view.steps.flatMap((step) => {
    const from = plot.x.place(minutesOf(step.startedAt, view))
    const to = plot.x.place(minutesOf(endOf(step, view), view))
    const mark = stepMark(step, view)
    const wide = to - from
    const words =
      wide > 130 ? `${formatShare(step.weight)} ${mark.word}` : wide > 64 ? formatShare(step.weight) : ''
    const parts = [
      `<rect class="band ${mark.tone}" x="${from}" y="${frame.top - 26}" width="${Math.max(0, wide).toFixed(1)}" height="${bottom - frame.top + 26}"/>`,
      `<text class="step" x="${from + 6}" y="${frame.top - 11}">${htmlText(words, 60)}</text>`,
    ]
    if (step.end !== null)
      parts.push(`<path class="edge ${mark.tone}" d="M${to} ${frame.top - 26}V${bottom}"/>`)
    if (marks && step.end !== null)
      parts.push(verdictMark(to - 12, frame.top - 15, mark.tone, step.end.verdict))
    return parts
  })
}

function verdictMark(x: number, y: number, tone: string, verdict: string): string {
  const signs: Record<string, string> = { pass: 'm-3.5 0.5l2.5 2.5l4.5 -5', fail: 'm-3 -3l6 6m0 -6l-6 6' }
  return `<g class="mark ${tone}"><circle cx="${x}" cy="${y}" r="8"/><path d="M${x} ${y}${signs[verdict] ?? 'm-3.5 0h7'}"/></g>`
}

interface Place {
  x: number
  y: number | null
  title: string
}

// A line is broken where nothing is known: a gap is not a zero.
function line(places: readonly Place[], side: 'canary' | 'stable', plot: Plot): string {
  let path = ''
  let pen = 'M'
  const dots: string[] = []
  for (const { x, y, title } of places) {
    if (y === null) {
      pen = 'M'
      continue
    }
    const [px, py] = [plot.x.place(x), plot.y.place(Math.min(y, plot.top))]
    path += `${pen}${px} ${py}`
    pen = 'L'
    dots.push(`<circle cx="${px}" cy="${py}" r="3"><title>${htmlText(title)}</title></circle>`)
  }
  return `<g class="side ${side}"><path d="${path}"/>${dots.join('')}</g>`
}

function targetPath(view: ReleaseView, plot: Plot): string {
  const first = view.steps[0] as StepView
  let path = `M${plot.x.place(0)} ${plot.y.place(0)}H${plot.x.place(minutesOf(first.startedAt, view))}`
  for (const step of view.steps)
    path += `V${plot.y.place(step.weight)}H${plot.x.place(minutesOf(endOf(step, view), view))}`
  const after = view.outcome?.weight
  if (after === null || after === undefined) return path
  return `${path}V${plot.y.place(after)}H${plot.x.place(minutesOf(view.lastAt, view))}`
}

// A step lasts until the next begins; the last one until its verdict.
function endOf(step: StepView, view: ReleaseView): number {
  const next = view.steps.find((other) => other.step > step.step)
  return next?.startedAt ?? step.endedAt ?? view.lastAt
}

function minutesOf(time: number, view: ReleaseView): number {
  return Math.max(0, (time - view.startedAt) / 60_000)
}

function pointTitle(point: ErrorPoint, side: 'canary' | 'stable'): string {
  const [bad, total] =
    side === 'canary' ? [point.canaryBad, point.canaryTotal] : [point.stableBad, point.stableTotal]
  const rate = total > 0 ? ` (${formatPercent(bad / total)})` : ''
  return `${clock(point.to)}: ${side}, ${formatCount(bad)} of ${formatCount(total)} failed${rate}`
}

function stepSentence(step: StepView, view: ReleaseView): string {
  const mark = stepMark(step, view)
  return `${formatShare(step.weight)} ${mark.word}: ${mark.why}.`
}

function clock(seconds: number): string {
  return formatDuration(seconds * 1000)
}
