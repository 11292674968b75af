import { isMap, isScalar, isSeq, type Node } from 'yaml'
import type { PreviewChoice } from '../../release/settings.ts'
import { ValueError } from '../yaml/value-error.ts'
import { stickyText } from './sticky.ts'

/** StepTexts is what the file's list of steps says, each in the form of its own option; null: it says nothing. */
export interface StepTexts {
  steps: string
  preview: { text: string; offset: number } | null
  mirror: { text: string; offset: number } | null
  sticky: { text: string; offset: number } | null
}

const kinds = ['weight', 'preview', 'mirror'] as const

/**
 * readStepList reads the file's `steps`: shares, as numbers or `{weight: 10}`, and before the first of them
 * `{preview: {header: x-canary, value: "true"}}` and `{mirror: 20}`. It throws PlacedMistake at the first mistake;
 * null where the list is none. What shares may be is checked where `steps` is read.
 */
export function readStepList(node: Node): StepTexts | null {
  if (!isSeq(node)) return null
  const texts: StepTexts = { steps: '', preview: null, mirror: null, sticky: null }
  const weights: string[] = []
  for (const item of node.items as Node[]) {
    if (isScalar(item)) {
      weights.push(plain(item))
      continue
    }
    const { kind, value, at, sticky } = partsOf(item)
    if (kind === 'weight') {
      if (!isScalar(value)) throw new ValueError(at, 'weight: expected a share, e.g. {weight: 10}')
      weights.push(plain(value))
      if (sticky === null) continue
      if (texts.sticky !== null) throw new ValueError(sticky.at, 'sticky stands here a second time')
      texts.sticky = {
        text: `${stickyText(sticky.value, sticky.at, 'sticky ')},from=${plain(value)}`,
        offset: sticky.at,
      }
      continue
    }
    if (weights.length > 0) throw new ValueError(at, `${kind} comes before the first share of traffic`)
    if (texts[kind] !== null) throw new ValueError(at, `${kind} stands here a second time`)
    if (kind === 'preview' && texts.mirror !== null) {
      throw new ValueError(at, 'preview comes before mirror: testers first, then copies of requests')
    }
    texts[kind] = { text: kind === 'mirror' ? mirrorText(value, at) : previewText(value, at), offset: at }
  }
  return { ...texts, steps: weights.join(',') }
}

interface Part {
  kind: (typeof kinds)[number]
  value: Node | null
  at: number
  /** What a share says beside itself; null: nothing. */
  sticky: { value: Node | null; at: number } | null
}

function partsOf(item: Node): Part {
  const place = item.range?.[0] ?? 0
  const pairs = isMap(item) ? (item.items as { key: Node; value: Node | null }[]) : []
  const named = pairs.map(({ key, value }) => ({
    kind: isScalar(key) ? String(key.value) : '',
    value,
    at: key.range?.[0] ?? place,
  }))
  const beside = named.some(({ kind }) => kind === 'weight')
    ? named.find(({ kind }) => kind === 'sticky')
    : undefined
  const [part, more] = named.filter((each) => each !== beside)
  if (!part || more) {
    throw new ValueError(
      place,
      'expected a share, {weight: …}, {weight: …, sticky: …}, {preview: …} or {mirror: …}',
    )
  }
  const { kind, value, at } = part
  if (kind === 'sticky') throw new ValueError(at, 'sticky belongs to a share: {weight: 10, sticky: cookie}')
  if (!(kinds as readonly string[]).includes(kind)) {
    throw new ValueError(at, `unknown kind of step "${kind.slice(0, 40)}": ${kinds.join(', ')}`)
  }
  const sticky = beside === undefined ? null : { value: beside.value, at: beside.at }
  return { kind: kind as (typeof kinds)[number], value, at, sticky }
}

function mirrorText(value: Node | null, at: number): string {
  if (!isScalar(value)) throw new ValueError(at, 'mirror: expected percent, e.g. {mirror: 20}')
  return plain(value)
}

function previewText(value: Node | null, at: number): string {
  if (isScalar(value)) return plain(value)
  if (!isMap(value)) {
    throw new ValueError(at, 'preview: expected e.g. {header: x-canary, value: "true"}')
  }
  const fields = new Map<string, string>()
  for (const { key, value: inner } of value.items as { key: Node; value: Node | null }[]) {
    const name = isScalar(key) ? String(key.value) : ''
    if (!['header', 'cookie', 'value'].includes(name) || !isScalar(inner)) {
      throw new ValueError(
        key.range?.[0] ?? at,
        `preview: "${name.slice(0, 40)}" is not one of header, cookie, value`,
      )
    }
    fields.set(name, plain(inner))
  }
  const by = fields.has('cookie') ? 'cookie' : 'header'
  if (fields.has('header') === fields.has('cookie') || !fields.has('value')) {
    throw new ValueError(at, 'preview: takes a header or a cookie, and its value')
  }
  return `${by}:${fields.get(by)}=${fields.get('value')}`
}

function plain(node: { value?: unknown; source?: string; type?: string }): string {
  return (node.type === 'PLAIN' && node.source !== undefined ? node.source : String(node.value ?? '')).trim()
}

/** readPreview reads who testers are: `header:NAME=VALUE` or `cookie:NAME=VALUE`. */
export function readPreview(text: string): { value: PreviewChoice } | { wrong: string } {
  const found = /^(header|cookie):([^=]+)=(.+)$/s.exec(text)
  const write = 'write header:x-canary=true or cookie:canary=always'
  if (!found) return { wrong: `is no preview: ${write}` }
  const [, by, name = '', value = ''] = found
  if (!/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,128}$/.test(name))
    return { wrong: `has a ${by} without a name: ${write}` }
  if (value.length > 256 || !/^[\x21-\x7e]([\x20-\x7e]*[\x21-\x7e])?$/.test(value)) {
    return { wrong: `has a value that can't stand in a ${by}: ${write}` }
  }
  if (by === 'cookie' && /[;,\s"\\]/.test(value))
    return { wrong: `has a value that can't stand in a cookie: ${write}` }
  return { value: by === 'header' ? { header: name, value } : { cookie: name, value } }
}
