import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals'
import type { Cluster } from '../../src/cluster/cluster.ts'
import type { FailureCode } from '../../src/release/failure.ts'
import type { KubeObject, Write } from '../../src/release/kubernetes.ts'
import { connectTo } from './helpers/access.ts'
import { failure } from './helpers/failure.ts'
import {
  absent,
  discovery,
  type Handler,
  notServed,
  type Reply,
  serve,
  status,
  type TestServer,
} from './helpers/server.ts'

const signal = new AbortController().signal
const ref = { kind: 'VirtualService', namespace: 'shop', name: 'my-api' } as const
const object: KubeObject = {
  apiVersion: 'networking.istio.io/v1',
  kind: 'VirtualService',
  metadata: { name: 'my-api', namespace: 'shop', resourceVersion: '7' },
  spec: { hosts: ['my-api'], 'x-unknown': { kept: [1, 2] } },
}
const create: Write = { action: 'create', ref, object, summary: '' }
const patch: Write = {
  action: 'patch',
  ref,
  patch: [{ op: 'replace', path: '/metadata/resourceVersion', value: '7' }],
  result: object,
  summary: '',
}

let server: TestServer
let cluster: Cluster
beforeAll(async () => {
  server = await serve(() => notServed)
})
afterAll(() => server.close())
beforeEach(async () => {
  server.seen.length = 0
  cluster = await connectTo(server.url)
})

/** istio answers discovery and leaves the rest to the handler. */
function istio(handler: Handler): void {
  server.answer((seen) =>
    seen.path === '/apis/networking.istio.io' ? discovery('v1', 'v1beta1') : handler(seen),
  )
}

function list(items: unknown[], metadata: Record<string, unknown> = {}, kind = 'VirtualServiceList'): Reply {
  return { status: 200, body: { kind, apiVersion: 'networking.istio.io/v1', metadata, items } }
}

const cannot = (verb: string, resource: string, where: string) =>
  status(
    403,
    'Forbidden',
    `${resource}.networking.istio.io is forbidden: User "ci" cannot ${verb} resource "${resource}" in API group "networking.istio.io" ${where}`,
    { group: 'networking.istio.io', kind: resource },
  )

describe('one object', () => {
  test('comes raw: unknown keys survive', async () => {
    istio(() => ({ status: 200, body: object }))
    expect(await cluster.object(ref, signal)).toEqual(object)
    expect(server.seen.at(-1)?.url).toBe(
      '/apis/networking.istio.io/v1/namespaces/shop/virtualservices/my-api',
    )
    expect(server.seen.at(-1)?.headers.authorization).toBe('Bearer sesame-1')
    expect(server.seen.at(-1)?.headers['user-agent']).toBe('shiftgate/test')
  })

  test('is null where it does not exist', async () => {
    istio((seen) => absent(seen, 'VirtualService', 'virtualservices.networking.istio.io "my-api" not found'))
    expect(await cluster.object(ref, signal)).toBeNull()
  })

  test('of a kind that is not served is another failure than a missing one', async () => {
    istio(() => notServed)
    expect((await failure(cluster.object(ref, signal))).code).toBe('kind-not-served')
  })

  test('discovery is asked once', async () => {
    istio(() => ({ status: 200, body: object }))
    await cluster.object(ref, signal)
    await cluster.object(ref, signal)
    expect(server.seen.filter(({ path }) => path === '/apis/networking.istio.io')).toHaveLength(1)
  })

  test.each([
    [['v1', 'v1beta1', 'v1alpha3'], 'v1'],
    [['v1alpha3', 'v1beta1'], 'v1beta1'],
    [['v1alpha3'], 'v1alpha3'],
  ])('of a cluster that serves %j is read as %s', async (served, used) => {
    server.answer(({ path }) =>
      path === '/apis/networking.istio.io' ? discovery(...served) : { status: 200, body: object },
    )
    await cluster.object(ref, signal)
    expect(server.seen.at(-1)?.path).toContain(`/apis/networking.istio.io/${used}/`)
  })

  test.each(['../secrets', 'a/b', 'UPPER', '', 'x?y=1', 'a%2fb'])(
    'with the name %j is never asked for',
    async (name) => {
      istio(() => ({ status: 200, body: object }))
      expect((await failure(cluster.object({ ...ref, name }, signal))).code).toBe('invalid-input')
      expect(server.seen.filter(({ path }) => path.includes('namespaces'))).toEqual([])
    },
  )
})

describe('writes', () => {
  test('a patch is a JSON Patch, its warnings are read', async () => {
    istio(() => ({
      status: 200,
      body: object,
      headers: {
        Warning: [
          '299 - "unknown field \\"spec.http[0].wieght\\""',
          '299 - "virtualService rule #1 not used", 299 - "another, with a comma"',
        ],
      },
    }))
    const result = await cluster.write(patch, { dryRun: false }, signal)
    expect(result).toEqual({
      object,
      warnings: [
        'unknown field "spec.http[0].wieght"',
        'virtualService rule #1 not used',
        'another, with a comma',
      ],
    })
    const seen = server.seen.at(-1)
    expect(seen?.method).toBe('PATCH')
    expect(seen?.headers['content-type']).toBe('application/json-patch+json')
    expect(JSON.parse(seen?.body ?? '')).toEqual(patch.patch)
    expect(seen?.query.get('dryRun')).toBeNull()
    expect(seen?.query.get('fieldValidation')).toBe('Warn')
  })

  test.each([
    ['create', () => cluster.write(create, { dryRun: true }, signal), 'POST'],
    ['patch', () => cluster.write(patch, { dryRun: true }, signal), 'PATCH'],
    ['replace', () => cluster.replace(object, { dryRun: true }, signal), 'PUT'],
  ])('a dry run of %s is strict', async (_name, act, method) => {
    istio(() => ({ status: 200, body: object }))
    await act()
    expect(server.seen.at(-1)?.method).toBe(method)
    expect(server.seen.at(-1)?.query.get('dryRun')).toBe('All')
    expect(server.seen.at(-1)?.query.get('fieldValidation')).toBe('Strict')
  })

  const huge = `patch: Invalid value: "${'x'.repeat(20_000)}": strict decoding error: unknown field "spec.http[0].wieght"`
  const rows: [string, Write, Reply, FailureCode, RegExp][] = [
    [
      'POST into a namespace that is not there',
      create,
      status(404, 'NotFound', 'namespaces "shop" not found', { name: 'shop', kind: 'namespaces' }),
      'not-found',
      /no namespace shop/,
    ],
    [
      'POST of an existing object',
      create,
      status(409, 'AlreadyExists', 'virtualservices.networking.istio.io "my-api" already exists'),
      'already-exists',
      /virtualservices.* exists already/,
    ],
    [
      'a failed test, or a missing path',
      patch,
      status(422, 'Invalid', 'the server rejected our request due to an error in our request'),
      'conflict',
      /read it again/,
    ],
    [
      'a stale resourceVersion',
      patch,
      status(
        409,
        'Conflict',
        'Operation cannot be fulfilled on virtualservices.networking.istio.io "my-api": the object has been modified; please apply your changes to the latest version and try again',
      ),
      'conflict',
      /changed by somebody else/,
    ],
    [
      'a wrong type',
      patch,
      status(422, 'Invalid', 'VirtualService.networking.istio.io "my-api" is invalid: …', {
        causes: [
          {
            reason: 'FieldValueTypeInvalid',
            message: 'Invalid value: "string": must be of type integer',
            field: 'spec.http[0].route[0].weight',
          },
        ],
      }),
      'rejected',
      /spec\.http\[0\]\.route\[0\]\.weight: Invalid value/,
    ],
    [
      'a strict dry run with an unknown field',
      patch,
      status(422, 'Invalid', huge),
      'rejected',
      /^.{1,160}: unknown field "spec\.http\[0\]\.wieght"$/,
    ],
    [
      'Istio’s webhook',
      create,
      {
        status: 400,
        body: {
          kind: 'Status',
          apiVersion: 'v1',
          status: 'Failure',
          message:
            'admission webhook "validation.istio.io" denied the request: configuration is invalid: weight -1 < 0',
          code: 400,
        },
      },
      'rejected',
      /weight -1 < 0/,
    ],
    [
      'a policy that answers 403',
      create,
      status(
        403,
        'Forbidden',
        'admission webhook "v.gatekeeper.sh" denied the request: [owner] missing label',
      ),
      'rejected',
      /missing label/,
    ],
    [
      'a broken patch',
      patch,
      status(400, 'BadRequest', 'error decoding patch: x'),
      'rejected',
      /error decoding/,
    ],
    [
      'an unsupported patch type',
      patch,
      status(
        415,
        'UnsupportedMediaType',
        'the body of the request was in an unknown format - accepted media types include: application/json-patch+json',
      ),
      'rejected',
      /accepted media types/,
    ],
    [
      'too many annotations',
      patch,
      status(422, 'Invalid', 'x', {
        causes: [{ field: 'metadata.annotations', message: 'Too long: may not be more than 262144 bytes' }],
      }),
      'rejected',
      /262144/,
    ],
    [
      'no right',
      patch,
      cannot('patch', 'virtualservices', 'in the namespace "shop"'),
      'forbidden',
      /user "ci" may not patch virtualservices\.networking\.istio\.io in namespace shop.*Role in shop.*verbs: \["patch"\]/,
    ],
    [
      'no credentials',
      patch,
      status(
        403,
        'Forbidden',
        'virtualservices.networking.istio.io is forbidden: User "system:anonymous" cannot patch resource',
      ),
      'unauthorized',
      /no credentials/,
    ],
    [
      'a webhook that is down',
      patch,
      status(500, 'InternalError', 'failed calling webhook "validation.istio.io"'),
      'server-error',
      /failed calling webhook/,
    ],
    [
      'no API server at all',
      patch,
      { status: 404, body: '<html>nginx</html>' },
      'bad-answer',
      /not a Kubernetes API server/,
    ],
    ['HTML with 200', patch, { status: 200, body: '<html>login</html>' }, 'bad-answer', /`server`/],
  ]
  test.each(rows)('%s', async (_name, write, reply, code, message) => {
    istio(() => reply)
    const error = await failure(cluster.write(write, { dryRun: false }, signal))
    expect([error.code, error.message]).toEqual([code, expect.stringMatching(message)])
    // Asked once: a write is never repeated on its own.
    expect(server.seen.filter(({ method }) => method !== 'GET')).toHaveLength(1)
  })

  test('a forbidden call names its parts for a program too', async () => {
    istio(() => cannot('create', 'virtualservices', 'in the namespace "shop"'))
    expect((await failure(cluster.write(create, { dryRun: false }, signal))).details).toMatchObject({
      verb: 'create',
      group: 'networking.istio.io',
      resource: 'virtualservices',
      namespace: 'shop',
    })
  })

  test('a patch whose answer was lost is not repeated', async () => {
    istio(({ method }) => (method === 'PATCH' ? 'cut' : { status: 200, body: object }))
    expect((await failure(cluster.write(patch, { dryRun: false }, signal))).code).toBe('unreachable')
    expect(server.seen.filter(({ method }) => method === 'PATCH')).toHaveLength(1)
  })

  test('replace sends the whole object and needs its resourceVersion', async () => {
    istio(() => ({ status: 200, body: object }))
    await cluster.replace(object, { dryRun: false }, signal)
    expect(JSON.parse(server.seen.at(-1)?.body ?? '')).toEqual(object)
    const { resourceVersion, ...metadata } = object.metadata
    const error = await failure(cluster.replace({ ...object, metadata }, { dryRun: false }, signal))
    expect([error.code, resourceVersion]).toEqual(['internal', '7'])
  })
})

describe('routing', () => {
  const listKind = (path: string) =>
    path.endsWith('destinationrules') ? 'DestinationRuleList' : 'VirtualServiceList'
  const named = (namespace: string, name: string) => ({ metadata: { name, namespace }, spec: {} })

  test('lists all namespaces, page by page, and restores what items of a list lack', async () => {
    istio(({ path, query }) => {
      if (path.endsWith('/destinationrules')) {
        return list([named('shop', 'dr')], {}, 'DestinationRuleList')
      }
      if (query.get('continue') === null)
        return list([named('a', 'one')], { continue: 'next=&1', remainingItemCount: 1 })
      return list([named('b', query.get('continue') === 'next=&1' ? 'two' : 'wrong')])
    })
    const snapshot = await cluster.routing('shop', signal)
    expect(snapshot).toEqual({
      apiVersion: 'networking.istio.io/v1',
      objects: [
        { ...named('a', 'one'), apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' },
        { ...named('b', 'two'), apiVersion: 'networking.istio.io/v1', kind: 'VirtualService' },
        { ...named('shop', 'dr'), apiVersion: 'networking.istio.io/v1', kind: 'DestinationRule' },
      ],
      unreadable: [],
    })
    const lists = server.seen.filter(({ path }) => !path.endsWith('.io'))
    expect(lists.length).toBeGreaterThanOrEqual(2)
    expect(new Set(lists.map(({ query }) => query.get('limit')))).toEqual(new Set(['500']))
  })

  test('a list whose snapshot expired between two pages is begun anew', async () => {
    let expired = false
    istio(({ path, query }) => {
      if (query.get('continue') === null) {
        const kind = listKind(path)
        return list([named('a', 'one')], expired ? {} : { continue: 'old' }, kind)
      }
      expired = true
      return status(410, 'Expired', 'The provided continue parameter is too old')
    })
    expect(
      (await cluster.routing('shop', signal)).objects.map(({ kind, metadata }) => [kind, metadata.name]),
    ).toEqual([
      ['VirtualService', 'one'],
      ['DestinationRule', 'one'],
    ])
  })

  test('where the list over all is forbidden, reads namespace by namespace and names the unreadable', async () => {
    istio(({ path }) => {
      if (path === '/api/v1/namespaces') {
        const items = ['shop', 'web', 'secret'].map((name) => ({ metadata: { name } }))
        return { status: 200, body: { kind: 'NamespaceList', apiVersion: 'v1', metadata: {}, items } }
      }
      const namespace = /namespaces\/([^/]+)\//.exec(path)?.[1]
      if (namespace === undefined) return cannot('list', 'virtualservices', 'at the cluster scope')
      if (namespace === 'secret') return cannot('list', 'virtualservices', 'in the namespace "secret"')
      return list([named(namespace, 'x')], {}, listKind(path))
    })
    const first = await cluster.routing('shop', signal)
    expect(first.objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace}`)).toEqual([
      'VirtualService shop',
      'DestinationRule shop',
      'VirtualService web',
      'DestinationRule web',
    ])
    expect(first.unreadable).toEqual(['secret'])
    server.seen.length = 0
    expect(await cluster.routing('shop', signal)).toEqual(first)
    // What was forbidden isn't asked for at every turn.
    expect(server.seen.some(({ path }) => path.includes('secret'))).toBe(false)
    expect(server.seen.some(({ path }) => path === '/apis/networking.istio.io/v1/virtualservices')).toBe(
      false,
    )
  })

  test('where namespaces can’t be listed either, reads the target’s and says that others are unknown', async () => {
    istio(({ path }) => {
      if (path.includes('/namespaces/shop/')) return list([named('shop', 'x')], {}, listKind(path))
      if (path === '/api/v1/namespaces') {
        return status(
          403,
          'Forbidden',
          'namespaces is forbidden: User "ci" cannot list resource "namespaces" in API group "" at the cluster scope',
        )
      }
      return cannot('list', 'virtualservices', 'at the cluster scope')
    })
    const snapshot = await cluster.routing('shop', signal)
    expect([snapshot.objects.map(({ kind }) => kind), snapshot.unreadable]).toEqual([
      ['VirtualService', 'DestinationRule'],
      ['*'],
    ])
  })

  test('a target that can’t be read is an error, not an empty answer', async () => {
    istio(({ path }) =>
      path === '/api/v1/namespaces'
        ? status(403, 'Forbidden', 'namespaces is forbidden: User "ci" cannot list resource "namespaces"')
        : cannot('list', 'virtualservices', 'x'),
    )
    expect((await failure(cluster.routing('shop', signal))).code).toBe('forbidden')
    // Nor the second time, when it is known to be forbidden.
    expect((await failure(cluster.routing('shop', signal))).code).toBe('forbidden')
  })

  test('a cluster without Istio', async () => {
    const groups = { kind: 'APIGroupList', groups: [{ name: 'apps' }] }
    server.answer(({ path }) => (path === '/apis' ? { status: 200, body: groups } : notServed))
    const error = await failure(cluster.routing('shop', signal))
    expect([error.code, error.message]).toEqual(['kind-not-served', expect.stringMatching(/install Istio/)])
    // What knows no groups at all is no API server, and says nothing about Istio.
    server.answer(() => notServed)
    expect((await failure(cluster.routing('shop', signal))).code).toBe('bad-answer')
    // Nor does one 404 for the group, where the list of all of them names it.
    const [istio] = [discovery('v1').body]
    server.answer(({ path }) =>
      path === '/apis'
        ? { status: 200, body: { groups: [istio] } }
        : path.endsWith('.io')
          ? notServed
          : list([]),
    )
    expect((await cluster.routing('shop', signal)).apiVersion).toBe('networking.istio.io/v1')
  })
})
