import { describe, expect, test } from '@jest/globals'
import { secretsOf } from '../../src/config/secrets.ts'
import { parsePrometheusUrl } from '../../src/metrics/http/address.ts'
import { commandNames } from '../../src/release/commands.ts'
import { Failure } from '../../src/release/failure.ts'
import { facts, least, resolve } from './raw-request.ts'

function failureOf(run: () => unknown): Failure {
  try {
    run()
  } catch (error) {
    if (error instanceof Failure) return error
    throw error
  }
  throw new Error('nothing was refused')
}

const without = (name: string) => Object.fromEntries(Object.entries(least).filter(([each]) => each !== name))
const fileOf = (yaml: string) => ({ yaml })

/** Every mistake gets one sentence that names the field, what was given and what is allowed. */
const refusals: {
  name: string
  inputs: Record<string, string>
  more?: Parameters<typeof resolve>[1]
  says: string
}[] = [
  {
    name: 'a step that is no number',
    inputs: { ...least, steps: '10,half,100' },
    says: 'steps: "10,half,100" has a step "half" that is not a whole number of percent: write e.g. 10,50,100.',
  },
  {
    name: 'a weight above 100',
    inputs: { ...least, steps: '10,150' },
    says: 'steps: "10,150" has the step 150: a share is from 1 to 100 percent.',
  },
  {
    name: 'a weight of zero',
    inputs: { ...least, steps: '0,100' },
    says: 'steps: "0,100" has the step 0: a share is from 1 to 100 percent.',
  },
  {
    name: 'steps that do not increase',
    inputs: { ...least, steps: '10,50,50,100' },
    says: 'steps: "10,50,50,100" has 50 after 50: each step must be above the one before.',
  },
  {
    name: 'steps that end below 100',
    inputs: { ...least, steps: '10,50' },
    says: 'steps: "10,50" ends at 50: the last step must be 100.',
  },
  {
    name: 'a duration without a unit',
    inputs: { ...least, interval: '15' },
    says: 'interval: "15" has no unit: write 15s or 15m, or "auto".',
  },
  {
    name: 'a duration that is none',
    inputs: { ...least, 'step-timeout': 'soon' },
    says: 'step-timeout: "soon" is not a duration: write e.g. 15s, 3m or 1h30m.',
  },
  {
    name: 'an interval that is too long',
    inputs: { ...least, interval: '1h' },
    says: 'interval: "1h" is too long: at most 5m, or "auto".',
  },
  {
    name: 'a minimum above the timeout',
    inputs: { ...least, 'min-step-duration': '20m' },
    says: 'min-step-duration: 20m of min-step-duration is above 15m of step-timeout: lower the one or raise the other.',
  },
  {
    name: 'no service',
    inputs: without('service'),
    says: 'service is missing: Name of the Kubernetes Service whose traffic is moved.',
  },
  {
    name: 'no version',
    inputs: without('version'),
    says: 'version or image is missing: Version to release: the `version` label of the new pods.',
  },
  {
    name: 'an image that is none',
    inputs: { ...without('version'), image: 'my api' },
    says: 'image: "my api" is no image: write registry/name:tag or registry/name@sha256:digest.',
  },
  {
    name: 'several images without containers',
    inputs: { ...without('version'), image: 'a:v2, b:v2' },
    says: 'image: "a:v2, b:v2" names several images: write one image, or container=image pairs with commas between.',
  },
  {
    name: 'a size that is none',
    inputs: { ...without('version'), image: 'a:v2', 'canary-replicas': 'half' },
    says: 'canary-replicas: "half" is neither "proportional" nor "match" nor a whole number from 1 to 9999.',
  },
  {
    name: 'a shape that is not made',
    inputs: { ...without('version'), image: 'a:v2', workload: 'blue-green' },
    says: 'workload: "blue-green" is not one of: auto, in-place, per-version, tracks.',
  },
  {
    name: 'no Prometheus',
    inputs: without('prometheus-url'),
    says: 'prometheus-url is missing: Prometheus that scrapes the mesh: `https://…`, or `k8s://<namespace>/<service>:<port>`.',
  },
  {
    name: 'a service that is a host',
    inputs: { ...least, service: 'my-api.shop.svc' },
    says: 'service: "my-api.shop.svc" is not a Kubernetes name: at most 63 lower-case letters, digits and "-", with a letter or digit at both ends.',
  },
  {
    name: 'a version that is no label',
    inputs: { ...least, version: 'v2"} or vector(1)' },
    says: 'version: "v2\\"} or vector(1)" is not a label value: at most 63 letters, digits, "-", "_" and ".", with a letter or digit at both ends.',
  },
  {
    name: 'a word that is not among the allowed',
    inputs: { ...least, 'on-inconclusive': 'retry' },
    says: 'on-inconclusive: "retry" is not one of: hold, rollback, promote.',
  },
  {
    name: 'a rate that could mean two things',
    inputs: { ...least, 'max-error-rate': '1' },
    says: 'max-error-rate: "1" is ambiguous: write 1% or 0.01, or "off".',
  },
  {
    name: 'a rate above all',
    inputs: { ...least, alpha: '120%' },
    says: 'alpha: "120%" is out of range: above 0.0001% and at most 20%.',
  },
  {
    name: 'a switch that is neither',
    inputs: { ...least, comment: 'yes' },
    says: 'comment: "yes" is neither true nor false.',
  },
  {
    name: 'a number with a fraction',
    inputs: { ...least, 'min-requests': '2.5' },
    says: 'min-requests: "2.5" is not a whole number from 1 to 1000000000.',
  },
  {
    name: 'an address without a scheme',
    inputs: { ...least, 'prometheus-url': 'prometheus:9090' },
    says: 'prometheus-url: "prometheus:9090" is not an address of the kind http://, https://, k8s://.',
  },
  {
    name: 'an address with a password in it',
    inputs: { ...least, 'prometheus-url': 'https://user:hunter2@prometheus.test' },
    says: 'prometheus-url: the value holds credentials: give them by options of their own, so that they stay out of logs.',
  },
  {
    name: 'an address that names no Service',
    inputs: { ...least, 'prometheus-url': 'k8s://prometheus:9090' },
    says: 'prometheus-url: "k8s://prometheus:9090" names no Service: write k8s://<namespace>/<service>:<port>.',
  },
  {
    name: 'half of a login',
    inputs: { ...least, 'prometheus-username': 'ci' },
    says: 'prometheus-username and prometheus-password go together: give both.',
  },
  {
    name: 'a CA that is not there',
    inputs: { ...least, 'prometheus-ca': 'ca.pem' },
    says: 'prometheus-ca: "ca.pem" is no readable file: a PEM begins with "-----BEGIN CERTIFICATE-----".',
  },
  {
    name: 'a kubeconfig that is not there',
    inputs: { ...least, kubeconfig: './kubeconfig' },
    says: 'kubeconfig: neither a readable file nor the content of a kubeconfig (it has no "apiVersion:").',
  },
  {
    name: 'YAML indented with a tab',
    inputs: least,
    more: fileOf('steps:\n\t- 10\n\t- 100\n'),
    says: 'shiftgate.yml:2:1: a tab is no indentation in YAML: use spaces.',
  },
  {
    name: 'an unknown key, with the one that was meant',
    inputs: least,
    more: fileOf('namespace: shop\nintervall: 15s\n'),
    says: 'shiftgate.yml:2:1: unknown key "intervall". Did you mean "interval"?',
  },
  {
    name: 'a key given twice',
    inputs: least,
    more: fileOf('interval: 15s\ninterval: 30s\n'),
    says: 'shiftgate.yml:2:1: the key "interval" stands here for the second time.',
  },
  {
    name: 'a bad value in the file, at its line and column',
    inputs: least,
    more: fileOf('namespace: shop\nsteps: [10, 50, 20, 100]\n'),
    says: 'shiftgate.yml:2:17: steps: has 20 after 50: each step must be above the one before.',
  },
  {
    name: 'a bad value in the file, although an input overrules it',
    inputs: { ...least, interval: '15s' },
    more: fileOf('interval: 15\n'),
    says: 'shiftgate.yml:1:11: interval: "15" has no unit: write 15s or 15m, or "auto".',
  },
  {
    name: 'a list where one value belongs',
    inputs: least,
    more: fileOf('interval: [15s]\n'),
    says: 'shiftgate.yml:1:11: interval: expected one value, e.g. 30s.',
  },
  {
    name: 'a file that is a list',
    inputs: least,
    more: fileOf('- namespace: shop\n'),
    says: 'shiftgate.yml:1:1: expected a map of options, e.g. "namespace: shop".',
  },
  {
    name: 'a key without a value',
    inputs: least,
    more: fileOf('interval:\n'),
    says: 'shiftgate.yml:1:1: interval: has no value.',
  },
  {
    name: 'a secret in the file',
    inputs: least,
    more: fileOf('token: ghs_abc\n'),
    says: 'shiftgate.yml:1:1: token: a secret does not belong into a file; give it as an input or a flag.',
  },
  {
    name: 'two documents in the file',
    inputs: least,
    more: fileOf('namespace: shop\n---\nservice: my-api\n'),
    says: 'shiftgate.yml:2:1: holds more than one YAML document.',
  },
  {
    name: 'settings in the file that do not fit together',
    inputs: least,
    more: fileOf('settle-timeout: 5s\n'),
    says: 'shiftgate.yml:1:17: settle-timeout: 10s of settle-min is above 5s of settle-timeout: lower the one or raise the other.',
  },
]

describe('what is refused', () => {
  test.each(refusals)('$name', ({ inputs, more, says }) => {
    const failure = failureOf(() => resolve(inputs, more))
    expect(failure.message).toBe(says)
    expect(failure.code).toBe(/^shiftgate\.yml:/.test(says) ? 'invalid-config' : 'invalid-input')
  })

  test('never shows a secret', () => {
    const failure = failureOf(() => resolve({ ...least, 'prometheus-headers': 'hunter2' }))
    expect(failure.message).not.toContain('hunter2')
    expect(JSON.stringify(failure.details)).not.toContain('hunter2')
  })

  test('broken YAML names its line', () => {
    const failure = failureOf(() => resolve(least, { yaml: 'namespace: shop\nsteps: [10, 50\n' }))
    expect(failure.message).toMatch(/^shiftgate\.yml:\d+:\d+: not valid YAML: /)
  })
})

describe('what is understood', () => {
  test('an image stands in for a version, as one or as pairs', () => {
    const image = (text: string) => resolve({ ...without('version'), image: text }).request
    expect(image('ghcr.io/octo/my-api:v2')).toMatchObject({
      version: null,
      image: 'ghcr.io/octo/my-api:v2',
      workload: 'auto',
      canaryReplicas: 'proportional',
    })
    expect(image('api=a:v2,\n worker=b:v2').image).toBe('api=a:v2,worker=b:v2')
    expect(resolve(least).request.image).toBeUndefined()
  })

  test('defaults stand where nothing was given', () => {
    const { request } = resolve(least)
    expect(request.settings).toEqual({
      steps: [10, 50, 100],
      mode: 'full',
      interval: 'auto',
      minStepDuration: 180_000,
      stepTimeout: 900_000,
      finalDuration: 180_000,
      settleMin: 10_000,
      settleTimeout: 60_000,
      metricsLag: 5_000,
      history: 3_600_000,
      onInconclusive: 'rollback',
      profile: 'observe',
      onCancel: 'rollback',
      onNewer: 'refuse',
      queueTimeout: 3_600_000,
      retain: 1,
      onDrift: 'hold',
      capacityCheck: 'wait',
      capacityTimeout: 600_000,
      queryTimeout: 30_000,
      gate: {
        alpha: 0.01,
        beta: 0.05,
        minRequests: 20,
        maxErrorRate: null,
        passMargin: 'auto',
        maxPassMargin: 0.1,
      },
      gates: [],
      minPower: 'off',
    })
    expect(request.reportDir).toBe('/workspace/shiftgate-report')
    expect(request.holder).toBe(facts.holder)
  })

  test('what proves to Prometheus who asks, and what every query gets', () => {
    const { request } = resolve({
      ...least,
      'prometheus-token-command': `get-token --scope "a b" 'c "d"' e\\ f`,
      'prometheus-match': 'cluster="prod", replica!~"b|\\"c\\""',
      watchdog: '10m',
    })
    expect(request.prometheus).toMatchObject({
      tokenCommand: ['get-token', '--scope', 'a b', 'c "d"', 'e\\', 'f'],
      match: [
        { label: 'cluster', op: '=', value: 'prod' },
        { label: 'replica', op: '!~', value: 'b|"c"' },
      ],
    })
    expect(request.settings).toMatchObject({
      watchdog: 600_000,
      watchdogImage: expect.stringContaining('curl'),
    })
    const file = resolve({ ...least, 'prometheus-token-file': 'token' }).request.prometheus
    expect(file?.tokenFile).toBe('/workspace/token')
  })

  test.each([
    ['prometheus-token-command', 'x "y', 'has a quote that nothing closes'],
    ['prometheus-token-command', '""', 'is no command'],
    ['prometheus-headers', 'X-Tenant: a\rb', 'is not a header'],
    ['prometheus-headers', 'X-Tenant: a\r\r\nX-Other: b', 'is not a header'],
    ['prometheus-headers', 'X-Tenant: a\0', 'is not a header'],
    ['prometheus-token', 'a\nX-Admin: 1', 'that no token has'],
    ['token', 'a\r\nb', 'that no token has'],
    ['prometheus-match', 'cluster=prod', 'is no list of label matchers'],
    ['prometheus-match', '{}', 'names no label'],
    ['prometheus-match', '__name__="up"', 'names a metric'],
    ['watchdog', '10s', 'is too short: at least 1m, or "off"'],
    ['watchdog-image', 'a b', 'is no image'],
    ['on-newer', 'kill', 'is not one of: refuse, supersede, queue'],
  ])('%s: %s is refused', (name, text, says) => {
    expect(() => resolve({ ...least, [name]: text })).toThrow(says)
  })

  test.each([
    ['prometheus-token', 'prometheus-token-file'],
    ['prometheus-token-file', 'prometheus-token-command'],
  ])('%s and %s exclude each other', (one, other) => {
    expect(() => resolve({ ...least, [one]: 'x', [other]: 'y' })).toThrow(
      `${one} and ${other} exclude each other: give one.`,
    )
  })

  test('a margin above a cap that was given is refused, above the default it replaces it', () => {
    const both = { ...least, 'pass-margin': '5%', 'max-pass-margin': '2%' }
    expect(() => resolve(both)).toThrow('5% of pass-margin is above 2% of max-pass-margin')
    expect(resolve({ ...least, 'pass-margin': '20%' }).request.settings.gate.passMargin).toBe(0.2)
  })

  test('a command that prints a token has no place in the config file', () => {
    expect(() => resolve(least, { yaml: 'prometheus-token-command: sh' })).toThrow(
      'prometheus-token-command: it has no place in the config file',
    )
  })

  test('an input wins over the environment, that over the file, that over the default', () => {
    const yaml = 'interval: 40s\nmetrics-lag: 9s\nprometheus-url: http://file.test\n'
    const fallback = { 'prometheus-url': 'http://environment.test' }
    const { request, options: reported } = resolve(
      { namespace: 'shop', service: 'my-api', version: 'v2', interval: '20s' },
      { yaml, fallback },
    )
    expect(request.settings.interval).toBe(20_000)
    expect(request.settings.metricsLag).toBe(9_000)
    expect(request.prometheus?.url).toBe('http://environment.test')
    expect(reported).toContainEqual({
      name: 'metrics-lag',
      value: '9s',
      from: 'shiftgate.yml:2',
      inFile: true,
    })
    expect(reported).toContainEqual({ name: 'alpha', value: '1%', from: 'default' })
  })

  test('the same rate in both spellings', () => {
    const rates = ['2%', '0.02', '2.0%', '.02'].map(
      (text) => resolve({ ...least, 'max-error-rate': text }).request.settings.gate.maxErrorRate,
    )
    expect(rates).toEqual([0.02, 0.02, 0.02, 0.02])
  })

  test('steps with commas, spaces, lines, percent signs, or as a YAML list', () => {
    for (const text of ['5,100', '5 100', '5\n100', '5%, 100%']) {
      expect(resolve({ ...least, steps: text }).request.settings.steps).toEqual([5, 100])
    }
    expect(resolve(least, { yaml: 'steps:\n  - 5\n  - 100\n' }).request.settings.steps).toEqual([5, 100])
  })

  test('a version in YAML is what was written, not the number that YAML makes of it', () => {
    const { request } = resolve(without('version'), { yaml: 'version: 1.10\n' })
    expect(request.version).toBe('1.10')
  })

  test.each([...commandNames])(
    '%s asks for metrics only where it judges, or looks whether users follow',
    (command) => {
      const { request } = resolve(least, { command })
      const judges = ['rollout', 'resume', 'reconcile', 'preflight', 'plan'].includes(command)
      const watches = ['rollback', 'promote', 'abort', 'pin'].includes(command)
      expect(request.prometheus !== null).toBe(judges || watches)
    },
  )

  test('a kubeconfig by path, by content, and as base64', () => {
    const content = 'apiVersion: v1\nkind: Config\nusers:\n- user: {token: tkn-secret}\n'
    const files = { 'kube.yaml': content }
    expect(resolve({ ...least, kubeconfig: 'kube.yaml' }, { files }).request.cluster.kubeconfig).toEqual({
      from: 'path',
      value: '/workspace/kube.yaml',
    })
    for (const value of [content, Buffer.from(content).toString('base64')]) {
      const { request } = resolve({ ...least, kubeconfig: value })
      expect(request.cluster.kubeconfig).toEqual({ from: 'content', value })
      expect(secretsOf(request)).toContain('tkn-secret')
    }
  })

  test.each([
    'https://prometheus.test/prefix',
    'k8s://istio-system/prometheus',
    'k8s://istio-system/prometheus:9090',
    'k8s://monitoring/prometheus:web?scheme=https',
  ])('%s is an address', (url) => {
    expect(resolve({ ...least, 'prometheus-url': url }).request.prometheus?.url).toBe(url)
    expect(() => parsePrometheusUrl(url)).not.toThrow()
  })

  test('the forge is there only with a token, a repository and a commit', () => {
    expect(resolve(least).request.forge).toBeNull()
    const { request } = resolve({ ...least, token: 'ghs_1', 'pull-request': '12' })
    expect(request.forge).toEqual({
      kind: 'github',
      token: 'ghs_1',
      apiUrl: 'https://api.github.com',
      serverUrl: 'https://github.com',
      owner: 'octo',
      repository: 'shop',
      sha: 'a'.repeat(40),
      pullRequest: 12,
      branch: 'main',
      fromFork: false,
    })
    expect(resolve({ ...least, token: 'ghs_1' }, { facts: { repository: null } }).request.forge).toBeNull()
  })

  test('the options that the log shows hold no secret', () => {
    const secrets = { token: 'ghs_1', 'prometheus-username': 'ci', 'prometheus-password': 'hunter2' }
    const { options: reported, request } = resolve({ ...least, ...secrets })
    expect(JSON.stringify(reported)).not.toMatch(/ghs_1|hunter2/)
    expect(reported).toContainEqual({ name: 'token', value: '(hidden)', from: 'token' })
    const basic = Buffer.from('ci:hunter2').toString('base64')
    expect(secretsOf(request)).toEqual(['ghs_1', 'hunter2', basic])
  })

  test("a header's value is masked if it is a secret, and left readable if it names a tenant", () => {
    const { request } = resolve({
      ...least,
      'prometheus-headers': 'X-Scope-OrgID: shop\nX-Api-Key: abc123\nAuthorization: Bearer zyx',
    })
    expect(request.prometheus?.headers).toEqual({
      'X-Scope-OrgID': 'shop',
      'X-Api-Key': 'abc123',
      Authorization: 'Bearer zyx',
    })
    expect(secretsOf(request)).toEqual(['abc123', 'Bearer zyx', 'zyx'])
  })
})
