import { type Json, type KubeObject, refText, type Write } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import { type Problem, problem } from '../../problem.ts'
import { covers } from '../model/host.ts'
import { listAt, refOf, rulesOf, ruleText, textsAt } from '../model/rule.ts'
import { isDelegate } from '../model/virtual-service.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { destinationRule } from './destination-rule.ts'
import { weighted } from './destinations.ts'
import {
  checkDomain,
  checkEach,
  checkExportTo,
  checkPort,
  isLabel,
  member,
  type Violation,
  type Violations,
  violation,
} from './fields.ts'
import { httpRule } from './http-rule.ts'

/**
 * validate lists what Istio's validating webhook says about a routing object: `IST0106` what it refuses,
 * `IST0133` (and `IST0130`) what it warns about. Other kinds have no mistakes.
 */
export function validate(object: KubeObject): Problem[] {
  const name = refText(refOf(object))
  const found = object.kind === 'VirtualService' ? virtualService(object) : []
  const rules = object.kind === 'DestinationRule' ? destinationRule(object) : []
  const dead = rulesOf(object).filter(({ live }) => !live)
  return [
    ...[...found, ...rules].map((one) => toProblem(name, one)),
    ...dead.map((rule) =>
      problem(
        'IST0130',
        name,
        `Its ${ruleText(rule)} is never reached: an earlier route without a match takes everything.`,
      ),
    ),
  ]
}

/** newViolations lists what a changed object gets wrong that it didn't before: an old mistake is its owner's. */
function newViolations(before: KubeObject | null, after: KubeObject): Problem[] {
  const old = new Set(before === null ? [] : validate(before).map(({ text }) => text))
  return validate(after).filter(({ code, text }) => code === 'IST0106' && !old.has(text))
}

/** violationsOf lists what planned writes would newly get wrong. */
export function violationsOf(snapshot: RoutingSnapshot, writes: readonly Write[]): Problem[] {
  const before = new Map(
    [...snapshot.virtualServices, ...snapshot.destinationRules].map((object) => [
      refText(refOf(object)),
      object,
    ]),
  )
  return writes.flatMap((write) =>
    write.action === 'create'
      ? newViolations(null, write.object)
      : newViolations(before.get(refText(write.ref)) ?? null, write.result),
  )
}

function toProblem(object: string, { at, text, warning }: Violation): Problem {
  return problem(warning ? 'IST0133' : 'IST0106', object, `${at}: ${text}.`)
}

function virtualService(object: KubeObject): Violations {
  const spec = object.spec ?? {}
  const delegated = isDelegate(object)
  const gateways = textsAt(spec, 'gateways')
  const meshBound = !delegated && (gateways.length === 0 || gateways.includes('mesh'))
  const empty = ['http', 'tls', 'tcp'].every((protocol) => listAt(spec, protocol).length === 0)
  return [
    ...violation(empty, 'spec', 'one of http, tls, tcp is required'),
    ...(delegated
      ? ['gateways', 'tls', 'tcp'].flatMap((key) =>
          violation(
            listAt(spec, key).length > 0,
            `spec.${key}`,
            'a VirtualService without hosts is a delegate and can’t have it',
          ),
        )
      : hosts(textsAt(spec, 'hosts'), meshBound)),
    ...gateways.flatMap((gateway, index) => gatewayName(gateway, `spec.gateways[${index}]`)),
    ...checkExportTo(spec.exportTo, 'spec.exportTo', refOf(object).namespace),
    ...checkEach(spec.http, 'spec.http', (rule, at) => httpRule(rule, at, meshBound, delegated)),
    ...checkEach(spec.tls, 'spec.tls', (rule, at) => tlsRule(rule, at, textsAt(spec, 'hosts'))),
    ...checkEach(spec.tcp, 'spec.tcp', tcpRule),
  ]
}

function hosts(names: readonly string[], meshBound: boolean): Violations {
  return names.flatMap((name, index) => {
    const at = `spec.hosts[${index}]`
    const twin = names.find(
      (other, place) =>
        place !== index &&
        (place < index || other !== name) &&
        covers(other.toLowerCase(), name.toLowerCase()),
    )
    return [
      ...checkDomain(name, at),
      ...violation(name === '*' && meshBound, at, 'sidecars can’t be bound to “*”'),
      ...violation(twin !== undefined, at, `“${name}” is covered by “${twin}” as well`),
    ]
  })
}

function gatewayName(name: string, at: string): Violations {
  const parts = name.split('/')
  if (parts.length > 2) return violation(true, at, `“${name}” is not a gateway`)
  if (parts.length === 2)
    return violation(
      !parts.every((part) => part === '.' || isLabel(part)),
      at,
      `“${name}” is not namespace/name`,
    )
  return [
    ...violation(!name.split('.').every(isLabel), at, `“${name}” is not a gateway`),
    ...violation(name.includes('.'), at, 'write namespace/name instead of a DNS name', true),
  ]
}

function subnet(text: Json, at: string): Violations {
  const [address = '', length, more] = String(text).split('/')
  const v4 = /^(25[0-5]|2[0-4]\d|1?\d?\d)(\.(25[0-5]|2[0-4]\d|1?\d?\d)){3}$/.test(address)
  const v6 = !v4 && /^[0-9a-fA-F:.]*:[0-9a-fA-F:.]*$/.test(address)
  const bits = length === undefined ? 0 : Number(length)
  const fine = more === undefined && (v4 || v6) && /^\d*$/.test(length ?? '') && bits <= (v4 ? 32 : 128)
  return violation(!fine, at, `“${String(text)}” is not a subnet`)
}

function layer4(match: Json, at: string): Violations {
  return [
    ...checkPort(member(match, 'port'), `${at}.port`),
    ...checkEach(member(match, 'destinationSubnets'), `${at}.destinationSubnets`, subnet),
  ]
}

function tlsRule(rule: Json, at: string, owners: readonly string[]): Violations {
  if (!isObject(rule)) return violation(true, at, 'a route is empty')
  return [
    ...violation(listAt(rule, 'match').length === 0, `${at}.match`, 'a tls route needs a match'),
    ...violation(listAt(rule, 'route').length === 0, `${at}.route`, 'a destination is required'),
    ...checkEach(rule.match, `${at}.match`, (match, place) => [
      ...layer4(match, place),
      ...violation(textsAt(match, 'sniHosts').length === 0, `${place}.sniHosts`, 'an SNI host is required'),
      ...textsAt(match, 'sniHosts').flatMap((sni) => [
        ...checkDomain(sni, `${place}.sniHosts`),
        ...violation(
          !owners.some((owner) => covers(owner.toLowerCase(), sni.toLowerCase())),
          `${place}.sniHosts`,
          `“${sni}” is none of the VirtualService’s hosts`,
        ),
      ]),
    ]),
    ...weighted(rule.route, `${at}.route`),
  ]
}

function tcpRule(rule: Json, at: string): Violations {
  if (!isObject(rule)) return violation(true, at, 'a route is empty')
  return [
    ...violation(listAt(rule, 'route').length === 0, `${at}.route`, 'a destination is required'),
    ...checkEach(rule.match, `${at}.match`, layer4),
    ...weighted(rule.route, `${at}.route`),
  ]
}
