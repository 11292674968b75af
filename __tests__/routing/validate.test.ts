import { describe, expect, it } from '@jest/globals'
import { parse } from 'yaml'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { validate } from '../../src/routing/istio/validate/objects.ts'
import { snapshotOf } from './cluster.ts'
import { schemaErrors } from './schema.ts'
import { zoo } from './zoo.ts'

const object = (kind: string, spec: string) =>
  ({
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: { name: 'a', namespace: 'prod' },
    spec: parse(spec),
  }) as KubeObject

const places = (found: ReturnType<typeof validate>) =>
  found.map(({ code, text }) => `${code === 'IST0106' ? '' : `${code} `}${text.split(':')[0]}`)

const to = '{destination: {host: a}}'
const http = (rule: string) => `{hosts: [a], http: [${rule}]}`
const route = (entries: string) => http(`{route: [${entries}]}`)

describe('validity of a VirtualService', () => {
  it.each<[string, string, string[]]>([
    ['fine', route(to), []],
    ['nothing at all', '{hosts: [a]}', ['spec']],
    ['a delegate with gateways', `{gateways: [g], http: [{route: [${to}]}]}`, ['spec.gateways']],
    ['a delegate that delegates', '{http: [{delegate: {name: b}}]}', ['spec.http[0]']],
    ['a root with a route', http(`{delegate: {name: b}, route: [${to}]}`), ['spec.http[0]']],
    ['a host with an underscore', `{hosts: [a_b], http: [{route: [${to}]}]}`, ['spec.hosts[0]']],
    ['a wildcard in the middle', `{hosts: ["a.*.com"], http: [{route: [${to}]}]}`, ['spec.hosts[0]']],
    ['an address', `{hosts: [10.0.0.1], http: [{route: [${to}]}]}`, []],
    ['a star for sidecars', `{hosts: ["*"], http: [{route: [${to}]}]}`, ['spec.hosts[0]']],
    ['a star for a gateway', `{hosts: ["*"], gateways: [g], http: [{route: [${to}]}]}`, []],
    ['a host twice', `{hosts: [a, a], http: [{route: [${to}]}]}`, ['spec.hosts[1]']],
    [
      'a host under a wildcard',
      `{hosts: ["*.foo.com", a.foo.com], http: [{route: [${to}]}]}`,
      ['spec.hosts[1]'],
    ],
    [
      'a gateway with two slashes',
      `{hosts: [a], gateways: [a/b/c], http: [{route: [${to}]}]}`,
      ['spec.gateways[0]'],
    ],
    [
      'a gateway’s old name',
      `{hosts: [a], gateways: [g.ns.svc.cluster.local], http: [{route: [${to}]}]}`,
      ['IST0133 spec.gateways[0]'],
    ],
    [
      'exportTo of all and one',
      `{hosts: [a], exportTo: ["*", b], http: [{route: [${to}]}]}`,
      ['spec.exportTo'],
    ],
    ['exportTo of none', `{hosts: [a], exportTo: ["~"], http: [{route: [${to}]}]}`, ['spec.exportTo[0]']],
    [
      'exportTo twice its own',
      `{hosts: [a], exportTo: [".", prod], http: [{route: [${to}]}]}`,
      ['spec.exportTo'],
    ],
    ['route and redirect', http(`{route: [${to}], redirect: {uri: /}}`), ['spec.http[0]']],
    [
      'direct response and fault',
      http('{directResponse: {status: 200}, fault: {abort: {httpStatus: 500}}}'),
      ['spec.http[0]'],
    ],
    ['neither route nor redirect', http('{timeout: 1s}'), ['spec.http[0]']],
    [
      'mirror and mirrors',
      http(`{route: [${to}], mirror: {host: b}, mirrors: [{destination: {host: b}}]}`),
      ['spec.http[0]'],
    ],
    ['no destination', route('{weight: 1}'), ['spec.http[0].route[0]']],
    ['destination *', route('{destination: {host: "*"}}'), ['spec.http[0].route[0].destination.host']],
    [
      'a subset with a dot',
      route('{destination: {host: a, subset: v1.2}}'),
      ['spec.http[0].route[0].destination.subset'],
    ],
    [
      'port 0',
      route('{destination: {host: a, port: {number: 0}}}'),
      ['spec.http[0].route[0].destination.port.number'],
    ],
    ['a negative weight', route('{destination: {host: a}, weight: -1}'), ['spec.http[0].route[0].weight']],
    ['all weights 0', route(`${to}, ${to}`), ['spec.http[0].route']],
    ['a sum of 90', route('{destination: {host: a}, weight: 50}, {destination: {host: a}, weight: 40}'), []],
    [
      'an empty header prefix',
      http(`{match: [{headers: {x: {prefix: ""}}}], route: [${to}]}`),
      ['spec.http[0].match[0].headers.x'],
    ],
    ['an empty uri prefix', http(`{match: [{uri: {prefix: ""}}], route: [${to}]}`), []],
    ['a present header', http(`{match: [{headers: {x: {}}}], route: [${to}]}`), []],
    ['a broken regex', http(`{match: [{uri: {regex: "("}}], route: [${to}]}`), ['spec.http[0].match[0].uri']],
    [
      'a look-ahead',
      http(`{match: [{uri: {regex: "(?!a)"}}], route: [${to}]}`),
      ['spec.http[0].match[0].uri'],
    ],
    ['a star without a header', http(`{match: [{withoutHeaders: {x: {regex: "*"}}}], route: [${to}]}`), []],
    [
      'claims for sidecars',
      http(`{match: [{headers: {"@request.auth.claims.g": {exact: a}}}], route: [${to}]}`),
      ['spec.http[0].match[0].headers'],
    ],
    [
      'a header name with a blank',
      http(`{match: [{headers: {"a b": {exact: a}}}], route: [${to}]}`),
      ['spec.http[0].match[0].headers'],
    ],
    [
      'a bare percent in a header',
      http(`{headers: {request: {set: {x: "50%"}}}, route: [${to}]}`),
      ['spec.http[0].headers.request.set.x'],
    ],
    [
      'a variable in a header',
      http(`{headers: {request: {set: {x: "%REQ(:path)% 50%%"}}}, route: [${to}]}`),
      [],
    ],
    [
      'mirrorPercent 101',
      http(`{route: [${to}], mirror: {host: b}, mirrorPercent: 101}`),
      ['spec.http[0].mirrorPercent', 'IST0133 spec.http[0].mirrorPercent'],
    ],
    ['retries off', http(`{route: [${to}], retries: {}}`), []],
    [
      'a try’s timeout without tries',
      http(`{route: [${to}], retries: {perTryTimeout: 2s}}`),
      ['spec.http[0].retries'],
    ],
    [
      'a blank in retryOn',
      http(`{route: [${to}], retries: {attempts: 1, retryOn: "5xx, reset"}}`),
      ['spec.http[0].retries.retryOn'],
    ],
    ['timeout 0s', http(`{route: [${to}], timeout: 0s}`), ['spec.http[0].timeout']],
    ['timeout 1d', http(`{route: [${to}], timeout: 1d}`), ['spec.http[0].timeout']],
    ['timeout 1.5ms', http(`{route: [${to}], timeout: 1.5ms}`), ['spec.http[0].timeout']],
    [
      'redirect code 200',
      http('{redirect: {uri: /, redirectCode: 200}}'),
      ['spec.http[0].redirect.redirectCode'],
    ],
    ['redirect to nowhere', http('{redirect: {}}'), ['spec.http[0].redirect']],
    ['rewrite of nothing', http(`{route: [${to}], rewrite: {}}`), ['spec.http[0].rewrite']],
    ['status 700', http('{directResponse: {status: 700}}'), ['spec.http[0].directResponse.status']],
    ['a fault without kind', http(`{route: [${to}], fault: {}}`), ['spec.http[0].fault']],
    [
      'a fault too rare',
      http(`{route: [${to}], fault: {abort: {httpStatus: 500, percentage: {value: 0.00001}}}}`),
      ['spec.http[0].fault.abort.percentage'],
    ],
    [
      'an unknown method',
      http(`{route: [${to}], corsPolicy: {allowMethods: [FETCH]}}`),
      ['spec.http[0].corsPolicy.allowMethods[0]'],
    ],
    ['tls without a match', `{hosts: [a], tls: [{route: [${to}]}]}`, ['spec.tls[0].match']],
    [
      'a foreign SNI host',
      `{hosts: [a.com], tls: [{match: [{sniHosts: [b.com]}], route: [${to}]}]}`,
      ['spec.tls[0].match[0].sniHosts'],
    ],
    ['tcp without a destination', '{hosts: [a], tcp: [{match: [{port: 1}]}]}', ['spec.tcp[0].route']],
    [
      'a subnet of 33 bits',
      `{hosts: [a], tcp: [{match: [{destinationSubnets: [10.0.0.0/33]}], route: [${to}]}]}`,
      ['spec.tcp[0].match[0].destinationSubnets[0]'],
    ],
    [
      'a rule that is never reached',
      http(`{route: [${to}]}, {match: [{uri: {prefix: /}}], route: [${to}]}`),
      ['IST0130 Its http route #1 is never reached'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(places(validate(object('VirtualService', spec)))).toEqual(expected)
  })
})

describe('validity of a DestinationRule', () => {
  const policy = (text: string) => `{host: a, trafficPolicy: ${text}}`
  it.each<[string, string, string[]]>([
    ['fine', '{host: a, subsets: [{name: v1, labels: {version: v1}}]}', []],
    ['no host', '{subsets: []}', ['spec.host']],
    ['a subset twice', '{host: a, subsets: [{name: v1}, {name: v1}]}', ['spec.subsets']],
    ['a subset with a dot', '{host: a, subsets: [{name: v1.2}]}', ['spec.subsets[0].name']],
    [
      'a label that is a number',
      '{host: a, subsets: [{name: v1, labels: {version: 1.10}}]}',
      ['spec.subsets[0].labels.version'],
    ],
    [
      'an empty policy',
      '{host: a, subsets: [{name: v1, trafficPolicy: {}}]}',
      ['spec.subsets[0].trafficPolicy'],
    ],
    ['an empty pool', policy('{connectionPool: {}}'), ['spec.trafficPolicy.connectionPool']],
    ['idle for 0s', policy('{connectionPool: {tcp: {idleTimeout: 0s}}}'), []],
    [
      'connecting for 0s',
      policy('{connectionPool: {tcp: {connectTimeout: 0s}}}'),
      ['spec.trafficPolicy.connectionPool.tcp.connectTimeout'],
    ],
    [
      'two balancers',
      policy('{loadBalancer: {simple: RANDOM, consistentHash: {useSourceIp: true}}}'),
      ['spec.trafficPolicy.loadBalancer'],
    ],
    [
      'a table of 4',
      policy('{loadBalancer: {consistentHash: {useSourceIp: true, maglev: {tableSize: 4}}}}'),
      ['spec.trafficPolicy.loadBalancer.consistentHash.maglev'],
    ],
    ['mutual without certificates', policy('{tls: {mode: MUTUAL}}'), ['spec.trafficPolicy.tls']],
    [
      '101% ejected',
      policy('{outlierDetection: {maxEjectionPercent: 101}}'),
      ['spec.trafficPolicy.outlierDetection.maxEjectionPercent'],
    ],
    [
      'local failures alone',
      policy('{outlierDetection: {consecutiveLocalOriginFailures: 1}}'),
      ['spec.trafficPolicy.outlierDetection'],
    ],
    [
      'port settings that say nothing',
      policy('{portLevelSettings: [{port: {number: 80}}]}'),
      ['spec.trafficPolicy.portLevelSettings[0]'],
    ],
    [
      'a selector shown to all',
      '{host: a, workloadSelector: {matchLabels: {a: b}}, exportTo: [b]}',
      ['spec.exportTo'],
    ],
  ])('%s', (_, spec, expected) => {
    expect(places(validate(object('DestinationRule', spec)))).toEqual(expected)
  })
})

describe('inputs that a cluster has taken', () => {
  it.each(zoo.filter(({ loose, yaml }) => !loose && yaml !== ''))('$name', ({ name, yaml }) => {
    const { virtualServices, destinationRules } = snapshotOf(yaml)
    const refused = ['a negative weight', 'weights that are all 0'].includes(name)
    for (const each of [...virtualServices, ...destinationRules]) {
      if (!refused) expect(validate(each).filter(({ code }) => code === 'IST0106')).toEqual([])
      expect(schemaErrors(each)).toEqual([])
    }
  })
})
