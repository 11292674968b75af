import type { Caught } from './detection.ts'

const rowHeight = 26
const left = 190
const plotWidth = 560
const never = left + plotWidth + 50
const width = never + 40
const top = 70

const colours: Record<string, string> = {
  Shiftgate: '#0b6e4f',
  flagger: '#c8553d',
  argo: '#8f5fbf',
  kayenta: '#d99a00',
}
const names: Record<string, string> = { flagger: 'Flagger', argo: 'Argo Rollouts', kayenta: 'Kayenta' }

/** chart draws, as SVG, when each rule has caught half of the bad canaries: a row a cell, a log scale of seconds. */
export function chart(cells: readonly Caught[], seed: number): string {
  const height = top + cells.length * rowHeight + 40
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="sans-serif" font-size="12" role="img">`,
    '<title>Seconds until half of the bad canaries are caught</title>',
    `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
    '<text x="12" y="22" font-size="15" font-weight="bold" fill="#222">Seconds until half of the bad canaries are caught</text>',
    ...legend(),
    ...axis(height),
    ...cells.flatMap((cell, i) => row(cell, top + (i + 0.5) * rowHeight)),
    `<text x="12" y="${height - 10}" fill="#666" font-size="11">share 10%, seed ${seed}; line: to the 95th percentile; tick: least possible on average</text>`,
    '</svg>',
  ]
  return `${parts.join('\n')}\n`
}

/** position of seconds on the log axis from 12 s to half an hour. */
function position(seconds: number): number {
  return left + (plotWidth * Math.log(seconds / 12)) / Math.log(1800 / 12)
}

function legend(): string[] {
  return Object.entries(colours).flatMap(([key, colour], i) => {
    const x = left + i * 130
    return [
      `<circle cx="${x}" cy="42" r="5" fill="${colour}"/>`,
      `<text x="${x + 10}" y="46" fill="#222">${names[key] ?? key}</text>`,
    ]
  })
}

function axis(height: number): string[] {
  const marks = [15, 30, 60, 120, 300, 600, 1200, 1800].flatMap((seconds) => {
    const x = position(seconds).toFixed(1)
    return [
      `<line x1="${x}" x2="${x}" y1="${top}" y2="${height - 34}" stroke="#e4e4e4"/>`,
      `<text x="${x}" y="${top - 6}" fill="#666" text-anchor="middle">${seconds}</text>`,
    ]
  })
  return [...marks, `<text x="${never}" y="${top - 6}" fill="#666" text-anchor="middle">never</text>`]
}

function row(cell: Caught, y: number): string[] {
  const [from, to] = [position(cell.ours.median).toFixed(1), position(cell.ours.late).toFixed(1)]
  const limit = position(cell.limit).toFixed(1)
  const peers = Object.entries(cell.peers).map(([key, seconds], i) => {
    const x = seconds === null ? never + (i - 1) * 13 : position(seconds)
    return `<circle cx="${x.toFixed(1)}" cy="${(y + (i - 1) * 3).toFixed(1)}" r="4.5" fill="${colours[key]}" fill-opacity="0.85"/>`
  })
  return [
    `<text x="${left - 12}" y="${y + 4}" fill="#222" text-anchor="end">${cell.label}</text>`,
    ...peers,
    `<line x1="${limit}" x2="${limit}" y1="${y - 8}" y2="${y + 8}" stroke="#222"/>`,
    `<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="${colours.Shiftgate}" stroke-width="3"/>`,
    `<circle cx="${from}" cy="${y}" r="5.5" fill="${colours.Shiftgate}"/>`,
  ]
}
