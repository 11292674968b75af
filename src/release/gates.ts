/** GateMode says what a gate may do: `enforce` decides, `observe` is shown and never decides. */
export type GateMode = 'enforce' | 'observe'

interface Named {
  /** DNS label, unique in a release. */
  name: string
  mode: GateMode
}

/** ErrorsGate counts failed requests. Every release has it; an entry of the config only tunes it. */
export interface ErrorsGate extends Named {
  type: 'errors'
  /** Judge single routes too; null: only the total. */
  routes: { label: string; top: number } | null
}

/** LatencyGate counts requests that took longer than `over` ms, at the nearest bound of the histogram. */
export interface LatencyGate extends Named {
  type: 'latency'
  over: number
}

/** RatioGate counts events by two counters of the user's, as templates written for the canary. */
export interface RatioGate extends Named {
  type: 'ratio'
  bad: string
  total: string
}

/** QueryGate holds one number of a query against limits. */
export interface QueryGate extends Named {
  type: 'query'
  query: string
  min: number | null
  max: number | null
  /** For people, e.g. `ms`; may be empty. */
  unit: string
  /** Polls in a row that must agree before it decides. */
  agree: number
}

/** HttpGate asks an address whether it answers as it should. */
export interface HttpGate extends Named {
  type: 'http'
  url: string
  /** Status codes that are right. */
  status: number[]
  /** ms. */
  timeout: number
  agree: number
}

export type GateSpec = ErrorsGate | LatencyGate | RatioGate | QueryGate | HttpGate
export type GateType = GateSpec['type']

/** CountedGate is a gate whose events are counted on both sides: the verdict engine judges it. */
export type CountedGate = ErrorsGate | LatencyGate | RatioGate
/** LimitGate is a gate that is held against limits, poll by poll. */
export type LimitGate = QueryGate | HttpGate

/** defaultErrors is the gate of every release whose config doesn't mention it. */
const defaultErrors: ErrorsGate = { name: 'errors', type: 'errors', mode: 'enforce', routes: null }

/** errorsGate gives the errors gate in force. */
export function errorsGate(gates: readonly GateSpec[]): ErrorsGate {
  return gates.find((gate) => gate.type === 'errors') ?? defaultErrors
}

/** countedGates lists the gates that the engine judges: errors first, then as configured. */
export function countedGates(gates: readonly GateSpec[]): CountedGate[] {
  const others = gates.filter((gate) => gate.type === 'latency' || gate.type === 'ratio')
  return [errorsGate(gates), ...others]
}

/** limitGates lists the gates that are held against limits. */
export function limitGates(gates: readonly GateSpec[]): LimitGate[] {
  return gates.filter((gate) => gate.type === 'query' || gate.type === 'http')
}

/** askedGates lists the gates whose evidence is asked of Prometheus beside the counts of errors. */
export function askedGates(gates: readonly GateSpec[]): GateSpec[] {
  return gates.filter((gate) => (gate.type === 'errors' ? gate.routes !== null : gate.type !== 'http'))
}

/**
 * placeholders are the words that a template may hold in double braces. `canary` and `stable` stand for the label
 * condition that selects the side's requests, e.g. `destination_workload="my-api-v2"`; the others for plain text.
 */
export const placeholders = [
  'canary',
  'canary.version',
  'canary.workload',
  'canary.pods',
  'stable',
  'stable.version',
  'stable.workload',
  'stable.pods',
  'namespace',
  'service',
  'host',
] as const

const placeholder = /\{\{\s*([^{}]*?)\s*\}\}/g

/** placeholdersIn lists the words in double braces of a template, known or not. */
export function placeholdersIn(template: string): string[] {
  return [...template.matchAll(placeholder)].map((found) => found[1] as string)
}

/** filled puts `textOf` of each word in its place. */
export function filled(template: string, textOf: (word: string) => string): string {
  return template.replace(placeholder, (_, word: string) => textOf(word))
}

/** SideName is one of the two versions of a release. */
export type SideName = 'canary' | 'stable'

/** sideTemplate gives the template for a side: a ratio is written for the canary, stable's changes the two sides. */
export function sideTemplate(template: string, side: SideName): string {
  if (side === 'canary') return template
  const other: Record<string, string> = { canary: 'stable', stable: 'canary' }
  return filled(template, (word) => {
    const [first = '', ...rest] = word.split('.')
    return `{{${[other[first] ?? first, ...rest].join('.')}}}`
  })
}

/** badWords says what makes an event of a gate bad: `canary 5 of 100 requests …`. */
export function badWords(gate: GateSpec | undefined, bound: number | null): string {
  if (gate?.type === 'latency') return `took over ${bound ?? gate.over} ms`
  if (gate?.type === 'ratio') return `counted as bad by ${gate.name}`
  return 'failed'
}

/** rangeWords says what a query gate allows, e.g. `from 1 to 5 ms`. */
export function rangeWords({ min, max, unit }: Pick<QueryGate, 'min' | 'max' | 'unit'>): string {
  const tail = unit === '' ? '' : ` ${unit}`
  if (min !== null && max !== null) return `from ${min} to ${max}${tail}`
  return min !== null ? `at least ${min}${tail}` : `at most ${max}${tail}`
}

/** gateWords says what a gate asks, in one phrase. */
export function gateWords(gate: GateSpec, bound: number | null): string {
  switch (gate.type) {
    case 'errors':
      return 'failed requests, compared with stable'
    case 'latency':
      return `requests over ${bound ?? gate.over} ms, compared with stable`
    case 'ratio':
      return 'bad events of its own counters, compared with stable'
    case 'query':
      return `${rangeWords(gate)}, ${gate.agree} polls in a row`
    case 'http':
      return `${gate.url} answers ${gate.status.join(' or ')}, ${gate.agree} polls in a row`
  }
}
