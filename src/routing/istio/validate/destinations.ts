import type { Json } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import {
  checkDomain,
  checkEach,
  checkPort,
  hasMember,
  isLabel,
  member,
  type Violations,
  violation,
} from './fields.ts'

/** destination checks a `Destination`: host, subset, port. */
export function destination(value: Json | undefined, at: string): Violations {
  if (!isObject(value)) return violation(true, at, 'a destination is required')
  const { host, subset } = value
  return [
    ...violation(host === '*', `${at}.host`, 'a destination is one host, not “*”'),
    ...checkDomain(host, `${at}.host`),
    ...violation(
      typeof subset === 'string' && subset !== '' && !isLabel(subset),
      `${at}.subset`,
      `“${String(subset)}” is not a DNS label of at most 63 characters`,
    ),
    ...checkPort(member(value.port, 'number'), `${at}.port.number`),
  ]
}

/** weighted checks a list of weighted destinations. */
export function weighted(list: Json | undefined, at: string): Violations {
  if (!Array.isArray(list)) return []
  const weights = list.map((entry) => member(entry, 'weight') ?? 0)
  const total = weights.reduce<number>((sum, weight) => sum + (typeof weight === 'number' ? weight : 0), 0)
  return [
    ...checkEach(list, at, (entry, place) => [
      ...violation(!hasMember(entry, 'destination'), place, 'a destination is required'),
      ...(hasMember(entry, 'destination')
        ? destination(member(entry, 'destination'), `${place}.destination`)
        : []),
    ]),
    ...weights.flatMap((weight, index) =>
      violation(
        typeof weight !== 'number' || !Number.isInteger(weight) || weight < 0 || weight > 2_147_483_647,
        `${at}[${index}].weight`,
        `${String(weight)} is not a whole number from 0 to 2147483647`,
      ),
    ),
    ...violation(list.length > 1 && total === 0, at, 'the weights of several destinations are all 0'),
  ]
}
