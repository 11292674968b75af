import type { Json } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'

/** Violation is one thing that Istio's validation refuses (or warns about): where, and what. */
export interface Violation {
  /** `spec.http[0].route[1].weight`. */
  at: string
  text: string
  warning?: boolean
}

export type Violations = Violation[]

/** violation is a check's answer with one mistake; `when` false: none. */
export function violation(when: boolean, at: string, text: string, warning = false): Violations {
  return when ? [{ at, text, ...(warning ? { warning } : {}) }] : []
}

/** checkEach runs a check over the items of a list, with their places. */
export function checkEach(
  list: Json | undefined,
  at: string,
  check: (item: Json, at: string) => Violations,
): Violations {
  return Array.isArray(list) ? list.flatMap((item, index) => check(item, `${at}[${index}]`)) : []
}

/** hasMember tells whether an object has a member that is not null. */
export function hasMember(object: Json | undefined, key: string): boolean {
  return isObject(object) && object[key] !== undefined && object[key] !== null
}

/** member gives a member of an object. */
export function member(object: Json | undefined, key: string): Json | undefined {
  return isObject(object) && Object.hasOwn(object, key) ? object[key] : undefined
}

/** most says that at most one of some members may be set. */
export function atMostOne(object: Json | undefined, at: string, keys: readonly string[]): Violations {
  const set = keys.filter((key) => hasMember(object, key))
  return violation(set.length > 1, at, `only one of ${keys.join(', ')} may be set`)
}

const label = /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/

/** isLabel tells whether a text is a DNS-1123 label as Istio sees it: letters of both cases, at most 63. */
export function isLabel(text: string): boolean {
  return text.length <= 63 && label.test(text)
}

/** isQualified tells whether a text is a Kubernetes label key: an optional DNS prefix, a slash, a name. */
export function isQualified(text: string): boolean {
  const [name, prefix, more] = text.split('/').reverse()
  if (more !== undefined || name === undefined) return false
  if (prefix !== undefined && (prefix.length > 253 || !prefix.split('.').every(isLabel))) return false
  return name.length <= 63 && /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/.test(name)
}

const address = /^(\d{1,3}(\.\d{1,3}){3}|[0-9a-fA-F:]*:[0-9a-fA-F:.]*)$/

/** checkDomain checks a host: a DNS name, an address, or a wildcard in its first label only. */
export function checkDomain(host: Json | undefined, at: string): Violations {
  if (typeof host !== 'string' || host === '') return violation(true, at, 'a host is required')
  if (host === '*' || address.test(host)) return []
  const [first = '', ...others] = host.split('.')
  const start = first.startsWith('*') ? first.slice(1).replace(/^-/, '') : first
  const fine =
    host.length <= 255 &&
    (start === '' ? first.startsWith('*') : isLabel(start)) &&
    others.every(
      (part, index) => isLabel(part) || (part === '' && index === others.length - 1 && index > 0),
    ) &&
    !/^\d+$/.test(others.at(-1) || 'x')
  return violation(!fine, at, `“${host}” is not a host name`)
}

/** checkPort checks a port number. */
export function checkPort(value: Json | undefined, at: string): Violations {
  if (value === undefined || value === null) return []
  const fine = typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 65_535
  return violation(!fine, at, `${String(value)} is not a port (1–65535)`)
}

/** nanoseconds reads a Go duration (`1h30m`, `1.5s`, `250ms`); null where it isn't one. */
export function nanoseconds(text: string): number | null {
  if (!/^-?(\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)((\d+(\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h))*$/.test(text)) {
    return /^-?0$/.test(text) ? 0 : null
  }
  const units: Record<string, number> = { ns: 1, us: 1e3, µs: 1e3, ms: 1e6, s: 1e9, m: 60e9, h: 3600e9 }
  const sign = text.startsWith('-') ? -1 : 1
  const parts = text.matchAll(/(\d+(?:\.\d*)?|\.\d+)(ns|us|µs|ms|s|m|h)/g)
  return (
    sign * [...parts].reduce((sum, [, number, unit]) => sum + Number(number) * (units[unit ?? ''] ?? 0), 0)
  )
}

/** checkDuration checks a duration of at least a millisecond, in whole milliseconds. */
export function checkDuration(value: Json | undefined, at: string): Violations {
  if (value === undefined || value === null) return []
  const length = typeof value === 'string' ? nanoseconds(value) : null
  if (length === null) return violation(true, at, `${JSON.stringify(value)} is not a duration (like 1.5s)`)
  return violation(
    length < 1e6 || Math.abs(length / 1e6 - Math.round(length / 1e6)) > 1e-6,
    at,
    `${String(value)} is not a whole number of milliseconds above 0`,
  )
}

/** checkPercent checks a number from 0 (or the least that Envoy tells from 0) to 100. */
export function checkPercent(value: Json | undefined, at: string, least = 0): Violations {
  if (value === undefined || value === null) return []
  const fine = typeof value === 'number' && value <= 100 && (value === 0 || value >= least) && value >= 0
  return violation(!fine, at, `${String(value)} is not a percentage`)
}

/** checkExportTo checks who an object is shown to. */
export function checkExportTo(value: Json | undefined, at: string, namespace: string): Violations {
  const names = Array.isArray(value) ? value.map((name) => (name === '.' ? namespace : String(name))) : []
  return [
    ...violation(new Set(names).size < names.length, at, 'a namespace is named twice'),
    ...violation(names.includes('*') && names.length > 1, at, '“*” must stand alone'),
    ...names.flatMap((name, index) =>
      violation(name !== '*' && !isLabel(name), `${at}[${index}]`, `“${name}” is not a namespace`),
    ),
  ]
}
