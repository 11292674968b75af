import type { CountSource } from '../release/counts.ts'
import { filled, type SideName, sideTemplate } from '../release/gates.ts'
import { checkLabelName, podPattern, quoted } from '../release/promql.ts'

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
  return filled(sideTemplate(template, side), (word) => {
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
