import { PromqlError } from '../promql/error.ts'
import { anchored } from '../promql/text.ts'
import type { Selector } from '../promql/tree.ts'
import type { Labels } from '../target.ts'
import { exceptLabels, type Vector } from './vector.ts'

/** labelReplace sets `target` to `replacement`, filled from what `expression` finds in the label `from`. */
export function labelReplace(
  vector: Vector,
  [target, replacement, from, expression]: readonly [string, string, string, string],
): Vector {
  const pattern = anchored(expression, 'execution')
  if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(target)) {
    throw new PromqlError('execution', `invalid destination label name in label_replace(): ${target}`)
  }
  return vector.map((element) => {
    const match = pattern.exec(element.labels[from] ?? '')
    if (match === null) return element
    const text = expanded(replacement, match)
    const rest = exceptLabels(element.labels, [target])
    return { labels: text === '' ? rest : { ...rest, [target]: text }, value: element.value }
  })
}

/** expanded fills `$1`, `${name}` as Go's Expand does: the longest name counts, an unknown one is empty. */
function expanded(template: string, match: RegExpExecArray): string {
  return template.replace(/\$(?:\$|\{(\w+)\}|(\w+))/g, (whole, braced?: string, plain?: string) => {
    if (whole === '$$') return '$'
    const name = braced ?? plain ?? ''
    return (/^\d+$/.test(name) ? match[Number(name)] : match.groups?.[name]) ?? ''
  })
}

/** absentLabels gives the labels that `absent` shows: those a selector fixes to one value. */
export function absentLabels(selector: Selector | null): Labels {
  const labels: Record<string, string> = {}
  const spoiled = new Set<string>(['__name__'])
  for (const matcher of selector?.matchers ?? []) {
    if (spoiled.has(matcher.label)) continue
    if (matcher.op === '=' && labels[matcher.label] === undefined) {
      if (matcher.value !== '') labels[matcher.label] = matcher.value
    } else {
      spoiled.add(matcher.label)
      delete labels[matcher.label]
    }
  }
  return labels
}
