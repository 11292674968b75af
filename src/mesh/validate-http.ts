import type { Json } from '../release/kubernetes.ts'
import { atMostOne, type Check, duration, each, has, member, mistake, percent } from './checks.ts'
import { isObject } from './json-patch.ts'
import { destination, weighted } from './validate-destinations.ts'
import { httpMatch, stringMatch, token } from './validate-match.ts'

/** httpRule checks one rule of `spec.http`. `meshBound`: sidecars follow it. `delegated`: its object has no hosts. */
export function httpRule(rule: Json, at: string, meshBound: boolean, delegated: boolean): Check {
  if (!isObject(rule)) return mistake(true, at, 'a route is empty')
  return [
    ...kindOf(rule, at, delegated),
    ...each(rule.match, `${at}.match`, (match, place) => httpMatch(match, place, meshBound)),
    ...weighted(rule.route, `${at}.route`),
    ...headerOperations(rule, at),
    ...mirrors(rule, at),
    ...retries(rule.retries, `${at}.retries`),
    ...duration(rule.timeout, `${at}.timeout`),
    ...redirect(rule, at),
    ...rewrite(rule.rewrite, `${at}.rewrite`),
    ...direct(rule.directResponse, `${at}.directResponse`),
    ...fault(rule.fault, `${at}.fault`),
    ...cors(rule.corsPolicy, `${at}.corsPolicy`),
  ]
}

/** A rule hands over, or does exactly one thing. */
function kindOf(rule: { [key: string]: Json }, at: string, delegated: boolean): Check {
  const set = (key: string) => (Array.isArray(rule[key]) ? (rule[key] as Json[]).length > 0 : has(rule, key))
  const excluded = (one: string, others: readonly string[]) =>
    set(one)
      ? others.filter(set).map((other) => ({ at, text: `${one} and ${other} exclude each other` }))
      : []
  if (set('delegate'))
    return [
      ...mistake(delegated, at, 'a delegate can’t delegate further'),
      ...excluded('delegate', ['route', 'redirect']),
    ]
  return [
    ...mistake(
      !['route', 'redirect', 'directResponse'].some(set),
      at,
      'a route, a redirect or a direct response is required',
    ),
    ...excluded('redirect', ['route', 'fault', 'rewrite']),
    ...excluded('directResponse', ['route', 'redirect', 'fault', 'rewrite']),
    ...excluded('mirror', ['mirrors']),
  ]
}

function headerOperations(rule: { [key: string]: Json }, at: string): Check {
  const found: Check = []
  let hosts = has(rule.rewrite, 'authority') ? 1 : 0
  const operations = (headers: Json | undefined, place: string) => {
    for (const way of ['request', 'response'] as const) {
      for (const action of ['add', 'set'] as const) {
        const values = member(member(headers, way), action)
        for (const [name, value] of Object.entries(isObject(values) ? values : {})) {
          const where = `${place}.${way}.${action}.${name}`
          const isHost = ['host', ':authority'].includes(name.toLowerCase())
          if (isHost && way === 'request') hosts += 1
          else found.push(...mistake(!token.test(name), where, `“${name}” can’t be written`))
          found.push(
            ...mistake(!fineValue(String(value)), where, 'its value has control characters or a bare %'),
          )
        }
      }
    }
  }
  operations(rule.headers, `${at}.headers`)
  each(rule.route, `${at}.route`, (entry, place) => {
    operations(member(entry, 'headers'), `${place}.headers`)
    return []
  })
  const perRoute = Array.isArray(rule.route) ? rule.route.length : 0
  return [...found, ...mistake(hosts > Math.max(1, perRoute), at, 'the host is rewritten more than once')]
}

function fineValue(value: string): boolean {
  const hasControl = [...value].some((character) => character < ' ' && character !== '\t')
  return !hasControl && !/%/.test(value.replace(/%%|%[A-Z0-9_]+(\([^)]*\))?(:\d+)?%/g, ''))
}

function mirrors(rule: { [key: string]: Json }, at: string): Check {
  const one = (mirror: Json, place: string): Check => [
    ...destination(member(mirror, 'destination'), `${place}.destination`),
    ...percent(member(member(mirror, 'percentage'), 'value'), `${place}.percentage`),
  ]
  const old = rule.mirrorPercent ?? rule.mirror_percent
  return [
    ...(has(rule, 'mirror') ? destination(rule.mirror, `${at}.mirror`) : []),
    ...each(rule.mirrors, `${at}.mirrors`, one),
    ...percent(old, `${at}.mirrorPercent`),
    ...mistake(old !== undefined, `${at}.mirrorPercent`, 'use mirrorPercentage', true),
    ...percent(member(rule.mirrorPercentage, 'value'), `${at}.mirrorPercentage`),
  ]
}

const retryOn = new Set(
  `5xx gateway-error reset reset-before-request connect-failure retriable-4xx refused-stream
  retriable-status-codes retriable-headers envoy-ratelimited http3-post-connect-failure cancelled
  deadline-exceeded internal resource-exhausted unavailable`.split(/\s+/),
)

function retries(policy: Json | undefined, at: string): Check {
  if (!isObject(policy)) return []
  const attempts = policy.attempts ?? 0
  const also = ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'].filter(
    (key) => has(policy, key) && policy[key] !== '',
  )
  const words = typeof policy.retryOn === 'string' && policy.retryOn !== '' ? policy.retryOn.split(',') : []
  return [
    ...mistake(
      typeof attempts !== 'number' || attempts < 0,
      `${at}.attempts`,
      'attempts must not be negative',
    ),
    ...mistake(
      attempts === 0 && also.length > 0,
      at,
      `without attempts, ${also.join(' and ')} must not be set`,
    ),
    ...duration(policy.perTryTimeout, `${at}.perTryTimeout`),
    ...duration(policy.backoff, `${at}.backoff`),
    ...words.flatMap((word) =>
      mistake(
        !retryOn.has(word) && !/^[1-5]\d\d$/.test(word),
        `${at}.retryOn`,
        `“${word}” is not a retry condition`,
      ),
    ),
  ]
}

function redirect(rule: { [key: string]: Json }, at: string): Check {
  const { redirect: to } = rule
  if (!isObject(to)) return []
  const code = to.redirectCode
  const prefixes =
    Array.isArray(rule.match) && rule.match.every((match) => has(member(match, 'uri'), 'prefix'))
  return [
    ...atMostOne(to, `${at}.redirect`, ['uri', 'prefixRewrite']),
    ...atMostOne(to, `${at}.redirect`, ['port', 'derivePort']),
    ...mistake(
      has(to, 'prefixRewrite') && !prefixes,
      `${at}.redirect`,
      'prefixRewrite needs matches by prefix',
    ),
    ...mistake(
      !['uri', 'prefixRewrite', 'authority', 'port', 'derivePort', 'scheme', 'redirectCode'].some((key) =>
        has(to, key),
      ),
      `${at}.redirect`,
      'it redirects nowhere',
    ),
    ...mistake(
      typeof code === 'number' && code !== 0 && (code < 300 || code > 399),
      `${at}.redirect.redirectCode`,
      `${String(code)} is not a redirect`,
    ),
    ...mistake(
      typeof to.scheme === 'string' && !['', 'http', 'https'].includes(to.scheme),
      `${at}.redirect.scheme`,
      'only http and https',
    ),
  ]
}

function rewrite(to: Json | undefined, at: string): Check {
  if (!isObject(to)) return []
  const regex = to.uriRegexRewrite
  return [
    ...atMostOne(to, at, ['uri', 'uriRegexRewrite']),
    ...mistake(
      !['uri', 'uriRegexRewrite', 'authority'].some((key) => has(to, key)),
      at,
      'it rewrites nothing',
    ),
    ...mistake(
      isObject(regex) && !(regex.match && regex.rewrite),
      `${at}.uriRegexRewrite`,
      'match and rewrite are both required',
    ),
  ]
}

function direct(response: Json | undefined, at: string): Check {
  if (!isObject(response)) return []
  const { status } = response
  const text = member(response.body, 'string')
  const size = typeof text === 'string' ? new TextEncoder().encode(text).length : 0
  return [
    ...mistake(
      typeof status !== 'number' || status < 200 || status > 600,
      `${at}.status`,
      'a status is 200–599',
    ),
    ...atMostOne(response.body, `${at}.body`, ['string', 'bytes']),
    ...mistake(size > 1_048_576, `${at}.body`, 'it is larger than 1 MB'),
    ...mistake(size > 102_400 && size <= 1_048_576, `${at}.body`, 'it is larger than 100 kB', true),
  ]
}

function fault(injected: Json | undefined, at: string): Check {
  if (!isObject(injected)) return []
  const { abort, delay } = injected
  const least = 0.0001
  return [
    ...mistake(!has(injected, 'abort') && !has(injected, 'delay'), at, 'abort or delay is required'),
    ...atMostOne(abort, `${at}.abort`, ['httpStatus', 'grpcStatus', 'http2Error']),
    ...mistake(has(abort, 'http2Error'), `${at}.abort`, 'http2Error is not supported'),
    ...mistake(
      isObject(abort) && !['httpStatus', 'grpcStatus', 'http2Error'].some((key) => has(abort, key)),
      `${at}.abort`,
      'it says no error',
      true,
    ),
    ...percent(member(member(abort, 'percentage'), 'value'), `${at}.abort.percentage`, least),
    ...mistake(has(delay, 'exponentialDelay'), `${at}.delay`, 'exponentialDelay is not supported'),
    ...duration(member(delay, 'fixedDelay'), `${at}.delay.fixedDelay`),
    ...percent(member(member(delay, 'percentage'), 'value'), `${at}.delay.percentage`, least),
  ]
}

const methods = new Set(['*', 'GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'CONNECT', 'OPTIONS', 'TRACE'])

function cors(policy: Json | undefined, at: string): Check {
  if (!isObject(policy)) return []
  return [
    ...each(policy.allowMethods, `${at}.allowMethods`, (method, place) =>
      mistake(!methods.has(String(method)), place, `“${String(method)}” is not a method`),
    ),
    ...each(policy.allowOrigins, `${at}.allowOrigins`, (origin, place) =>
      stringMatch(origin, place, 'origin'),
    ),
    ...duration(policy.maxAge, `${at}.maxAge`),
  ]
}
