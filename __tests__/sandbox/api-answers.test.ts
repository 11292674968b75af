import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  applyPatch,
  jsonPatch,
  leases,
  mergePatch,
  routes,
  rules,
  type TestCluster,
  testCluster,
  virtualService,
} from './api-client.ts'

let cluster: TestCluster
let count = 0

beforeAll(async () => {
  cluster = await testCluster()
})
afterAll(() => cluster.close())

/** made gives a new VirtualService, as the server has it, and its path. */
async function made(weights: [number, number] = [90, 10]) {
  const name = `route-${++count}`
  const answer = await cluster.ask('POST', routes, virtualService(name, weights))
  expect(answer.status).toBe(201)
  return { name, path: `${routes}/${name}`, object: answer.body }
}

const weight = '/spec/http/0/route/0/weight'

describe('what a real API server answers', () => {
  test('GET of an object that is missing', async () => {
    const { status, body } = await cluster.ask('GET', `${routes}/x`)
    expect(status).toBe(404)
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'virtualservices.networking.istio.io "x" not found',
      reason: 'NotFound',
      details: { name: 'x', group: 'networking.istio.io', kind: 'virtualservices' },
      code: 404,
    })
  })

  test.each([
    '/apis/flagger.app/v1beta1/namespaces/shop/canaries',
    '/apis/argoproj.io/v1alpha1/namespaces/shop/rollouts',
    '/apis/networking.istio.io/v2/namespaces/shop/virtualservices',
    '/apis/networking.istio.io/v1/namespaces/shop/envoyfilters',
    '/apis/gateway.networking.k8s.io/v1/httproutes',
    '/apis/flagger.app',
    '/nothing',
  ])('GET of a kind or version that is not served: %s', async (path) => {
    const { status, text, body } = await cluster.ask('GET', path)
    expect([status, text, body]).toEqual([404, '404 page not found\n', null])
  })

  test('POST into a namespace that is not there', async () => {
    const object = { ...virtualService('a'), metadata: { name: 'a' } }
    const { status, body } = await cluster.ask('POST', routes.replace('shop', 'void'), object)
    expect([status, body.reason, body.message]).toEqual([404, 'NotFound', 'namespaces "void" not found'])
  })

  test('POST of an object that exists', async () => {
    const { name } = await made()
    const { status, body } = await cluster.ask('POST', routes, virtualService(name))
    expect([status, body.reason]).toEqual([409, 'AlreadyExists'])
    expect(body.message).toBe(`virtualservices.networking.istio.io "${name}" already exists`)
  })

  test('POST as a dry run', async () => {
    const { status, body } = await cluster.ask('POST', `${routes}?dryRun=All`, virtualService('dry'))
    expect(status).toBe(201)
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/)
    expect(body.metadata.resourceVersion).toBeUndefined()
    expect((await cluster.ask('GET', `${routes}/dry`)).status).toBe(404)
  })

  test.each<[string, unknown[]]>([
    ['a test of a stale resourceVersion', [{ op: 'test', path: '/metadata/resourceVersion', value: '1' }]],
    ['a test of another weight', [{ op: 'test', path: weight, value: 55 }]],
    ['a missing path', [{ op: 'replace', path: '/spec/http/4/route/0/weight', value: 1 }]],
    ['an annotation where there are none', [{ op: 'add', path: '/metadata/annotations/x', value: 'y' }]],
    ['removing what is not there', [{ op: 'remove', path: '/spec/tcp' }]],
  ])('JSON Patch with %s', async (_what, patch) => {
    const { path, object } = await made()
    const { status, body } = await cluster.ask('PATCH', path, patch, jsonPatch)
    expect(status).toBe(422)
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'the server rejected our request due to an error in our request',
      reason: 'Invalid',
      details: {},
      code: 422,
    })
    expect((await cluster.ask('GET', path)).body).toEqual(object)
  })

  test.each(['', '?dryRun=All'])('JSON Patch that replaces a stale resourceVersion %s', async (query) => {
    const { path, name } = await made()
    const patch = [{ op: 'replace', path: '/metadata/resourceVersion', value: '1' }]
    const { status, body } = await cluster.ask('PATCH', `${path}${query}`, patch, jsonPatch)
    expect([status, body.reason]).toEqual([409, 'Conflict'])
    expect(body.message).toBe(
      `Operation cannot be fulfilled on virtualservices.networking.istio.io "${name}": the object has been modified; please apply your changes to the latest version and try again`,
    )
  })

  test('twelve writers that each increment a weight, bound to what they read: every increment is kept', async () => {
    const { path } = await made([0, 100])
    let conflicts = 0
    const increment = async (): Promise<void> => {
      for (;;) {
        const { body } = await cluster.ask('GET', path)
        const now = body.spec.http[0].route[0].weight
        const { status } = await cluster.ask(
          'PATCH',
          path,
          [
            { op: 'replace', path: '/metadata/resourceVersion', value: body.metadata.resourceVersion },
            { op: 'replace', path: weight, value: now + 1 },
          ],
          jsonPatch,
        )
        if (status === 200) return
        expect(status).toBe(409)
        conflicts++
      }
    }
    await Promise.all(Array.from({ length: 12 }, increment))
    expect((await cluster.ask('GET', path)).body.spec.http[0].route[0].weight).toBe(12)
    expect(conflicts).toBeGreaterThan(0)
  })

  test('merge patch and PUT with a stale resourceVersion', async () => {
    const { path, object } = await made()
    const stale = { ...object, metadata: { ...object.metadata, resourceVersion: '1' } }
    for (const [method, body, options] of [
      ['PATCH', { metadata: { resourceVersion: '1' } }, mergePatch],
      ['PUT', stale, {}],
    ] as const) {
      const answer = await cluster.ask(method, path, body, options)
      expect([answer.status, answer.body.reason]).toEqual([409, 'Conflict'])
      expect(answer.body.message).toContain('the object has been modified')
    }
  })

  test('PUT without a resourceVersion, of a custom resource', async () => {
    const { path, name } = await made()
    const { status, body } = await cluster.ask('PUT', path, virtualService(name))
    expect([status, body.reason]).toEqual([422, 'Invalid'])
    expect(body.message).toContain(
      'metadata.resourceVersion: Invalid value: 0: must be specified for an update',
    )
  })

  test('a patch that changes nothing', async () => {
    const { path, object } = await made()
    const { status, body } = await cluster.ask(
      'PATCH',
      path,
      [{ op: 'replace', path: weight, value: 90 }],
      jsonPatch,
    )
    expect(status).toBe(200)
    expect(body.metadata).toEqual(object.metadata)
  })

  test('only a change of the spec moves the generation', async () => {
    const { path, object } = await made()
    const noted = await cluster.ask('PATCH', path, { metadata: { annotations: { a: 'b' } } }, mergePatch)
    expect(noted.body.metadata.generation).toBe(1)
    expect(Number(noted.body.metadata.resourceVersion)).toBeGreaterThan(
      Number(object.metadata.resourceVersion),
    )
    const moved = await cluster.ask('PATCH', path, [{ op: 'replace', path: weight, value: 80 }], jsonPatch)
    expect(moved.body.metadata.generation).toBe(2)
  })

  test.each<[string, unknown]>([
    ['not a list', { op: 'test' }],
    ['broken JSON', '[{"op":'],
  ])('a JSON Patch that is %s', async (_what, patch) => {
    const { path } = await made()
    const { status, body } = await cluster.ask('PATCH', path, patch, jsonPatch)
    expect([status, body.reason]).toEqual([400, 'BadRequest'])
    expect(body.message).toMatch(/^error decoding patch: /)
  })

  test.each(['application/json', 'application/strategic-merge-patch+json'])('PATCH as %s', async (type) => {
    const { path } = await made()
    const { status, body } = await cluster.ask('PATCH', path, {}, { type })
    expect([status, body.reason]).toEqual([415, 'UnsupportedMediaType'])
    for (const accepted of ['json-patch+json', 'merge-patch+json', 'apply-patch+yaml']) {
      expect(body.message).toContain(`application/${accepted}`)
    }
  })

  test('server-side apply against another manager', async () => {
    const { path, name } = await made()
    const wanted = virtualService(name, [50, 50])
    const apply = (query: string) =>
      cluster.ask('PATCH', `${path}?fieldManager=me${query}`, wanted, applyPatch)
    const refused = await apply('')
    expect([refused.status, refused.body.reason]).toEqual([409, 'Conflict'])
    expect(refused.body.message).toBe(
      'Apply failed with 1 conflict: conflict with "tester" using networking.istio.io/v1: .spec.http',
    )
    expect(refused.body.details.causes).toEqual([
      {
        reason: 'FieldManagerConflict',
        message: 'conflict with "tester" using networking.istio.io/v1',
        field: '.spec.http',
      },
    ])
    const forced = await apply('&force=true')
    expect(forced.status).toBe(200)
    expect(forced.body.spec).toEqual(wanted.spec)
    expect((await apply('')).status).toBe(200)
    const owners = forced.body.metadata.managedFields as {
      manager: string
      fieldsV1: Record<string, object>
    }[]
    expect(owners.find(({ manager }) => manager === 'me')?.fieldsV1['f:spec']).toHaveProperty('f:http')
    expect(owners.find(({ manager }) => manager === 'tester')?.fieldsV1['f:spec'] ?? {}).not.toHaveProperty(
      'f:http',
    )
  })

  test('an applied field that is applied no more is gone', async () => {
    const object = virtualService('applied')
    const spec = { ...object.spec, exportTo: ['.'] }
    const path = `${routes}/applied?fieldManager=me`
    expect((await cluster.ask('PATCH', path, { ...object, spec }, applyPatch)).status).toBe(201)
    const { body } = await cluster.ask('PATCH', path, object, applyPatch)
    expect(body.spec).toEqual(object.spec)
  })

  test('a wrong type', async () => {
    const { path } = await made()
    const { status, body } = await cluster.ask(
      'PATCH',
      path,
      [{ op: 'replace', path: weight, value: 'ten' }],
      jsonPatch,
    )
    expect([status, body.reason]).toEqual([422, 'Invalid'])
    expect(body.details.causes[0]).toEqual({
      reason: 'FieldValueTypeInvalid',
      message:
        'Invalid value: "string": spec.http[0].route[0].weight in body must be of type integer: "string"',
      field: 'spec.http[0].route[0].weight',
    })
    expect(body.details.kind).toBe('VirtualService')
  })

  test('a missing required field', async () => {
    const object = virtualService('headless')
    object.spec.http = [{ route: [{ destination: { subset: 'v1' } }] }]
    const { status, body } = await cluster.ask('POST', routes, object)
    expect([status, body.reason]).toEqual([422, 'Invalid'])
    expect(body.details.causes[0]).toMatchObject({
      reason: 'FieldValueRequired',
      field: 'spec.http[0].route[0].destination.host',
    })
  })

  test('an unknown field is dropped with a warning, and refused when that is asked for', async () => {
    const { path } = await made()
    const patch = [{ op: 'add', path: '/spec/http/0/wieght', value: 3 }]
    const strict = await cluster.ask('PATCH', `${path}?fieldValidation=Strict`, patch, jsonPatch)
    expect([strict.status, strict.body.reason]).toEqual([422, 'Invalid'])
    expect(strict.body.message).toContain('strict decoding error: unknown field "spec.http[0].wieght"')
    expect(strict.body.message).toContain('my-api.shop.svc.cluster.local')
    const warned = await cluster.ask('PATCH', path, patch, jsonPatch)
    expect(warned.status).toBe(200)
    expect(warned.warnings).toEqual(['299 - "unknown field \\"spec.http[0].wieght\\""'])
    expect(warned.body.spec.http[0]).not.toHaveProperty('wieght')
    const silent = await cluster.ask('PATCH', `${path}?fieldValidation=Ignore`, patch, jsonPatch)
    expect(silent.warnings).toEqual([])
  })

  test.each<[string, unknown]>([
    ['weight -1 < 0', [{ op: 'replace', path: weight, value: -1 }]],
    [
      'subset name is invalid: v1.2',
      [{ op: 'replace', path: '/spec/http/0/route/0/destination/subset', value: 'v1.2' }],
    ],
    [
      'total destination weight = 0',
      [
        { op: 'replace', path: weight, value: 0 },
        { op: 'replace', path: '/spec/http/0/route/1/weight', value: 0 },
      ],
    ],
  ])("Istio's webhook says no: %s", async (why, patch) => {
    const { path } = await made()
    for (const query of ['', '?dryRun=All']) {
      const { status, body } = await cluster.ask('PATCH', `${path}${query}`, patch, jsonPatch)
      expect(status).toBe(400)
      expect(body.reason).toBeUndefined()
      expect(body.message).toBe(
        `admission webhook "validation.istio.io" denied the request: configuration is invalid: ${why}`,
      )
    }
  })

  test("Istio's webhook refuses two subsets of one name", async () => {
    const { status, body } = await cluster.ask('POST', rules, {
      metadata: { name: 'twice' },
      spec: { host: 'my-api', subsets: [{ name: 'v1' }, { name: 'v1' }] },
    })
    expect([status, body.code]).toEqual([400, 400])
    expect(body.message).toContain('configuration is invalid: ')
  })

  test("Istio's webhook warns of a rule that nothing reaches", async () => {
    const object = virtualService('shadowed')
    object.spec.http = [...(object.spec.http as object[]), ...(object.spec.http as object[])]
    const { status, warnings } = await cluster.ask('POST', routes, object)
    expect(status).toBe(201)
    expect(warnings).toEqual([
      '299 - "virtualService rule #1 not used (route without matches defined before)"',
    ])
  })

  test.each<[string, unknown]>([
    ['weights 50 and 40', virtualService('lopsided', [50, 40])],
    [
      'a single destination with weight 10',
      {
        ...virtualService('single'),
        spec: { hosts: ['a'], http: [{ route: [{ destination: { host: 'a' }, weight: 10 }] }] },
      },
    ],
  ])('%s are accepted', async (_what, object) => {
    expect((await cluster.ask('POST', routes, object)).status).toBe(201)
  })

  test('annotations of more than 262,144 bytes', async () => {
    const { path } = await made()
    const noted = (size: number) =>
      cluster.ask('PATCH', path, { metadata: { annotations: { a: 'x'.repeat(size) } } }, mergePatch)
    const { status, body } = await noted(262_144)
    expect([status, body.reason]).toEqual([422, 'Invalid'])
    expect(body.message).toContain('metadata.annotations: Too long: may not be more than 262144 bytes')
    expect((await noted(262_143)).status).toBe(200)
  })

  test('a list with a limit goes on where it stopped', async () => {
    const names = ['page-a', 'page-b', 'page-c']
    for (const name of names) {
      const object = virtualService(name)
      object.metadata.labels = { paged: 'yes' }
      await cluster.ask('POST', routes, object)
    }
    const first = await cluster.ask('GET', `${routes}?labelSelector=paged%3Dyes&limit=2`)
    expect(first.body.kind).toBe('VirtualServiceList')
    expect(first.body.metadata.remainingItemCount).toBe(1)
    const rest = await cluster.ask(
      'GET',
      `${routes}?labelSelector=paged%3Dyes&limit=2&continue=${first.body.metadata.continue}`,
    )
    const listed = [...first.body.items, ...rest.body.items].map((item) => item.metadata.name)
    expect(listed).toEqual(names)
    expect(rest.body.metadata.continue).toBeUndefined()
  })

  test('a bad label selector', async () => {
    const { status, body } = await cluster.ask('GET', `${routes}?labelSelector=${encodeURIComponent('==x')}`)
    expect([status, body.reason, body.message]).toEqual([
      400,
      'BadRequest',
      "found '==', expected: !, identifier, or 'end of string'",
    ])
  })

  test.each<[string, (name: string) => boolean]>([
    ['tier=a', (name) => name === 'sel-1'],
    ['tier!=a', (name) => name !== 'sel-1'],
    ['tier in (a,b)', (name) => ['sel-1', 'sel-2'].includes(name)],
    ['tier notin (a)', (name) => name !== 'sel-1'],
    ['tier', (name) => name !== 'sel-3'],
    ['!tier', (name) => name === 'sel-3'],
    ['tier=a,set=sel', (name) => name === 'sel-1'],
  ])('the label selector %s', async (selector, wanted) => {
    const names = ['sel-1', 'sel-2', 'sel-3']
    const tiers: Record<string, string>[] = [{ tier: 'a' }, { tier: 'b' }, {}]
    for (const [index, name] of names.entries()) {
      const object = virtualService(name)
      object.metadata.labels = { set: 'sel', ...tiers[index] }
      await cluster.ask('POST', routes, object)
    }
    const query = encodeURIComponent(`${selector},set=sel`)
    const { body } = await cluster.ask('GET', `${routes}?labelSelector=${query}`)
    expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(
      names.filter(wanted),
    )
  })

  test('a field selector picks by name, and refuses other fields', async () => {
    const { name } = await made()
    const { body } = await cluster.ask('GET', `${routes}?fieldSelector=metadata.name%3D${name}`)
    expect(body.items).toHaveLength(1)
    expect((await cluster.ask('GET', `${routes}?fieldSelector=spec.hosts%3Da`)).status).toBe(400)
  })

  test('items of built-in lists carry no kind, those of custom resources do', async () => {
    const pods = await cluster.ask('GET', '/api/v1/namespaces')
    expect(pods.body.items[0]).not.toHaveProperty('kind')
    const all = await cluster.ask('GET', '/apis/networking.istio.io/v1beta1/virtualservices?limit=1')
    expect(all.body.items[0]).toMatchObject({
      kind: 'VirtualService',
      apiVersion: 'networking.istio.io/v1beta1',
    })
  })

  test.each(['2026-01-12T09:00:05Z', '2026-01-12T09:00:05.123Z'])(
    'a Lease with renewTime %s',
    async (renewTime) => {
      const lease = {
        metadata: { name: 'l' },
        spec: { holderIdentity: 'a', leaseDurationSeconds: 30, renewTime },
      }
      const { status, body } = await cluster.ask('POST', leases, lease)
      expect(status).toBe(422)
      expect(body.message).toContain(`parsing time "${renewTime}" as "2006-01-02T15:04:05.000000Z07:00"`)
    },
  )

  test('a Lease that lasts no time, and a good one', async () => {
    const spec = { holderIdentity: 'a', leaseDurationSeconds: 0, renewTime: '2026-01-12T09:00:05.123456Z' }
    const refused = await cluster.ask('POST', leases, { metadata: { name: 'l' }, spec })
    expect(refused.status).toBe(422)
    expect(refused.body.message).toContain('must be greater than 0')
    const good = { metadata: { name: 'l' }, spec: { ...spec, leaseDurationSeconds: 30 } }
    const { status, body } = await cluster.ask('POST', leases, good)
    expect([status, body.spec]).toEqual([201, good.spec])
  })

  test('DELETE with a precondition', async () => {
    const { path, object } = await made()
    const refused = await cluster.ask('DELETE', path, { preconditions: { resourceVersion: '1' } })
    expect([refused.status, refused.body.reason]).toEqual([409, 'Conflict'])
    expect(refused.body.message).toContain('the ResourceVersion in the precondition (1) does not match')
    const { resourceVersion } = object.metadata
    expect((await cluster.ask('DELETE', path, { preconditions: { resourceVersion } })).status).toBe(200)
    expect((await cluster.ask('GET', path)).status).toBe(404)
  })

  test('group discovery, and one object under every version', async () => {
    const { body } = await cluster.ask('GET', '/apis/networking.istio.io')
    expect(body.kind).toBe('APIGroup')
    expect(body.versions.map((item: { version: string }) => item.version)).toEqual([
      'v1',
      'v1beta1',
      'v1alpha3',
    ])
    expect(body.preferredVersion.version).toBe('v1')
    const { path, object } = await made()
    for (const version of ['v1', 'v1beta1', 'v1alpha3']) {
      const seen = await cluster.ask('GET', path.replace('/v1/', `/${version}/`))
      expect(seen.body).toEqual({ ...object, apiVersion: `networking.istio.io/${version}` })
    }
  })

  test('version, groups and resources', async () => {
    expect((await cluster.ask('GET', '/version')).body.gitVersion).toMatch(/^v1\.34/)
    const { body } = await cluster.ask('GET', '/apis')
    expect(body.groups.map((item: { name: string }) => item.name)).toContain('coordination.k8s.io')
    const core = await cluster.ask('GET', '/api/v1')
    expect(core.body.resources.map((item: { name: string }) => item.name)).toContain('services/proxy')
  })

  test('who wrote last is in managedFields', async () => {
    const { path } = await made()
    const { body } = await cluster.ask('PATCH', path, [{ op: 'replace', path: weight, value: 70 }], {
      ...jsonPatch,
      agent: 'argocd-controller/v3',
    })
    expect(body.metadata.managedFields.at(-1)).toMatchObject({
      manager: 'argocd-controller',
      operation: 'Update',
      time: '2026-01-12T09:00:00Z',
      fieldsV1: { 'f:spec': { 'f:http': {} } },
    })
  })

  test('a method that a path does not know', async () => {
    const { path } = await made()
    expect((await cluster.ask('POST', path, virtualService('a'))).status).toBe(405)
    expect((await cluster.ask('PUT', routes, virtualService('a'))).status).toBe(405)
  })

  test('strategic merge patch of a built-in kind merges containers by name', async () => {
    const deployments = '/apis/apps/v1/namespaces/other/deployments'
    const labels = { app: 'merge' }
    const containers = [
      { name: 'a', image: 'a:1' },
      { name: 'b', image: 'b:1' },
    ]
    const spec = {
      replicas: 0,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers } },
    }
    expect((await cluster.ask('POST', deployments, { metadata: { name: 'merge' }, spec })).status).toBe(201)
    const patch = { spec: { template: { spec: { containers: [{ name: 'b', image: 'b:2' }] } } } }
    const { body } = await cluster.ask('PATCH', `${deployments}/merge`, patch, {
      type: 'application/strategic-merge-patch+json',
    })
    expect(body.spec.template.spec.containers).toEqual([containers[0], { name: 'b', image: 'b:2' }])
  })
})

describe('failures on demand', () => {
  test('a status, a cut connection, and an effect without an answer', async () => {
    const { path } = await made()
    cluster.faults.fail((request) => request.path === path, { status: 503 })
    expect((await cluster.ask('GET', path)).status).toBe(503)
    cluster.faults.fail((request) => request.method === 'PATCH', { reset: true, done: true })
    const patch = [{ op: 'replace', path: weight, value: 1 }]
    await expect(cluster.ask('PATCH', path, patch, jsonPatch)).rejects.toThrow(
      /socket hang up|ECONNRESET|fetch failed/,
    )
    expect((await cluster.ask('GET', path)).body.spec.http[0].route[0].weight).toBe(1)
    expect(cluster.requests.find((entry) => entry.method === 'PATCH' && entry.path === path)).toMatchObject({
      server: 'kubernetes',
      user: 'admin',
      userAgent: 'tester/1.0',
      status: 0,
    })
  })
})

describe('a watch', () => {
  test('tells what is there and what happens, to those who may see it', async () => {
    const { path, name } = await made()
    const stop = new AbortController()
    const response = await fetch(`${cluster.url}${routes}?watch=1&fieldSelector=metadata.name%3D${name}`, {
      headers: { authorization: 'Bearer sandbox-admin-token' },
      signal: stop.signal,
    })
    const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
    let text = ''
    const events = async (count: number): Promise<unknown[]> => {
      while (text.split('\n').length <= count) text += (await reader?.read())?.value ?? ''
      return text
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
        .map(({ type, object }) => [type, object.spec.http[0].route[0].weight])
    }
    expect(await events(1)).toEqual([['ADDED', 90]])
    await cluster.ask('PATCH', path, [{ op: 'replace', path: weight, value: 7 }], jsonPatch)
    await made()
    await cluster.ask('DELETE', path)
    expect(await events(3)).toEqual([
      ['ADDED', 90],
      ['MODIFIED', 7],
      ['DELETED', 7],
    ])
    stop.abort()
  })
})
