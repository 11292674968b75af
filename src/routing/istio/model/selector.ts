import { isObject } from '../../json-patch.ts'
import type { RouteSelector } from './pair.ts'
import { listAt, type Rule, textsAt } from './rule.ts'

/** isSelected tells whether one of the selectors picks a rule; without selectors, every rule is picked. */
export function isSelected(rule: Rule, selectors: readonly RouteSelector[] | undefined): boolean {
  return selectors === undefined || selectors.some((selector) => fits(rule, selector))
}

function fits(rule: Rule, { name, port, sni }: RouteSelector): boolean {
  const matches = listAt(rule.body, 'match')
  if (name !== undefined && rule.name !== name) return false
  if (port !== undefined && !matches.some((match) => isObject(match) && match.port === port)) return false
  return sni === undefined || matches.some((match) => textsAt(match, 'sniHosts').includes(sni))
}

/** selectorText writes a selector for people: `name “primary”, port 8883`. */
export function selectorText({ name, port, sni }: RouteSelector): string {
  const parts = [
    name === undefined ? null : `name “${name}”`,
    port === undefined ? null : `port ${port}`,
    sni === undefined ? null : `SNI “${sni}”`,
  ]
  return parts.filter((part) => part !== null).join(', ') || 'any route'
}
