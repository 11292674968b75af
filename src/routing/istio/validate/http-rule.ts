import type { Json } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import { destination, weighted } from './destinations.ts'
import {
  atMostOne,
  checkDuration,
  checkEach,
  checkPercent,
  hasMember,
  member,
  type Violations,
  violation,
} from './fields.ts'
import { httpMatch, stringMatch, token } from './http-match.ts'

/** httpRule checks one rule of `spec.http`. `meshBound`: sidecars follow it. `delegated`: its object has no hosts. */
export function httpRule(rule: Json, at: string, meshBound: boolean, delegated: boolean): Violations {
  if (!isObject(rule)) return violation(true, at, 'a route is empty')
  return [
    ...kindOf(rule, at, delegated),
    ...checkEach(rule.match, `${at}.match`, (match, place) => httpMatch(match, place, meshBound)),
    ...weighted(rule.route, `${at}.route`),
    ...headerOperations(rule, at),
    ...mirrors(rule, at),
    ...retries(rule.retries, `${at}.retries`),
    ...checkDuration(rule.timeout, `${at}.timeout`),
    ...redirect(rule, at),
    ...rewrite(rule.rewrite, `${at}.rewrite`),
    ...direct(rule.directResponse, `${at}.directResponse`),
    ...fault(rule.fault, `${at}.fault`),
    ...cors(rule.corsPolicy, `${at}.corsPolicy`),
  ]
}

/** A rule hands over, or does exactly one thing. */
function kindOf(rule: { [key: string]: Json }, at: string, delegated: boolean): Violations {
  const set = (key: string) =>
    Array.isArray(rule[key]) ? (rule[key] as Json[]).length > 0 : hasMember(rule, key)
  const excluded = (one: string, others: readonly string[]) =>
    set(one)
      ? others.filter(set).map((other) => ({ at, text: `${one} and ${other} exclude each other` }))
      : []
  if (set('delegate'))
    return [
      ...violation(delegated, at, 'a delegate can’t delegate further'),
      ...excluded('delegate', ['route', 'redirect']),
    ]
  return [
    ...violation(
      !['route', 'redirect', 'directResponse'].some(set),
      at,
      'a route, a redirect or a direct response is required',
    ),
    ...excluded('redirect', ['route', 'fault', 'rewrite']),
    ...excluded('directResponse', ['route', 'redirect', 'fault', 'rewrite']),
    ...excluded('mirror', ['mirrors']),
  ]
}

function headerOperations(rule: { [key: string]: Json }, at: string): Violations {
  const perEntry: HeaderOperation[] = []
  checkEach(rule.route, `${at}.route`, (entry, place) => {
    perEntry.push(...operationsIn(member(entry, 'headers'), `${place}.headers`))
    return []
  })
  const operations = [...operationsIn(rule.headers, `${at}.headers`), ...perEntry]
  const rewritten = hasMember(rule.rewrite, 'authority') ? 1 : 0
  const hosts = rewritten + operations.filter(({ setsHost }) => setsHost).length
  const perRoute = Array.isArray(rule.route) ? rule.route.length : 0
  return [
    ...operations.flatMap(({ name, value, where, setsHost }) => [
      ...violation(!setsHost && !token.test(name), where, `“${name}” can’t be written`),
      ...violation(!fineValue(value), where, 'its value has control characters or a bare %'),
    ]),
    ...violation(hosts > Math.max(1, perRoute), at, 'the host is rewritten more than once'),
  ]
}

/** HeaderOperation is one header that a rule adds or sets. */
interface HeaderOperation {
  name: string
  value: string
  where: string
  /** It rewrites the host that the request is for. */
  setsHost: boolean
}

function operationsIn(headers: Json | undefined, place: string): HeaderOperation[] {
  const kinds = ['request', 'response'].flatMap((way) => ['add', 'set'].map((action) => ({ way, action })))
  return kinds.flatMap(({ way, action }) => {
    const values = member(member(headers, way), action)
    return Object.entries(isObject(values) ? values : {}).map(([name, value]) => ({
      name,
      value: String(value),
      where: `${place}.${way}.${action}.${name}`,
      setsHost: way === 'request' && ['host', ':authority'].includes(name.toLowerCase()),
    }))
  })
}

function fineValue(value: string): boolean {
  const hasControl = [...value].some((character) => character < ' ' && character !== '\t')
  return !hasControl && !/%/.test(value.replace(/%%|%[A-Z0-9_]+(\([^)]*\))?(:\d+)?%/g, ''))
}

function mirrors(rule: { [key: string]: Json }, at: string): Violations {
  const one = (mirror: Json, place: string): Violations => [
    ...destination(member(mirror, 'destination'), `${place}.destination`),
    ...checkPercent(member(member(mirror, 'percentage'), 'value'), `${place}.percentage`),
  ]
  const old = rule.mirrorPercent ?? rule.mirror_percent
  return [
    ...(hasMember(rule, 'mirror') ? destination(rule.mirror, `${at}.mirror`) : []),
    ...checkEach(rule.mirrors, `${at}.mirrors`, one),
    ...checkPercent(old, `${at}.mirrorPercent`),
    ...violation(old !== undefined, `${at}.mirrorPercent`, 'use mirrorPercentage', true),
    ...checkPercent(member(rule.mirrorPercentage, 'value'), `${at}.mirrorPercentage`),
  ]
}

const retryOn = new Set(
  `5xx gateway-error reset reset-before-request connect-failure retriable-4xx refused-stream
  retriable-status-codes retriable-headers envoy-ratelimited http3-post-connect-failure cancelled
  deadline-exceeded internal resource-exhausted unavailable`.split(/\s+/),
)

function retries(policy: Json | undefined, at: string): Violations {
  if (!isObject(policy)) return []
  const attempts = policy.attempts ?? 0
  const also = ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'].filter(
    (key) => hasMember(policy, key) && policy[key] !== '',
  )
  const words = typeof policy.retryOn === 'string' && policy.retryOn !== '' ? policy.retryOn.split(',') : []
  return [
    ...violation(
      typeof attempts !== 'number' || attempts < 0,
      `${at}.attempts`,
      'attempts must not be negative',
    ),
    ...violation(
      attempts === 0 && also.length > 0,
      at,
      `without attempts, ${also.join(' and ')} must not be set`,
    ),
    ...checkDuration(policy.perTryTimeout, `${at}.perTryTimeout`),
    ...checkDuration(policy.backoff, `${at}.backoff`),
    ...words.flatMap((word) =>
      violation(
        !retryOn.has(word) && !/^[1-5]\d\d$/.test(word),
        `${at}.retryOn`,
        `“${word}” is not a retry condition`,
      ),
    ),
  ]
}

function redirect(rule: { [key: string]: Json }, at: string): Violations {
  const { redirect: to } = rule
  if (!isObject(to)) return []
  const code = to.redirectCode
  const prefixes =
    Array.isArray(rule.match) && rule.match.every((match) => hasMember(member(match, 'uri'), 'prefix'))
  return [
    ...atMostOne(to, `${at}.redirect`, ['uri', 'prefixRewrite']),
    ...atMostOne(to, `${at}.redirect`, ['port', 'derivePort']),
    ...violation(
      hasMember(to, 'prefixRewrite') && !prefixes,
      `${at}.redirect`,
      'prefixRewrite needs matches by prefix',
    ),
    ...violation(
      !['uri', 'prefixRewrite', 'authority', 'port', 'derivePort', 'scheme', 'redirectCode'].some((key) =>
        hasMember(to, key),
      ),
      `${at}.redirect`,
      'it redirects nowhere',
    ),
    ...violation(
      typeof code === 'number' && code !== 0 && (code < 300 || code > 399),
      `${at}.redirect.redirectCode`,
      `${String(code)} is not a redirect`,
    ),
    ...violation(
      typeof to.scheme === 'string' && !['', 'http', 'https'].includes(to.scheme),
      `${at}.redirect.scheme`,
      'only http and https',
    ),
  ]
}

function rewrite(to: Json | undefined, at: string): Violations {
  if (!isObject(to)) return []
  const regex = to.uriRegexRewrite
  return [
    ...atMostOne(to, at, ['uri', 'uriRegexRewrite']),
    ...violation(
      !['uri', 'uriRegexRewrite', 'authority'].some((key) => hasMember(to, key)),
      at,
      'it rewrites nothing',
    ),
    ...violation(
      isObject(regex) && !(regex.match && regex.rewrite),
      `${at}.uriRegexRewrite`,
      'match and rewrite are both required',
    ),
  ]
}

function direct(response: Json | undefined, at: string): Violations {
  if (!isObject(response)) return []
  const { status } = response
  const text = member(response.body, 'string')
  const size = typeof text === 'string' ? new TextEncoder().encode(text).length : 0
  return [
    ...violation(
      typeof status !== 'number' || status < 200 || status > 600,
      `${at}.status`,
      'a status is 200–599',
    ),
    ...atMostOne(response.body, `${at}.body`, ['string', 'bytes']),
    ...violation(size > 1_048_576, `${at}.body`, 'it is larger than 1 MB'),
    ...violation(size > 102_400 && size <= 1_048_576, `${at}.body`, 'it is larger than 100 kB', true),
  ]
}

function fault(injected: Json | undefined, at: string): Violations {
  if (!isObject(injected)) return []
  const { abort, delay } = injected
  const least = 0.0001
  return [
    ...violation(
      !hasMember(injected, 'abort') && !hasMember(injected, 'delay'),
      at,
      'abort or delay is required',
    ),
    ...atMostOne(abort, `${at}.abort`, ['httpStatus', 'grpcStatus', 'http2Error']),
    ...violation(hasMember(abort, 'http2Error'), `${at}.abort`, 'http2Error is not supported'),
    ...violation(
      isObject(abort) && !['httpStatus', 'grpcStatus', 'http2Error'].some((key) => hasMember(abort, key)),
      `${at}.abort`,
      'it says no error',
      true,
    ),
    ...checkPercent(member(member(abort, 'percentage'), 'value'), `${at}.abort.percentage`, least),
    ...violation(hasMember(delay, 'exponentialDelay'), `${at}.delay`, 'exponentialDelay is not supported'),
    ...checkDuration(member(delay, 'fixedDelay'), `${at}.delay.fixedDelay`),
    ...checkPercent(member(member(delay, 'percentage'), 'value'), `${at}.delay.percentage`, least),
  ]
}

const methods = new Set(['*', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE'])

function cors(policy: Json | undefined, at: string): Violations {
  if (!isObject(policy)) return []
  return [
    ...checkEach(policy.allowMethods, `${at}.allowMethods`, (method, place) =>
      violation(!methods.has(String(method)), place, `“${String(method)}” is not a method`),
    ),
    ...checkEach(policy.allowOrigins, `${at}.allowOrigins`, (origin, place) =>
      stringMatch(origin, place, 'origin'),
    ),
    ...checkDuration(policy.maxAge, `${at}.maxAge`),
  ]
}
