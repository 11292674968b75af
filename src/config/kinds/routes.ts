import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { RouteChoice } from '../../release/request.ts'
import { ValueError } from '../yaml/value-error.ts'

const keys = ['name', 'port', 'sni'] as const
const most = 50

/**
 * readRoutes reads which rules are meant: one a line (or between semicolons), `name=primary, port=8883`; a bare word
 * is a name. It gives the choices, or what is wrong.
 */
export function readRoutes(text: string): { value: RouteChoice[] } | { wrong: string } {
  const choices: RouteChoice[] = []
  for (const line of text.split(/[;\n]/).filter((each) => each.trim() !== '')) {
    const choice: RouteChoice = {}
    for (const part of line.split(',').map((each) => each.trim())) {
      const [left, ...right] = part.split('=')
      const [key, value] = right.length === 0 ? ['name', part] : [(left ?? '').trim(), right.join('=').trim()]
      const wrong = take(choice, key ?? '', value ?? '')
      if (wrong !== null) return { wrong }
    }
    choices.push(choice)
  }
  if (choices.length === 0) return { wrong: 'picks no rule: write e.g. name=primary' }
  if (choices.length > most) return { wrong: `picks more than ${most} rules` }
  return { value: choices }
}

/** take puts one field into a choice; it gives what is wrong, or null. */
function take(choice: RouteChoice, key: string, value: string): string | null {
  if (!(keys as readonly string[]).includes(key)) return `knows no "${key.slice(0, 40)}": name, port or sni`
  if (Object.hasOwn(choice, key)) return `gives ${key} twice for one rule`
  if (key === 'port') {
    const port = /^\d{1,5}$/.test(value) ? Number(value) : 0
    if (port < 1 || port > 65_535) return `has the port "${value.slice(0, 40)}": a number from 1 to 65535`
    choice.port = port
    return null
  }
  if (key === 'sni' && !/^(\*|(\*\.)?[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)$/i.test(value)) {
    return `has the SNI host "${value.slice(0, 40)}", which is no host name`
  }
  if (value === '' || value.length > 253 || /[\p{Cc}]/u.test(value)) return `has an empty or too long ${key}`
  choice[key as 'name' | 'sni'] = value
  return null
}

/** routesText writes the file's list of rules in the one-line form. It throws PlacedMistake at the first mistake. */
export function routesText(node: Node): string {
  const items = isSeq(node) ? (node.items as Node[]) : [node]
  return items.map((item) => itemText(item)).join('\n')
}

function itemText(item: Node): string {
  const place = item.range?.[0] ?? 0
  if (isScalar(item)) return checked(String(item.value), place)
  if (!isMap(item)) throw new ValueError(place, 'expected rules, e.g. [{name: primary}]')
  const choice: RouteChoice = {}
  for (const { key, value } of item.items as { key: Node; value: Node | null }[]) {
    const at = key.range?.[0] ?? place
    const name = isScalar(key) ? String(key.value) : ''
    if (!isScalar(value)) throw new ValueError(at, `${name}: expected one value`)
    const text = String(value.value ?? '')
    const wrong = /[,;=\n]/.test(text) ? `has a ${name} with "," ";" or "="` : take(choice, name, text)
    if (wrong !== null) throw new ValueError(at, wrong)
  }
  if (Object.keys(choice).length === 0) throw new ValueError(place, 'a rule is picked by name, port or sni')
  return Object.entries(choice)
    .map(([name, value]) => `${name}=${value}`)
    .join(',')
}

function checked(text: string, place: number): string {
  const read = readRoutes(text)
  if ('wrong' in read) throw new ValueError(place, read.wrong)
  return text
}
