import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { RouteChoice } from '../../release/request.ts'
import { nodeOffset } from '../yaml/node.ts'
import { ValueError } from '../yaml/value-error.ts'
import type { OptionCodec, ParseResult } from './codec.ts'

const keys = ['name', 'port', 'sni'] as const
const most = 50

const rule = {
  type: 'object',
  additionalProperties: false,
  minProperties: 1,
  properties: {
    name: { type: 'string', minLength: 1, maxLength: 253 },
    port: { type: 'integer', minimum: 1, maximum: 65535 },
    sni: { type: 'string', minLength: 1, maxLength: 253 },
  },
}

/**
 * ruleChoices reads which rules are meant: one a line (or between semicolons), `name=primary, port=8883`; a bare word is a
 * name. In the config file also a list of maps.
 */
export const ruleChoices = {
  fromText(text: string): ParseResult<RouteChoice[]> {
    const lines = text.split(/[;\n]/).filter((each) => each.trim() !== '')
    if (lines.length === 0) return { wrong: 'picks no rule: write e.g. name=primary' }
    if (lines.length > most) return { wrong: `picks more than ${most} rules` }
    const choices: RouteChoice[] = []
    for (const line of lines) {
      const result = readLine(line)
      if ('wrong' in result) return result
      choices.push(result.value)
    }
    return { value: choices }
  },
  fromYaml(node: Node) {
    const items = isSeq(node) ? (node.items as Node[]) : [node]
    if (items.length > most) throw new ValueError(nodeOffset(node), `picks more than ${most} rules`)
    return { value: items.map(readRule) }
  },
  schema: () => ({
    anyOf: [
      { type: 'string' },
      { type: 'array', minItems: 1, maxItems: most, items: { anyOf: [{ type: 'string' }, rule] } },
    ],
  }),
} satisfies OptionCodec<RouteChoice[]>

function readLine(line: string): ParseResult<RouteChoice> {
  const choice: RouteChoice = {}
  for (const part of line.split(',').map((each) => each.trim())) {
    const [left, ...right] = part.split('=')
    const [key, value] = right.length === 0 ? ['name', part] : [(left ?? '').trim(), right.join('=').trim()]
    const wrong = addField(choice, key ?? '', value ?? '')
    if (wrong !== null) return { wrong }
  }
  return { value: choice }
}

function readRule(item: Node): RouteChoice {
  const offset = nodeOffset(item)
  if (isScalar(item)) return valueAt(offset, readLine(String(item.value)))
  if (!isMap(item)) throw new ValueError(offset, 'expected rules, e.g. [{name: primary}]')
  const choice: RouteChoice = {}
  for (const { key, value } of item.items as { key: Node; value: Node | null }[]) {
    const at = nodeOffset(key) || offset
    const name = isScalar(key) ? String(key.value) : ''
    if (!isScalar(value)) throw new ValueError(at, `${name}: expected one value`)
    const wrong = addField(choice, name, String(value.value ?? ''))
    if (wrong !== null) throw new ValueError(at, wrong)
  }
  if (Object.keys(choice).length > 0) return choice
  throw new ValueError(offset, 'a rule is picked by name, port or sni')
}

function valueAt(offset: number, result: ParseResult<RouteChoice>): RouteChoice {
  if ('wrong' in result) throw new ValueError(offset, result.wrong)
  return result.value
}

/** addField puts one field into a choice; it gives what is wrong, or null. */
function addField(choice: RouteChoice, key: string, value: string): string | null {
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
