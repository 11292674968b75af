import type { Json } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import { atMostOne, checkPort, isLabel, type Violations, violation } from './fields.ts'

const emptyPrefixFine = new Set(['uri'])

/** stringMatch checks an exact, prefix or regex matcher; `starFine`: a regex of `*` is let through. */
export function stringMatch(value: Json | undefined, at: string, key: string, starFine = false): Violations {
  if (value === undefined) return []
  if (!isObject(value)) return violation(true, at, 'a matcher is empty')
  const { prefix, regex } = value
  return [
    ...atMostOne(value, at, ['exact', 'prefix', 'regex']),
    ...violation(prefix === '' && !emptyPrefixFine.has(key), at, 'a prefix must not be empty'),
    ...(typeof regex === 'string' && !(starFine && regex === '*') ? expression(regex, at) : []),
  ]
}

/** RE2 knows neither look-around nor back references; else its syntax is JavaScript's for what routes match. */
function expression(text: string, at: string): Violations {
  if (text === '') return violation(true, at, 'a regex must not be empty')
  if (text.length > 1024) return violation(true, at, 'a regex has at most 1024 characters')
  if (/\(\?(=|!|<=|<!)|\\[1-9]/.test(text))
    return violation(true, at, 'RE2 has no look-around and no back references')
  try {
    new RegExp(text.replace(/\(\?[imsU]+\)/g, '').replace(/\(\?P</g, '(?<'))
    return []
  } catch {
    return violation(true, at, 'the regex does not compile')
  }
}

/** httpMatch checks one condition of a rule. */
export function httpMatch(match: Json, at: string, meshBound: boolean): Violations {
  if (!isObject(match)) return violation(true, at, 'a match is empty')
  return [
    ...['uri', 'scheme', 'method', 'authority'].flatMap((key) =>
      stringMatch(match[key], `${at}.${key}`, key),
    ),
    ...(['headers', 'withoutHeaders', 'queryParams'] as const).flatMap((kind) =>
      Object.entries(isObject(match[kind]) ? match[kind] : {}).flatMap(([name, value]) => [
        ...(kind === 'queryParams' ? [] : headerName(name, `${at}.${kind}`, meshBound)),
        ...stringMatch(value, `${at}.${kind}.${name}`, kind, kind === 'withoutHeaders'),
      ]),
    ),
    ...checkPort(match.port, `${at}.port`),
    ...violation(
      typeof match.sourceNamespace === 'string' &&
        match.sourceNamespace !== '' &&
        !isLabel(match.sourceNamespace),
      `${at}.sourceNamespace`,
      'it is not a namespace',
    ),
  ]
}

/** token is what a header's name is made of. */
export const token = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/

function headerName(name: string, at: string, meshBound: boolean): Violations {
  if (name.startsWith('@request.auth.claims'))
    return violation(
      meshBound,
      at,
      'claims can be matched by gateways only, and sidecars follow this VirtualService',
    )
  const pseudo = [':authority', ':method', ':path', ':scheme'].includes(name)
  return violation(!pseudo && !token.test(name), at, `“${name}” is not a header name`)
}
