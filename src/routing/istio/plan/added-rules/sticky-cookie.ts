import { createHash } from 'node:crypto'
import type { Json, JsonObject } from '../../../../release/kubernetes.ts'
import { isObject } from '../../../json-patch.ts'
import type { Scope } from '../../model/pair.ts'

/** Sticky keeps a user who met the canary on it, by a cookie. */
export interface Sticky {
  /** Name of the cookie. */
  cookie: string
  /** Seconds that the user's browser keeps it. */
  maxAge: number
  /** Id of the release: a cookie of another one says nothing. */
  release: string
}

const header = 'Set-Cookie'

/** The maps on the way to a response header of a destination. */
const headerPath = ['headers', 'response', 'add'] as const

/** cookieValue is what the cookie holds: it tells the service and the release, and nothing about the user. */
export function cookieValue(scope: Scope, { release }: Sticky): string {
  return `${cookiePrefix(scope)}${digest(release, 16)}`
}

/** cookieText is the whole response header. */
export function cookieText(scope: Scope, sticky: Sticky): string {
  return `${sticky.cookie}=${cookieValue(scope, sticky)}; Max-Age=${sticky.maxAge}; Path=/; HttpOnly; SameSite=Lax`
}

function cookiePrefix({ service, namespace }: Scope): string {
  return `shiftgate-${digest(`${service}.${namespace}`, 8)}-`
}

function digest(text: string, length: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, length)
}

/**
 * cookieObstacle says why a destination can't get the cookie: it has one of its own, or an empty map where ours
 * would stand, which nobody could tell from one that came with ours. null: nothing is in the way.
 */
export function cookieObstacle(entry: JsonObject): string | null {
  let at: Json | undefined = entry
  for (const key of headerPath) {
    at = isObject(at) ? at[key] : undefined
    if (at === undefined) break
    if (!isObject(at) || Object.keys(at).length === 0) return `“${key}” is empty`
  }
  const { response } = isObject(entry.headers) ? entry.headers : {}
  const maps = isObject(response) ? [response.add, response.set] : []
  const own = maps.some(
    (map) => isObject(map) && Object.keys(map).some((key) => key.toLowerCase() === header.toLowerCase()),
  )
  return own ? `it sets a cookie of its own (“${header}”)` : null
}

/** cookieOf gives the cookie that a release of ours for the scope put on a destination, null where there is none. */
export function cookieOf(scope: Scope, entry: JsonObject): string | null {
  let at: Json | undefined = entry
  for (const key of [...headerPath, header]) at = isObject(at) ? at[key] : undefined
  return typeof at === 'string' && at.includes(`=${cookiePrefix(scope)}`) ? at : null
}

/** withCookie gives a destination the cookie; every other header stays. */
export function withCookie(entry: JsonObject, text: string): JsonObject {
  const headers = mapAt(entry, 'headers')
  const response = mapAt(headers, 'response')
  const add = mapAt(response, 'add')
  return { ...entry, headers: { ...headers, response: { ...response, add: { ...add, [header]: text } } } }
}

/** withoutCookie takes it off again, with the maps that came with it. */
export function withoutCookie(scope: Scope, entry: JsonObject): JsonObject {
  return cookieOf(scope, entry) === null ? entry : (withoutPath(entry, [...headerPath, header]) ?? {})
}

/** withoutPath removes what a path of keys leads to, and each map that holds nothing else; null: nothing is left. */
function withoutPath(map: JsonObject, [key = '', ...inner]: readonly string[]): JsonObject | null {
  const { [key]: value, ...others } = map
  const rest = inner.length > 0 && isObject(value) ? withoutPath(value, inner) : null
  if (rest === null) return Object.keys(others).length === 0 ? null : others
  return { ...map, [key]: rest }
}

function mapAt(map: JsonObject, key: string): JsonObject {
  const value = map[key]
  return isObject(value) ? value : {}
}
