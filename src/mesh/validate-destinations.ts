import type { Json } from '../release/kubernetes.ts'
import { type Check, domain, each, has, isLabel, member, mistake, port } from './checks.ts'
import { isObject } from './json-patch.ts'

/** destination checks a `Destination`: host, subset, port. */
export function destination(value: Json | undefined, at: string): Check {
  if (!isObject(value)) return mistake(true, at, 'a destination is required')
  const { host, subset } = value
  return [
    ...mistake(host === '*', `${at}.host`, 'a destination is one host, not “*”'),
    ...domain(host, `${at}.host`),
    ...mistake(
      typeof subset === 'string' && subset !== '' && !isLabel(subset),
      `${at}.subset`,
      `“${String(subset)}” is not a DNS label of at most 63 characters`,
    ),
    ...port(member(value.port, 'number'), `${at}.port.number`),
  ]
}

/** weighted checks a list of weighted destinations. */
export function weighted(list: Json | undefined, at: string): Check {
  if (!Array.isArray(list)) return []
  const weights = list.map((entry) => member(entry, 'weight') ?? 0)
  const total = weights.reduce<number>((sum, weight) => sum + (typeof weight === 'number' ? weight : 0), 0)
  return [
    ...each(list, at, (entry, place) => [
      ...mistake(!has(entry, 'destination'), place, 'a destination is required'),
      ...(has(entry, 'destination') ? destination(member(entry, 'destination'), `${place}.destination`) : []),
    ]),
    ...weights.flatMap((weight, index) =>
      mistake(
        typeof weight !== 'number' || !Number.isInteger(weight) || weight < 0 || weight > 2_147_483_647,
        `${at}[${index}].weight`,
        `${String(weight)} is not a whole number from 0 to 2147483647`,
      ),
    ),
    ...mistake(list.length > 1 && total === 0, at, 'the weights of several destinations are all 0'),
  ]
}
