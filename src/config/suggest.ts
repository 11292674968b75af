/** nearest gives the name that differs least from `word`; null where none is near enough to be meant. */
export function nearest(word: string, names: readonly string[]): string | null {
  let best: string | null = null
  let least = Math.max(2, Math.floor(word.length / 3)) + 1
  for (const name of names) {
    const apart = distance(word.toLowerCase(), name.toLowerCase())
    if (apart < least) {
      best = name
      least = apart
    }
  }
  return best ?? names.find((name) => word.length > 3 && name.endsWith(`-${word}`)) ?? null
}

/** didYouMean gives the clause that follows an unknown name: ` Did you mean "interval"?`, or nothing. */
export function didYouMean(word: string, names: readonly string[], show = (name: string) => name): string {
  const name = nearest(word, names)
  return name === null ? '' : ` Did you mean ${show(name)}?`
}

/** distance counts the insertions, deletions, replacements and swaps of neighbours between two words. */
function distance(from: string, to: string): number {
  let beforeLast: number[] = []
  let last = Array.from({ length: to.length + 1 }, (_, at) => at)
  for (let i = 1; i <= from.length; i++) {
    const row = [i]
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1] ? 0 : 1
      let cost = Math.min(at(last, j) + 1, at(row, j - 1) + 1, at(last, j - 1) + same)
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) {
        cost = Math.min(cost, at(beforeLast, j - 2) + 1)
      }
      row.push(cost)
    }
    beforeLast = last
    last = row
  }
  return at(last, to.length)
}

function at(row: readonly number[], index: number): number {
  return row[index] ?? Number.POSITIVE_INFINITY
}
