import { roundTop } from '../html/chart-scale.ts'
import type { ErrorPoint } from '../view/error-series.ts'

/** Colours of the two sides that can be told apart on white, on black, and without seeing red. */
const sideColours = { canary: '#e8590c', stable: '#4184e4' } as const

/**
 * mermaidChart draws both error rates in percent over minutes as GitHub renders it (`xychart-beta`), or gives null
 * where there are fewer than two points. A side without any request has no line. An xychart has no legend, no gaps and spaces its points evenly along the
 * axis: so points are put on even places first, and a place without requests repeats the one before it.
 */
export function mermaidChart(series: readonly ErrorPoint[], places = 60): string | null {
  const points = knownTime(series)
  const first = points[0]
  const last = points.at(-1)
  if (first === undefined || last === undefined || points.length < 2) return null
  const count = Math.min(places, Math.max(points.length, 2))
  const from = middle(first)
  const to = middle(last)
  const times = Array.from({ length: count }, (_, place) => from + ((to - from) * place) / (count - 1))
  const sides = (['stable', 'canary'] as const).filter((side) => points.some((point) => point[side] !== null))
  if (sides.length === 0) return null
  const lines = sides.map((side) => evenly(points, times, side))
  return [
    '---',
    'config:',
    '  xyChart:',
    '    width: 800',
    '    height: 300',
    '  themeVariables:',
    '    xyChart:',
    `      plotColorPalette: "${sides.map((side) => sideColours[side]).join(', ')}"`,
    '---',
    'xychart-beta',
    `  x-axis "minutes since the release began" ${minutes(from)} --> ${minutes(to)}`,
    `  y-axis "failed requests in %" 0 --> ${roundTop(Math.max(...lines.flat()), 0.1)}`,
    ...lines.map((line) => `  line [${line.join(', ')}]`),
  ].join('\n')
}

// A line that went on level through an outage at the end would look like data.
function knownTime(points: readonly ErrorPoint[]): readonly ErrorPoint[] {
  const known = (point: ErrorPoint) => point.canary !== null || point.stable !== null
  return points.slice(Math.max(0, points.findIndex(known)), points.findLastIndex(known) + 1)
}

function middle(point: ErrorPoint): number {
  return (point.from + point.to) / 2
}

function minutes(seconds: number): number {
  return Number((seconds / 60).toFixed(2))
}

function evenly(points: readonly ErrorPoint[], times: number[], side: 'canary' | 'stable'): number[] {
  const known = points.filter((point) => point[side] !== null)
  return times.map((time) => {
    const point = known.findLast((candidate) => candidate.from <= time) ?? known[0]
    return Number(((point?.[side] ?? 0) * 100).toFixed(3))
  })
}
