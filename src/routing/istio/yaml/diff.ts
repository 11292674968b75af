import { stringify } from 'yaml'
import type { KubeObject } from '../../../release/kubernetes.ts'

/** Unchanged lines that are shown around a change. */
const context = 3
/** Objects with more lines are compared in one piece from their first to their last difference. */
const maximumLines = 1500

/**
 * diffLines shows what becomes of an object's spec as lines of YAML: `+` new, `-` gone, ` ` as it is, with a few
 * lines around each change and `…` where some are left out. `before` null: the object is new.
 */
export function diffLines(before: KubeObject | null, after: KubeObject): string[] {
  const old = before === null ? [] : yamlLines(before)
  const marked = compared(old, yamlLines(after))
  const near = (index: number) =>
    marked.slice(Math.max(0, index - context), index + context + 1).some((line) => !line.startsWith(' '))
  const lines: string[] = []
  marked.forEach((line, index) => {
    if (near(index)) lines.push(line)
    else if (lines.at(-1) !== '  …') lines.push('  …')
  })
  return lines
}

function yamlLines({ spec }: KubeObject): string[] {
  return stringify({ spec }, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd().split('\n')
}

function compared(old: readonly string[], now: readonly string[]): string[] {
  let head = 0
  while (head < old.length && head < now.length && old[head] === now[head]) head += 1
  let tail = 0
  while (
    tail < old.length - head &&
    tail < now.length - head &&
    old[old.length - 1 - tail] === now[now.length - 1 - tail]
  )
    tail += 1
  const same = (line: string) => `  ${line}`
  return [
    ...old.slice(0, head).map(same),
    ...middle(old.slice(head, old.length - tail), now.slice(head, now.length - tail)),
    ...old.slice(old.length - tail).map(same),
  ]
}

/** commonLengths gives how many lines the ends of both from each pair of places on have in common, row by row. */
function commonLengths(old: readonly string[], now: readonly string[]): Uint16Array {
  const width = now.length + 1
  const common = new Uint16Array((old.length + 1) * width)
  for (let left = old.length - 1; left >= 0; left -= 1) {
    for (let right = now.length - 1; right >= 0; right -= 1) {
      const at = left * width + right
      common[at] =
        old[left] === now[right]
          ? (common[at + width + 1] ?? 0) + 1
          : Math.max(common[at + width] ?? 0, common[at + 1] ?? 0)
    }
  }
  return common
}

/** The longest common subsequence of the lines in between stays, the rest goes or comes. */
function middle(old: readonly string[], now: readonly string[]): string[] {
  const gone = (line: string) => `- ${line}`
  const come = (line: string) => `+ ${line}`
  if (old.length + now.length > maximumLines) return [...old.map(gone), ...now.map(come)]
  const width = now.length + 1
  const common = commonLengths(old, now)
  const lines: string[] = []
  let left = 0
  let right = 0
  while (left < old.length && right < now.length) {
    const at = left * width + right
    if (old[left] === now[right]) {
      lines.push(`  ${old[left]}`)
      left += 1
      right += 1
    } else if ((common[at + width] ?? 0) >= (common[at + 1] ?? 0)) lines.push(gone(old[left++] ?? ''))
    else lines.push(come(now[right++] ?? ''))
  }
  return [...lines, ...old.slice(left).map(gone), ...now.slice(right).map(come)]
}
