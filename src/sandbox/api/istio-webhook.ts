import type { KubeObject } from '../../release/kubernetes.ts'
import { denied } from './answers.ts'

type Map = Record<string, unknown>

const webhook = 'validation.istio.io'
const dnsLabel = /^[a-zA-Z0-9]([-a-zA-Z0-9]*[a-zA-Z0-9])?$/
const labelValue = /^(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?$/

/**
 * admitRouting says what Istio's validating webhook says about a VirtualService or DestinationRule: it throws
 * its refusal, or gives its warnings.
 */
export function admitRouting(object: KubeObject): string[] {
  const spec = (object.spec ?? {}) as Map
  const errors =
    object.kind === 'VirtualService'
      ? virtualServiceErrors(spec)
      : object.kind === 'DestinationRule'
        ? destinationRuleErrors(spec)
        : []
  if (errors.length === 1) throw denied(webhook, `configuration is invalid: ${errors[0]}`)
  if (errors.length > 1) {
    const list = errors.map((error) => `\t* ${error}\n`).join('')
    throw denied(webhook, `configuration is invalid: ${errors.length} errors occurred:\n${list}\n`)
  }
  return object.kind === 'VirtualService' ? unusedRules(listOf(spec.http)) : []
}

function listOf(value: unknown): Map[] {
  return Array.isArray(value) ? (value as Map[]) : []
}

function virtualServiceErrors(spec: Map): string[] {
  const http = listOf(spec.http)
  const tcp = listOf(spec.tcp)
  const tls = listOf(spec.tls)
  const hosts = Array.isArray(spec.hosts) ? (spec.hosts as string[]) : []
  const errors: string[] = []
  if (http.length + tcp.length + tls.length === 0)
    errors.push('http, tcp or tls must be provided in virtual service')
  if (hosts.length === 0) {
    if (listOf(spec.gateways).length > 0)
      errors.push('delegate virtual service must have no gateways specified')
    if (tcp.length + tls.length > 0) errors.push('delegate virtual service must have no tls or tcp routes')
  }
  errors.push(...duplicates(hosts).map((host) => `duplicate hosts in virtual service: ${host}`))
  for (const rule of http) errors.push(...httpErrors(rule))
  for (const rule of [...tcp, ...tls]) errors.push(...routeErrors(listOf(rule.route)))
  return errors
}

function httpErrors(rule: Map): string[] {
  const actions = ['redirect', 'directResponse', 'delegate'].filter((key) => rule[key] !== undefined)
  const routes = listOf(rule.route)
  const errors: string[] = []
  if (routes.length > 0 && actions.length > 0) {
    errors.push(`HTTP route cannot contain both route and ${actions[0]}`)
  }
  if (routes.length === 0 && actions.length === 0) {
    errors.push('HTTP route, redirect or direct_response is required')
  }
  if (rule.mirror !== undefined && listOf(rule.mirrors).length > 0) {
    errors.push('HTTP route cannot contain both mirror and mirrors')
  }
  const retries = rule.retries as Map | undefined
  if (retries !== undefined && Number(retries.attempts ?? 0) === 0) {
    const extra = ['perTryTimeout', 'retryOn', 'retryRemoteLocalities'].find(
      (key) => retries[key] !== undefined,
    )
    if (extra !== undefined) errors.push(`http retry policy configured when attempts are set to 0 (disabled)`)
  }
  return [...errors, ...routeErrors(routes)]
}

function routeErrors(routes: Map[]): string[] {
  const errors: string[] = []
  let total = 0
  for (const route of routes) {
    const destination = route.destination as Map | undefined
    if (destination === undefined) errors.push('destination is required')
    else errors.push(...destinationErrors(destination))
    const weight = Number(route.weight ?? 0)
    if (weight < 0) errors.push(`weight ${weight} < 0`)
    total += weight
  }
  if (routes.length > 1 && total === 0) errors.push('total destination weight = 0')
  return errors
}

function destinationErrors(destination: Map): string[] {
  const errors: string[] = []
  if (destination.host === '*') errors.push('invalid destination host *')
  if (destination.subset !== undefined && destination.subset !== '') {
    errors.push(...subsetNameErrors(String(destination.subset)))
  }
  const port = destination.port as Map | undefined
  if (port !== undefined) {
    const number = Number(port.number ?? 0)
    if (number < 1 || number > 65_535) errors.push(`port number ${number} must be in the range 1..65535`)
  }
  return errors
}

function subsetNameErrors(name: string): string[] {
  if (name === '') return ['subset name cannot be empty']
  return dnsLabel.test(name) && name.length <= 63 ? [] : [`subset name is invalid: ${name}`]
}

function destinationRuleErrors(spec: Map): string[] {
  const subsets = listOf(spec.subsets)
  const errors = duplicates(subsets.map((subset) => String(subset.name))).map(
    (name) => `duplicate subset names: ${name}`,
  )
  if (spec.host === '') errors.push('destination rule host cannot be empty')
  for (const subset of subsets) {
    errors.push(...subsetNameErrors(String(subset.name ?? '')))
    for (const [key, value] of Object.entries((subset.labels ?? {}) as Map)) {
      if (!labelValue.test(String(value))) errors.push(`invalid value for label ${key}: ${String(value)}`)
    }
    const policy = subset.trafficPolicy
    if (policy !== undefined && Object.keys(policy as Map).length === 0) {
      errors.push('traffic policy must have at least one field')
    }
  }
  return errors
}

function duplicates(items: string[]): string[] {
  return [...new Set(items.filter((item, index) => items.indexOf(item) !== index))]
}

function unusedRules(rules: Map[]): string[] {
  const first = rules.findIndex((rule) => listOf(rule.match).length === 0)
  if (first === -1) return []
  return rules.slice(first + 1).map((rule, offset) => {
    const name = rule.name === undefined ? `#${first + 1 + offset}` : JSON.stringify(rule.name)
    return `virtualService rule ${name} not used (route without matches defined before)`
  })
}
