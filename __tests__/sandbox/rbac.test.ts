import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { ciToken } from '../../src/sandbox/cluster/access.ts'
import { readRbac } from '../../src/sandbox/cluster/rbac.ts'
import { jsonPatch, leases, routes, type TestCluster, testCluster, virtualService } from './api-client.ts'

const manifest = `
apiVersion: v1
kind: List
items:
- apiVersion: rbac.authorization.k8s.io/v1
  kind: Role
  metadata: {name: release, namespace: shop}
  rules:
  - {apiGroups: [networking.istio.io], resources: [virtualservices], verbs: [get, list]}
  - {apiGroups: [networking.istio.io], resources: [virtualservices], resourceNames: [my-api], verbs: [patch]}
  - {apiGroups: [coordination.k8s.io], resources: [leases], verbs: ['*']}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: RoleBinding
  metadata: {name: release, namespace: shop}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: release}
  subjects: [{kind: User, name: ci}]
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRole
  metadata: {name: nodes}
  rules:
  - {apiGroups: [''], resources: [nodes], verbs: [list]}
  - {apiGroups: [''], resources: [services/proxy], resourceNames: ['prometheus:9090'], verbs: [get]}
- apiVersion: rbac.authorization.k8s.io/v1
  kind: ClusterRoleBinding
  metadata: {name: nodes}
  roleRef: {apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: nodes}
  subjects: [{kind: User, name: ci}]
`

let cluster: TestCluster

beforeAll(async () => {
  cluster = await testCluster(manifest)
  for (const name of ['my-api', 'other']) await cluster.ask('POST', routes, virtualService(name))
})
afterAll(() => cluster.close())

const as = { token: ciToken }
const patch = [{ op: 'replace', path: '/spec/http/0/route/0/weight', value: 1 }]

describe('who may do what', () => {
  test('nobody in particular', async () => {
    const { status, body } = await cluster.ask('GET', `${routes}/my-api`, undefined, { token: null })
    expect([status, body.reason]).toEqual([403, 'Forbidden'])
    expect(body.message).toBe(
      'virtualservices.networking.istio.io "my-api" is forbidden: User "system:anonymous" cannot get resource "virtualservices" in API group "networking.istio.io" in the namespace "shop"',
    )
    expect((await cluster.ask('GET', '/version', undefined, { token: null })).status).toBe(200)
    const path = await cluster.ask('GET', '/apis', undefined, { token: null })
    expect([path.status, path.body.message]).toEqual([
      403,
      'forbidden: User "system:anonymous" cannot get path "/apis"',
    ])
  })

  test('a token that nobody has', async () => {
    const { status, body } = await cluster.ask('GET', routes, undefined, { token: 'guess' })
    expect([status, body]).toEqual([
      401,
      {
        kind: 'Status',
        apiVersion: 'v1',
        metadata: {},
        status: 'Failure',
        message: 'Unauthorized',
        reason: 'Unauthorized',
        code: 401,
      },
    ])
  })

  test('a token that is taken back, and given again', async () => {
    cluster.access.revoke(ciToken)
    expect((await cluster.ask('GET', routes, undefined, as)).status).toBe(401)
    cluster.access.accept(ciToken)
    expect((await cluster.ask('GET', routes, undefined, as)).status).toBe(200)
  })

  test('the pipeline, without a right', async () => {
    const { status, body } = await cluster.ask('PATCH', `${routes}/other`, patch, { ...jsonPatch, ...as })
    expect(status).toBe(403)
    expect(body.message).toBe(
      'virtualservices.networking.istio.io "other" is forbidden: User "ci" cannot patch resource "virtualservices" in API group "networking.istio.io" in the namespace "shop"',
    )
    expect(body.details).toEqual({ name: 'other', group: 'networking.istio.io', kind: 'virtualservices' })
  })

  test.each<[string, string, unknown, number]>([
    ['GET', routes, undefined, 200],
    ['GET', '/apis/networking.istio.io/v1/virtualservices', undefined, 403],
    ['GET', '/apis/networking.istio.io/v1/namespaces/other/virtualservices', undefined, 403],
    ['PATCH', `${routes}/my-api`, patch, 200],
    ['PATCH', `${routes}/my-api?dryRun=All`, patch, 200],
    ['DELETE', `${routes}/my-api`, undefined, 403],
    ['POST', routes, virtualService('third'), 403],
    ['POST', leases, { metadata: { name: 'l' }, spec: { leaseDurationSeconds: 5 } }, 201],
    ['GET', '/api/v1/nodes', undefined, 200],
    ['GET', '/api/v1/nodes/node-1', undefined, 403],
    ['GET', '/apis/networking.istio.io', undefined, 200],
    // Rights are asked for before it is known whether a kind is served.
    ['GET', '/apis/flagger.app/v1beta1/namespaces/shop/canaries', undefined, 403],
    // Allowed, but there is no such Service.
    ['GET', '/api/v1/namespaces/shop/services/prometheus:9090/proxy/api/v1/query', undefined, 404],
    ['POST', '/api/v1/namespaces/shop/services/prometheus:9090/proxy/api/v1/query', {}, 403],
    ['GET', '/api/v1/namespaces/shop/services/prometheus:9091/proxy/api/v1/query', undefined, 403],
  ])('%s %s', async (method, path, body, expected) => {
    const type = method === 'PATCH' ? jsonPatch : {}
    expect((await cluster.ask(method, path, body, { ...type, ...as })).status).toBe(expected)
  })

  test.each<[object, boolean]>([
    [
      {
        verb: 'patch',
        group: 'networking.istio.io',
        resource: 'virtualservices',
        namespace: 'shop',
        name: 'my-api',
      },
      true,
    ],
    [{ verb: 'patch', group: 'networking.istio.io', resource: 'virtualservices', namespace: 'shop' }, false],
    [{ verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace: 'shop' }, true],
    [{ verb: 'update', group: 'coordination.k8s.io', resource: 'leases', namespace: 'other' }, false],
    [
      {
        verb: 'get',
        group: '',
        resource: 'services',
        subresource: 'proxy',
        namespace: 'istio-system',
        name: 'prometheus:9090',
      },
      true,
    ],
  ])('SelfSubjectAccessReview of %j', async (resourceAttributes, allowed) => {
    const reviews = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'
    const { status, body } = await cluster.ask('POST', reviews, { spec: { resourceAttributes } }, as)
    expect([status, body.kind, body.status]).toEqual([201, 'SelfSubjectAccessReview', { allowed }])
  })
})

describe('readRbac', () => {
  test('a service account is the user that its token stands for', () => {
    const yaml = manifest.replaceAll(
      '{kind: User, name: ci}',
      '{kind: ServiceAccount, name: bot, namespace: shop}',
    )
    const { subject, allows } = readRbac(yaml)
    expect(subject?.user).toBe('system:serviceaccount:shop:bot')
    const wanted = { verb: 'list', group: '', resource: 'nodes', subresource: '', namespace: '', name: '' }
    expect(allows(subject as NonNullable<typeof subject>, wanted)).toBe(true)
    expect(allows({ user: 'ci', groups: [] }, wanted)).toBe(false)
  })

  test('a binding to a role that is not there', () => {
    expect(() =>
      readRbac(manifest.replace('kind: ClusterRole, name: nodes', 'kind: ClusterRole, name: lost')),
    ).toThrow("names a role that the manifest doesn't hold")
  })
})
