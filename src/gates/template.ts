import type { CountSource } from '../release/evidence/counts.ts'
import type { SideName } from '../release/gates.ts'
import { checkLabelName, podPattern, quoted } from '../release/promql.ts'

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

function replacePlaceholders(template: string, textOf: (word: string) => string): string {
  return template.replace(placeholder, (_, word: string) => textOf(word))
}

/** sideTemplate gives the template for a side: one is written for the canary, stable's exchanges the two sides. */
export function sideTemplate(template: string, side: SideName): string {
  if (side === 'canary') return template
  const other: Record<string, string> = { canary: 'stable', stable: 'canary' }
  return replacePlaceholders(template, (word) => {
    const [first = '', ...rest] = word.split('.')
    return `{{${[other[first] ?? first, ...rest].join('.')}}}`
  })
}

/** Sides is who is who, for the placeholders of a template. */
export interface Sides {
  namespace: string
  service: string
  /** FQDN. */
  host: string
  source: CountSource
  canary: { version: string; workload: string }
  stable: { version: string; workload: string }
}

/**
 * fillTemplate writes the query of a template for one side. `{{canary}}` and `{{stable}}` become label conditions,
 * everything else text that is escaped for the inside of a PromQL string.
 */
export function fillTemplate(template: string, sides: Sides, side: SideName = 'canary'): string {
  return replacePlaceholders(sideTemplate(template, side), (word) => {
    const [name = '', part] = word.split('.')
    if (name !== 'canary' && name !== 'stable') return inside(plain(name, sides))
    if (part === undefined) return condition(sides, name)
    if (part === 'pods') return inside(podPattern(sides[name].workload))
    return inside(part === 'version' ? sides[name].version : sides[name].workload)
  })
}

function plain(word: string, sides: Sides): string {
  if (word === 'namespace') return sides.namespace
  return word === 'service' ? sides.service : sides.host
}

/** Of the label `pod` the source names a Deployment, whose pods are meant. */
function condition({ source }: Sides, side: SideName): string {
  const value = source[side]
  return source.label === 'pod'
    ? `pod=~${quoted(podPattern(value))}`
    : `${checkLabelName(source.label)}=${quoted(value)}`
}

function inside(text: string): string {
  return quoted(text).slice(1, -1)
}
