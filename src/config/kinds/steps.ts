import { isMap, isScalar, isSeq, type Node } from 'yaml'
import { nodeOffset, nodeText } from '../yaml/node.ts'
import { ValueError } from '../yaml/value-error.ts'
import type { OptionCodec, ParseResult, YamlValue } from './codec.ts'
import { previewSchema, readPreviewNode } from './preview.ts'
import { percent } from './scalars.ts'
import { readStickyNode, stickySchema } from './sticky.ts'

const kinds = ['weight', 'preview', 'mirror'] as const
const most = 100

const share = { type: 'integer', minimum: 1, maximum: 100 }
const one = (name: string, value: object) => ({
  type: 'object',
  additionalProperties: false,
  required: [name],
  properties: { [name]: value },
})
const stepSchemas = [
  share,
  {
    type: 'object',
    additionalProperties: false,
    required: ['weight', 'sticky'],
    properties: { weight: share, sticky: stickySchema },
  },
  one('weight', share),
  one('preview', previewSchema),
  one('mirror', { type: 'number', exclusiveMinimum: 0, maximum: 100 }),
]

/**
 * steps reads shares of traffic, rising up to 100. In the config file a step can be a map: `{weight: 10}` with `sticky`
 * beside it, and before the first share `{preview: …}` and `{mirror: 20}`, which are options of their own.
 */
export const steps: OptionCodec<number[]> = {
  fromText(text) {
    const shares: number[] = []
    for (const part of text.split(/[\s,]+/).filter(Boolean)) {
      const next = nextShare(part, shares.at(-1))
      if ('wrong' in next) return next
      shares.push(next.value)
    }
    const wrong = unfinished(shares)
    return wrong === null ? { value: shares } : { wrong }
  },
  fromYaml(node) {
    if (!isSeq(node)) throw new ValueError(nodeOffset(node), 'expected a list of shares, e.g. [10, 50, 100]')
    if (node.items.length > most) throw new ValueError(nodeOffset(node), `holds more than ${most} steps`)
    return readStepList(node.items as Node[], nodeOffset(node))
  },
  schema: () => ({
    anyOf: [
      { type: 'array', minItems: 1, items: { anyOf: stepSchemas } },
      { type: 'string', pattern: '^\\s*\\d+%?([\\s,]+\\d+%?)*\\s*$' },
      { const: 100 },
    ],
  }),
}

function nextShare(text: string, last: number | undefined): ParseResult<number> {
  const found = /^(\d{1,9})%?$/.exec(text)
  if (!found) {
    return {
      wrong: `has a step "${text.slice(0, 40)}" that is not a whole number of percent: write e.g. 10,50,100`,
    }
  }
  const value = Number(found[1])
  if (value < 1 || value > 100) return { wrong: `has the step ${value}: a share is from 1 to 100 percent` }
  if (last !== undefined && value <= last) {
    return { wrong: `has ${value} after ${last}: each step must be above the one before` }
  }
  return { value }
}

function unfinished(shares: readonly number[]): string | null {
  if (shares.length === 0) return 'names no step: write e.g. 10,50,100'
  return shares.at(-1) === 100 ? null : `ends at ${shares.at(-1)}: the last step must be 100`
}

/** ReadSteps are the steps read so far; those of other kinds than shares stand for options of their own. */
interface ReadSteps {
  shares: number[]
  also: { name: string; value: unknown; offset: number }[]
}

function readStepList(items: readonly Node[], offset: number): YamlValue<number[]> {
  const read: ReadSteps = { shares: [], also: [] }
  for (const item of items) {
    const step = isScalar(item)
      ? { kind: 'weight' as const, value: item, offset: nodeOffset(item) }
      : partsOf(item)
    if (step.kind === 'weight') addShare(read, step)
    else addPreTraffic(read, step.kind, step)
  }
  const wrong = unfinished(read.shares)
  if (wrong !== null) throw new ValueError(offset, wrong)
  return { value: read.shares, also: read.also }
}

function addShare(read: ReadSteps, { value, offset, sticky }: StepNode): void {
  const weight = readWeight(value, offset, read.shares.at(-1))
  read.shares.push(weight)
  if (!sticky) return
  if (weight >= 100) throw new ValueError(sticky.offset, 'sticky belongs to a share below 100')
  const choice = readStickyNode(sticky.value, sticky.offset, 'sticky ')
  addOption(read, 'sticky', { ...choice, from: weight }, sticky.offset)
}

function addPreTraffic(read: ReadSteps, kind: 'preview' | 'mirror', { value, offset }: StepNode): void {
  if (read.shares.length > 0) throw new ValueError(offset, `${kind} comes before the first share of traffic`)
  if (kind === 'preview' && read.also.some(({ name }) => name === 'mirror'))
    throw new ValueError(offset, 'preview comes before mirror: testers first, then copies of requests')
  addOption(
    read,
    kind,
    kind === 'mirror' ? readMirror(value, offset) : readPreviewNode(value, offset),
    offset,
  )
}

/** Each of them may stand once. */
function addOption(read: ReadSteps, name: string, value: unknown, offset: number): void {
  if (read.also.some((other) => other.name === name))
    throw new ValueError(offset, `${name} stands here a second time`)
  read.also.push({ name, value, offset })
}

function readWeight(node: Node | null, offset: number, last: number | undefined): number {
  const text = nodeText(node)
  if (text === null) throw new ValueError(offset, 'weight: expected a share, e.g. {weight: 10}')
  const result = nextShare(text, last)
  if ('wrong' in result) throw new ValueError(offset, result.wrong)
  return result.value
}

function readMirror(node: Node | null, offset: number): number {
  const text = nodeText(node)
  if (text === null) throw new ValueError(offset, 'mirror: expected percent, e.g. {mirror: 20}')
  const result = percent.fromText(text)
  if ('wrong' in result)
    throw new ValueError(offset, `mirror: ${JSON.stringify(text.slice(0, 40))} ${result.wrong}`)
  return result.value
}

interface StepNode {
  kind: (typeof kinds)[number]
  value: Node | null
  offset: number
  /** What a share says beside itself; absent: nothing. */
  sticky?: { value: Node | null; offset: number }
}

function partsOf(item: Node): StepNode {
  const place = nodeOffset(item)
  const pairs = isMap(item) ? (item.items as { key: Node; value: Node | null }[]) : []
  const named = pairs.map(({ key, value }) => ({
    kind: isScalar(key) ? String(key.value) : '',
    value,
    offset: nodeOffset(key) || place,
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
  const { kind, value, offset } = part
  if (kind === 'sticky') {
    throw new ValueError(offset, 'sticky belongs to a share: {weight: 10, sticky: cookie}')
  }
  const known = kinds.find((each) => each === kind)
  if (known === undefined) {
    throw new ValueError(offset, `unknown kind of step "${kind.slice(0, 40)}": ${kinds.join(', ')}`)
  }
  return { kind: known, value, offset, ...(beside === undefined ? {} : { sticky: beside }) }
}
