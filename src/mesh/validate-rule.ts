import type { Json, KubeObject } from '../release/kubernetes.ts'
import {
  atMostOne,
  type Check,
  domain,
  each,
  exportTo,
  has,
  isLabel,
  isQualified,
  member,
  mistake,
  nanoseconds,
  percent,
  port,
} from './checks.ts'
import { isObject } from './json-patch.ts'
import { refOf } from './rule.ts'

/** destinationRule checks a DestinationRule as Istio's webhook does. */
export function destinationRule(object: KubeObject): Check {
  const spec = object.spec ?? {}
  const { namespace } = refOf(object)
  const names = (Array.isArray(spec.subsets) ? spec.subsets : []).map((subset) => member(subset, 'name'))
  const exported = Array.isArray(spec.exportTo) ? spec.exportTo : []
  return [
    ...domain(spec.host, 'spec.host'),
    ...each(spec.subsets, 'spec.subsets', subset),
    ...mistake(new Set(names).size < names.length, 'spec.subsets', 'two subsets have one name'),
    ...trafficPolicy(spec.trafficPolicy, 'spec.trafficPolicy'),
    ...exportTo(spec.exportTo, 'spec.exportTo', namespace),
    ...mistake(
      isObject(spec.workloadSelector) && exported.some((name) => name !== '.' && name !== namespace),
      'spec.exportTo',
      'with a workloadSelector only its own namespace may see it',
    ),
  ]
}

function subset(value: Json, at: string): Check {
  if (!isObject(value)) return mistake(true, at, 'a subset is empty')
  const labels = isObject(value.labels) ? value.labels : {}
  return [
    ...mistake(
      typeof value.name !== 'string' || !isLabel(value.name),
      `${at}.name`,
      `“${String(value.name)}” is not a DNS label of at most 63 characters`,
    ),
    ...Object.entries(labels).flatMap(([key, label]) => [
      ...mistake(!isQualified(key), `${at}.labels`, `“${key}” is not a label`),
      ...mistake(
        typeof label !== 'string' || !/^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$/.test(label),
        `${at}.labels.${key}`,
        `“${String(label)}” is not a label’s value`,
      ),
    ]),
    ...trafficPolicy(value.trafficPolicy, `${at}.trafficPolicy`),
  ]
}

const settings = ['loadBalancer', 'connectionPool', 'outlierDetection', 'tls']

function trafficPolicy(policy: Json | undefined, at: string): Check {
  if (!isObject(policy)) return []
  return [
    ...mistake(Object.keys(policy).length === 0, at, 'a traffic policy must say something'),
    ...atMostOne(policy, at, ['tunnel', 'proxyProtocol']),
    ...parts(policy, at),
    ...each(policy.portLevelSettings, `${at}.portLevelSettings`, (setting, place) => [
      ...mistake(!has(member(setting, 'port'), 'number'), `${place}.port`, 'a port is required'),
      ...port(member(member(setting, 'port'), 'number'), `${place}.port.number`),
      ...mistake(
        !settings.some((key) => has(setting, key)),
        place,
        `one of ${settings.join(', ')} is required`,
      ),
      ...parts(setting, place),
    ]),
  ]
}

function parts(policy: Json, at: string): Check {
  return [
    ...connectionPool(member(policy, 'connectionPool'), `${at}.connectionPool`),
    ...loadBalancer(member(policy, 'loadBalancer'), `${at}.loadBalancer`),
    ...outliers(member(policy, 'outlierDetection'), `${at}.outlierDetection`),
    ...tls(member(policy, 'tls'), `${at}.tls`),
  ]
}

function connectionPool(pool: Json | undefined, at: string): Check {
  if (!isObject(pool)) return []
  const { http, tcp } = pool
  const numbers = [tcp, http].flatMap((part) => Object.entries(isObject(part) ? part : {}))
  const timed = (key: string) => member(tcp, key)
  return [
    ...mistake(!isObject(http) && !isObject(tcp), at, 'http or tcp is required'),
    ...numbers.flatMap(([key, value]) =>
      mistake(typeof value === 'number' && value < 0, `${at}.${key}`, 'it must not be negative'),
    ),
    ...mistake(
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

function atLeastMilli(value: Json | undefined, at: string): Check {
  if (value === undefined || value === null) return []
  const length = typeof value === 'string' ? nanoseconds(value) : null
  return mistake(length === null || length < 1e6, at, `${String(value)} is not a duration of at least 1ms`)
}

function loadBalancer(balancer: Json | undefined, at: string): Check {
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
    ...mistake(
      has(hash, 'httpCookie') && !member(member(hash, 'httpCookie'), 'name'),
      `${at}.consistentHash.httpCookie`,
      'a cookie needs a name',
    ),
    ...mistake(
      Number(member(hash, 'minimumRingSize') ?? 0) > 0 && (has(hash, 'ringHash') || has(hash, 'maglev')),
      `${at}.consistentHash`,
      'minimumRingSize and ringHash or maglev exclude each other',
    ),
    ...atMostOne(hash, `${at}.consistentHash`, ['ringHash', 'maglev']),
    ...mistake(
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

function outliers(detection: Json | undefined, at: string): Check {
  if (!isObject(detection)) return []
  return [
    ...['maxEjectionPercent', 'minHealthPercent'].flatMap((key) => percent(detection[key], `${at}.${key}`)),
    ...['interval', 'baseEjectionTime'].flatMap((key) => atLeastMilli(detection[key], `${at}.${key}`)),
    ...mistake(
      has(detection, 'consecutiveLocalOriginFailures') && detection.splitExternalLocalOriginErrors !== true,
      at,
      'consecutiveLocalOriginFailures needs splitExternalLocalOriginErrors',
    ),
    ...mistake(
      has(detection, 'consecutiveErrors'),
      `${at}.consecutiveErrors`,
      'use consecutive5xxErrors',
      true,
    ),
  ]
}

function tls(settingsOf: Json | undefined, at: string): Check {
  if (!isObject(settingsOf)) return []
  const { mode, credentialName } = settingsOf
  const files = ['clientCertificate', 'privateKey', 'caCertificates'].filter((key) => settingsOf[key])
  return [
    ...mistake(
      mode === 'MUTUAL' && !credentialName && !(settingsOf.clientCertificate && settingsOf.privateKey),
      at,
      'MUTUAL needs clientCertificate and privateKey, or a credentialName',
    ),
    ...mistake(
      Boolean(credentialName) && files.length > 0,
      at,
      `credentialName and ${files.join(', ')} exclude each other`,
    ),
    ...mistake(
      settingsOf.insecureSkipVerify === true &&
        (has(settingsOf, 'caCertificates') || has(settingsOf, 'subjectAltNames')),
      at,
      'insecureSkipVerify excludes CA certificates and subject names',
    ),
  ]
}
