import { isMap, isScalar, type Node } from 'yaml'
import type { PreviewChoice } from '../../release/settings.ts'
import { nodeOffset, nodeText } from '../yaml/node.ts'
import { ValueError } from '../yaml/value-error.ts'
import type { OptionCodec, ParseResult } from './codec.ts'

const write = 'write header:x-canary=true or cookie:canary=always'
const text = { type: 'string', pattern: '^(header|cookie):[^=]+=.+$' }

const testers = (by: string) => ({
  type: 'object',
  additionalProperties: false,
  required: [by, 'value'],
  properties: { [by]: { type: 'string' }, value: { type: ['string', 'number', 'boolean'] } },
})

/** previewSchema describes `preview`, of its own or as a step. */
export const previewSchema = { anyOf: [testers('header'), testers('cookie'), text] }

/** preview reads who testers are: `header:NAME=VALUE` or `cookie:NAME=VALUE`, in the config file also as a map. */
export const preview: OptionCodec<PreviewChoice> = {
  fromText,
  fromYaml: (node) => ({ value: readPreviewNode(node, nodeOffset(node)) }),
  schema: () => previewSchema,
}

function fromText(given: string): ParseResult<PreviewChoice> {
  const found = /^(header|cookie):([^=]+)=(.+)$/s.exec(given)
  if (!found) return { wrong: `is no preview: ${write}` }
  const [, by, name = '', value = ''] = found
  return toPreview(by as 'header' | 'cookie', name, value)
}

/** readPreviewNode reads `{header: x-canary, value: "true"}`, or the same as a text. It throws ValueError. */
export function readPreviewNode(node: Node | null, offset: number): PreviewChoice {
  const result = isScalar(node) ? fromText(nodeText(node) ?? '') : fromMap(node, offset)
  if ('wrong' in result) throw new ValueError(offset, `preview: ${result.wrong}`)
  return result.value
}

function fromMap(node: Node | null, offset: number): ParseResult<PreviewChoice> {
  if (!isMap(node)) throw new ValueError(offset, 'preview: expected e.g. {header: x-canary, value: "true"}')
  const fields = new Map<string, string>()
  for (const { key, value } of node.items as { key: Node; value: Node | null }[]) {
    const name = isScalar(key) ? String(key.value) : ''
    const given = nodeText(value)
    if (!['header', 'cookie', 'value'].includes(name) || given === null) {
      const wrong = `preview: "${name.slice(0, 40)}" is not one of header, cookie, value`
      throw new ValueError(nodeOffset(key) || offset, wrong)
    }
    fields.set(name, given)
  }
  const [header, cookie, value] = [fields.get('header'), fields.get('cookie'), fields.get('value')]
  if ((header === undefined) === (cookie === undefined) || value === undefined) {
    return { wrong: 'takes a header or a cookie, and its value' }
  }
  return header === undefined ? toPreview('cookie', cookie ?? '', value) : toPreview('header', header, value)
}

function toPreview(by: 'header' | 'cookie', name: string, value: string): ParseResult<PreviewChoice> {
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name))
    return { wrong: `has a ${by} without a name: ${write}` }
  if (value.length > 256 || !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    return { wrong: `has a value that can't stand in a ${by}: ${write}` }
  }
  if (by === 'cookie' && /[;,\s"\\]/.test(value))
    return { wrong: `has a value that can't stand in a cookie: ${write}` }
  return { value: by === 'header' ? { header: name, value } : { cookie: name, value } }
}
