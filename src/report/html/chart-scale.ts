/** Scale maps values of one axis to places of a drawing, and names the values worth a tick. */
export interface Scale {
  place(value: number): number
  ticks: number[]
}

/** linearScale maps 0…`top` to `from`…`to`, with ticks at multiples of `step`. */
export function linearScale(top: number, step: number, from: number, to: number): Scale {
  const count = Math.floor(top / step + 1e-9)
  return {
    place: (value) => Number((from + ((to - from) * value) / top).toFixed(1)),
    ticks: Array.from({ length: count + 1 }, (_, tick) => Number((tick * step).toPrecision(6))),
  }
}

/** roundTop gives the first of 1, 2, 5 times a power of ten that is at or above `value` (at least `least`). */
export function roundTop(value: number, least: number): number {
  for (let unit = 10 ** Math.floor(Math.log10(least)); ; unit *= 10) {
    for (const factor of [1, 2, 5]) {
      const top = Number((unit * factor).toPrecision(2))
      if (top >= least && top >= value) return top
    }
  }
}

/** roundStep gives the distance of ticks that divides a `roundTop` into four or five. */
export function roundStep(top: number): number {
  return String(top).replace(/[0.]/g, '').startsWith('2') ? top / 4 : top / 5
}

const minutes = [0.25, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440]

/** minuteStep gives the distance of ticks, in minutes, that leaves at most `limit` of them in `total` minutes. */
export function minuteStep(total: number, limit: number): number {
  return minutes.find((step) => total / step <= limit) ?? Math.ceil(total / limit / 1440) * 1440
}
