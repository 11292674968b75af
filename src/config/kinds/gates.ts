import { type Document, isSeq, type Node } from 'yaml'
import type { GateType } from '../../gates/gate-type.ts'
import { findGateType, gateTypes } from '../../gates/registry.ts'
import { countsFailedRequests } from '../../gates/selection.ts'
import type { GateSpec } from '../../release/gates.ts'
import { type MapReader, nodeOffset, readMap, readText, readWord, wrongField } from '../yaml/node.ts'
import { ValueError } from '../yaml/value-error.ts'
import { fieldsSchema, readFields } from './gate-fields.ts'

const mostGates = 20
const modes = ['enforce', 'observe'] as const
const namePattern = '^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$'

/**
 * readGates reads the list of gates from YAML, each by the fields of its type. It throws ValueError at the first thing
 * that is wrong: a list that is none, an unknown type, key or placeholder (with the nearest known one), a value of the
 * wrong shape, a name that stands twice, a list in which nothing is enforced.
 */
export function readGates(list: Node, document: Document): GateSpec[] {
  if (!isSeq(list)) throw new ValueError(nodeOffset(list), 'expected a list of gates, each a map with a type')
  if (list.items.length > mostGates) {
    throw new ValueError(nodeOffset(list), `holds more than ${mostGates} gates`)
  }
  const names = new Set<string>()
  const gates: GateSpec[] = []
  for (const item of list.items as Node[]) {
    const gate = readGate(readMap(item, document, 'a gate as a map, e.g. {type: latency, …}'))
    if (names.has(gate.name)) {
      throw new ValueError(nodeOffset(item), `the gate "${gate.name}" stands here a second time`)
    }
    names.add(gate.name)
    gates.push(gate)
  }
  if (enforcesNothing(gates)) {
    throw new ValueError(nodeOffset(list), 'nothing is enforced: no step could ever pass; enforce one gate')
  }
  return gates
}

/** The gate of failed requests is always there and enforced, unless the list says otherwise. */
function enforcesNothing(gates: readonly GateSpec[]): boolean {
  return gates.some((gate) => countsFailedRequests(gate)) && gates.every(({ mode }) => mode === 'observe')
}

function readGate(map: MapReader): GateSpec {
  const word = readWord(
    map,
    'type',
    gateTypes.map(({ type }) => type),
    null,
  )
  const type = findGateType(word) as GateType
  map.allowKeys(gateKeys(type), `a gate of type ${type.type}`)
  const mode = readWord(map, 'mode', modes, 'enforce')
  const name = readName(map, type)
  const gate: GateSpec = { name, type: type.type, mode, ...readFields(map, type.fields) }
  const mistake = type.mistake?.(gate) ?? null
  if (mistake === null) return gate
  if (mistake.key === null) throw new ValueError(map.offset, mistake.wrong)
  throw wrongField(map, mistake.key, mistake.wrong)
}

function readName(map: MapReader, type: GateType): string {
  if (type.name !== undefined) {
    const given = map.find('name')
    if (given !== null && readText(map, 'name') !== type.name) {
      const wrong = `name: the gate of type ${type.type} is always called ${type.name}`
      throw new ValueError(given.offset, wrong)
    }
    return type.name
  }
  const name = readText(map, 'name')
  if (!new RegExp(namePattern).test(name)) {
    throw wrongField(map, 'name', 'is no name: at most 63 lower-case letters, digits and "-"')
  }
  const taken = gateTypes.find((other) => other.name === name)
  if (taken === undefined) return name
  throw wrongField(map, 'name', `is the name of the gate of type ${taken.type}`)
}

function gateKeys(type: GateType): string[] {
  return ['name', 'type', 'mode', ...Object.keys(type.fields)]
}

/** gatesSchema is the JSON Schema of the list. */
export function gatesSchema(): object {
  return { type: 'array', maxItems: mostGates, items: { oneOf: gateTypes.map(gateSchema) } }
}

function gateSchema(type: GateType): object {
  const name = type.name === undefined ? { type: 'string', pattern: namePattern } : { const: type.name }
  const { required, ...schema } = fieldsSchema(type.fields, {
    name,
    type: { const: type.type },
    mode: { enum: modes },
  })
  const own = type.name === undefined ? ['name'] : []
  return { ...schema, required: ['type', ...own, ...(required as string[])], ...type.schema }
}
