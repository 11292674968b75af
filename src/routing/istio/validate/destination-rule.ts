import type { Json, KubeObject } from '../../../release/kubernetes.ts'
import { isObject } from '../../json-patch.ts'
import { refOf } from '../model/rule.ts'
import {
  atMostOne,
  checkDomain,
  checkEach,
  checkExportTo,
  checkPercent,
  checkPort,
  hasMember,
  isLabel,
  isQualified,
  member,
  nanoseconds,
  type Violations,
  violation,
} from './fields.ts'

/** destinationRule checks a DestinationRule as Istio's webhook does. */
export function destinationRule(object: KubeObject): Violations {
  const spec = object.spec ?? {}
  const { namespace } = refOf(object)
  const names = (Array.isArray(spec.subsets) ? spec.subsets : []).map((subset) => member(subset, 'name'))
  const exported = Array.isArray(spec.exportTo) ? spec.exportTo : []
  return [
    ...checkDomain(spec.host, 'spec.host'),
    ...checkEach(spec.subsets, 'spec.subsets', subset),
    ...violation(new Set(names).size < names.length, 'spec.subsets', 'two subsets have one name'),
    ...trafficPolicy(spec.trafficPolicy, 'spec.trafficPolicy'),
    ...checkExportTo(spec.exportTo, 'spec.exportTo', namespace),
    ...violation(
      isObject(spec.workloadSelector) && exported.some((name) => name !== '.' && name !== namespace),
      'spec.exportTo',
      'with a workloadSelector only its own namespace may see it',
    ),
  ]
}

function subset(value: Json, at: string): Violations {
  if (!isObject(value)) return violation(true, at, 'a subset is empty')
  const labels = isObject(value.labels) ? value.labels : {}
  return [
    ...violation(
      typeof value.name !== 'string' || !isLabel(value.name),
      `${at}.name`,
      `“${String(value.name)}” is not a DNS label of at most 63 characters`,
    ),
    ...Object.entries(labels).flatMap(([key, label]) => [
      ...violation(!isQualified(key), `${at}.labels`, `“${key}” is not a label`),
      ...violation(
        typeof label !== 'string' || !/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(label),
        `${at}.labels.${key}`,
        `“${String(label)}” is not a label’s value`,
      ),
    ]),
    ...trafficPolicy(value.trafficPolicy, `${at}.trafficPolicy`),
  ]
}

const settings = ['loadBalancer', 'connectionPool', 'outlierDetection', 'tls']

function trafficPolicy(policy: Json | undefined, at: string): Violations {
  if (!isObject(policy)) return []
  return [
    ...violation(Object.keys(policy).length === 0, at, 'a traffic policy must say something'),
    ...atMostOne(policy, at, ['tunnel', 'proxyProtocol']),
    ...parts(policy, at),
    ...checkEach(policy.portLevelSettings, `${at}.portLevelSettings`, (setting, place) => [
      ...violation(!hasMember(member(setting, 'port'), 'number'), `${place}.port`, 'a port is required'),
      ...checkPort(member(member(setting, 'port'), 'number'), `${place}.port.number`),
      ...violation(
        !settings.some((key) => hasMember(setting, key)),
        place,
        `one of ${settings.join(', ')} is required`,
      ),
      ...parts(setting, place),
    ]),
  ]
}

function parts(policy: Json, at: string): Violations {
  return [
    ...connectionPool(member(policy, 'connectionPool'), `${at}.connectionPool`),
    ...loadBalancer(member(policy, 'loadBalancer'), `${at}.loadBalancer`),
    ...outliers(member(policy, 'outlierDetection'), `${at}.outlierDetection`),
    ...tls(member(policy, 'tls'), `${at}.tls`),
  ]
}

function connectionPool(pool: Json | undefined, at: string): Violations {
  if (!isObject(pool)) return []
  const { http, tcp } = pool
  const numbers = [tcp, http].flatMap((part) => Object.entries(isObject(part) ? part : {}))
  const timed = (key: string) => member(tcp, key)
  return [
    ...violation(!isObject(http) && !isObject(tcp), at, 'http or tcp is required'),
    ...numbers.flatMap(([key, value]) =>
      violation(typeof value === 'number' && value < 0, `${at}.${key}`, 'it must not be negative'),
    ),
    ...violation(
      member(http, 'h2UpgradePolicy') === 'UPGRADE' && member(http, 'useClientProtocol') === true,
      `${at}.http`,
      'h2UpgradePolicy UPGRADE and useClientProtocol exclude each other',
    ),
    ...['connectTimeout', 'maxConnectionDuration'].flatMap((key) =>
      atLeastMilli(timed(key), `${at}.tcp.${key}`),
    ),
    ...atLeastMilli(member(http, 'idleTimeout'), `${at}.http.idleTimeout`),
  ]
}

function atLeastMilli(value: Json | undefined, at: string): Violations {
  if (value === undefined || value === null) return []
  const length = typeof value === 'string' ? nanoseconds(value) : null
  return violation(length === null || length < 1e6, at, `${String(value)} is not a duration of at least 1ms`)
}

function loadBalancer(balancer: Json | undefined, at: string): Violations {
  if (!isObject(balancer)) return []
  const hash = balancer.consistentHash
  const table = member(member(hash, 'maglev'), 'tableSize')
  return [
    ...atMostOne(balancer, at, ['simple', 'consistentHash']),
    ...atMostOne(balancer, at, ['localityLbSetting', 'zoneAwareLbSetting']),
    ...atMostOne(hash, `${at}.consistentHash`, [
      'httpHeaderName',
      'httpCookie',
      'useSourceIp',
      'httpQueryParameterName',
    ]),
    ...violation(
      hasMember(hash, 'httpCookie') && !member(member(hash, 'httpCookie'), 'name'),
      `${at}.consistentHash.httpCookie`,
      'a cookie needs a name',
    ),
    ...violation(
      Number(member(hash, 'minimumRingSize') ?? 0) > 0 &&
        (hasMember(hash, 'ringHash') || hasMember(hash, 'maglev')),
      `${at}.consistentHash`,
      'minimumRingSize and ringHash or maglev exclude each other',
    ),
    ...atMostOne(hash, `${at}.consistentHash`, ['ringHash', 'maglev']),
    ...violation(
      typeof table === 'number' && (table >= 5_000_011 || !isPrime(table)),
      `${at}.consistentHash.maglev`,
      'a table size is a prime below 5000011',
    ),
  ]
}

function isPrime(number: number): boolean {
  if (!Number.isInteger(number) || number < 2) return false
  for (let divisor = 2; divisor * divisor <= number; divisor += 1) if (number % divisor === 0) return false
  return true
}

function outliers(detection: Json | undefined, at: string): Violations {
  if (!isObject(detection)) return []
  return [
    ...['maxEjectionPercent', 'minHealthPercent'].flatMap((key) =>
      checkPercent(detection[key], `${at}.${key}`),
    ),
    ...['interval', 'baseEjectionTime'].flatMap((key) => atLeastMilli(detection[key], `${at}.${key}`)),
    ...violation(
      hasMember(detection, 'consecutiveLocalOriginFailures') &&
        detection.splitExternalLocalOriginErrors !== true,
      at,
      'consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors',
    ),
    ...violation(
      hasMember(detection, 'consecutiveErrors'),
      `${at}.consecutiveErrors`,
      'use consecutive5xxErrors',
      true,
    ),
  ]
}

function tls(settingsOf: Json | undefined, at: string): Violations {
  if (!isObject(settingsOf)) return []
  const { mode, credentialName } = settingsOf
  const files = ['clientCertificate', 'privateKey', 'caCertificates'].filter((key) => settingsOf[key])
  return [
    ...violation(
      mode === 'MUTUAL' && !credentialName && !(settingsOf.clientCertificate && settingsOf.privateKey),
      at,
      'MUTUAL needs clientCertificate and privateKey, or a credentialName',
    ),
    ...violation(
      Boolean(credentialName) && files.length > 0,
      at,
      `credentialName and ${files.join(', ')} exclude each other`,
    ),
    ...violation(
      settingsOf.insecureSkipVerify === true &&
        (hasMember(settingsOf, 'caCertificates') || hasMember(settingsOf, 'subjectAltNames')),
      at,
      'insecureSkipVerify excludes CA certificates and subject names',
    ),
  ]
}
