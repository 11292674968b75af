import type { Json, JsonObject } from '../kubernetes.ts'

/** Mistake says which field of a value that was read isn't what it must be. It never leaves the state's codec. */
export class Mistake extends Error {
  readonly field: string

  constructor(field: string, what: string) {
    super(`its ${field} ${what}`)
    this.field = field
  }
}

/** Decoder checks one value of parsed JSON and gives it as its type; it throws a Mistake that names `field`. */
export type Decoder<T> = (value: unknown, field: string) => T

/** Longest text and longest list that a state can hold; whole states are far smaller. */
const longest = 4096
const mostItems = 1000
const deepest = 64

/** Latest time that a Date can hold, in ms since the epoch. */
const lastMoment = 8.64e15

/** text reads a text. */
export const text: Decoder<string> = (value, field) => {
  if (typeof value !== 'string') throw new Mistake(field, 'is not a text')
  if (value.length > longest) throw new Mistake(field, `has more than ${longest} characters`)
  return value
}

/** flag reads true or false. */
export const flag: Decoder<boolean> = (value, field) => {
  if (typeof value !== 'boolean') throw new Mistake(field, 'is not true or false')
  return value
}

/** numberBetween reads a finite number from `least` to `most`. */
export function numberBetween(least: number, most: number): Decoder<number> {
  return (value, field) => {
    if (typeof value !== 'number' || !Number.isFinite(value)) throw new Mistake(field, 'is not a number')
    if (value < least || value > most) throw new Mistake(field, `is not a number from ${least} to ${most}`)
    return value
  }
}

/** wholeBetween reads a whole number from `least` to `most`. */
export function wholeBetween(least: number, most: number): Decoder<number> {
  const bounded = numberBetween(least, most)
  return (value, field) => {
    if (!Number.isSafeInteger(bounded(value, field))) throw new Mistake(field, 'is not a whole number')
    return value as number
  }
}

/** count reads a whole number that is not negative. */
export const count = wholeBetween(0, Number.MAX_SAFE_INTEGER)

/** moment reads a time in ms since the epoch. */
export const moment = numberBetween(0, lastMoment)

/** oneOf reads one of a closed list of texts. */
export function oneOf<T extends string>(allowed: readonly T[]): Decoder<T> {
  return (value, field) => {
    if (!allowed.includes(value as T)) throw new Mistake(field, `is not one of ${allowed.join(', ')}`)
    return value as T
  }
}

/** nullable reads null, or what `decoder` reads. */
export function nullable<T>(decoder: Decoder<T>): Decoder<T | null> {
  return (value, field) => (value === null ? null : decoder(value, field))
}

/** optional reads what `decoder` reads, and lets the field be absent. */
export function optional<T>(decoder: Decoder<T>): Decoder<T | undefined> {
  return (value, field) => (value === undefined ? undefined : decoder(value, field))
}

/** list reads an array of what `decoder` reads. */
export function list<T>(decoder: Decoder<T>): Decoder<T[]> {
  return (value, field) => {
    if (!Array.isArray(value)) throw new Mistake(field, 'is not a list')
    if (value.length > mostItems) throw new Mistake(field, `has more than ${mostItems} entries`)
    return value.map((item, index) => decoder(item, `${field}[${index}]`))
  }
}

/** pair reads a list of exactly two. */
export function pair<T>(decoder: Decoder<T>): Decoder<[T, T]> {
  const items = list(decoder)
  return (value, field) => {
    const [first, second, ...more] = items(value, field)
    if (first === undefined || second === undefined || more.length > 0)
      throw new Mistake(field, 'is not a list of two')
    return [first, second]
  }
}

/** record reads an object whose values are all what `decoder` reads. */
export function record<T>(decoder: Decoder<T>): Decoder<Record<string, T>> {
  return (value, field) =>
    Object.fromEntries(
      Object.entries(objectIn(value, field)).map(([key, item]) => [
        ownKey(key, field),
        decoder(item, `${field}.${key}`),
      ]),
    )
}

/** object reads an object of exactly these fields; others are left out. */
export function object<T extends object>(fields: { [K in keyof T]-?: Decoder<T[K]> }): Decoder<T> {
  return (value, field) => {
    const given = objectIn(value, field)
    const prefix = field === '' ? '' : `${field}.`
    const read = Object.entries<Decoder<unknown>>(fields).map(([key, decoder]) => [
      key,
      decoder(Object.hasOwn(given, key) ? given[key] : undefined, `${prefix}${key}`),
    ])
    return Object.fromEntries(read.filter(([, item]) => item !== undefined)) as T
  }
}

/** jsonObject reads any JSON object that is not nested too deeply to be walked. */
export const jsonObject: Decoder<JsonObject> = (value, field) => {
  checkDepth(objectIn(value, field) as JsonObject, field, 0)
  return value as JsonObject
}

function checkDepth(value: Json, field: string, depth: number): void {
  if (typeof value !== 'object' || value === null) return
  if (depth > deepest) throw new Mistake(field, `is nested more than ${deepest} levels deep`)
  for (const [key, item] of Object.entries(value)) {
    ownKey(key, field)
    checkDepth(item, field, depth + 1)
  }
}

function objectIn(value: unknown, field: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Mistake(field === '' ? 'text' : field, 'is not an object')
  return value as Record<string, unknown>
}

/** A key of this name would change what an object inherits wherever it is copied by assignment. */
function ownKey(key: string, field: string): string {
  if (key === '__proto__') throw new Mistake(field, 'has a key "__proto__"')
  return key
}
