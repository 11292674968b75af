import { apiVersionOf, isServed, type Kind, kinds } from '../cluster/kinds.ts'
import type { StoreReader } from '../cluster/store.ts'

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']

/** discovery answers /api, /apis and what is under them, up to a group's version; null for other paths. */
export function discovery(store: StoreReader, path: string): Record<string, unknown> | null {
  const served = kinds.filter((kind) => isServed(store, kind))
  const groups = groupsOf(served)
  const parts = path.replace(/\/$/, '').split('/').slice(1)
  if (path === '/version') return version
  if (parts[0] === 'api')
    return parts.length === 1 ? coreVersions : parts.length === 2 ? list(served, '', parts[1]) : null
  if (parts[0] !== 'apis') return null
  if (parts.length === 1)
    return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map((name) => group(served, name)) }
  if (parts.length === 2) {
    const name = parts[1] as string
    return groups.includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...group(served, name) } : null
  }
  return parts.length === 3 ? list(served, parts[1] as string, parts[2]) : null
}

const version = {
  major: '1',
  minor: '34',
  gitVersion: 'v1.34.0',
  gitCommit: 'f28b4c9efbca5c5c0af716d9f2d5702667ee8a45',
  gitTreeState: 'clean',
  buildDate: '2025-08-27T10:09:04Z',
  goVersion: 'go1.24.5',
  compiler: 'gc',
  platform: 'linux/amd64',
}

const coreVersions = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: '127.0.0.1' }],
}

const authorization = 'authorization.k8s.io'

function groupsOf(served: readonly Kind[]): string[] {
  return [...new Set(served.map((kind) => kind.group)), authorization].filter((name) => name !== '')
}

/** versionsOf gives a group's versions, the newest first: the longest list that one of its kinds has. */
function versionsOf(served: readonly Kind[], name: string): readonly string[] {
  if (name === authorization) return ['v1']
  const lists = served.filter((kind) => kind.group === name).map((kind) => kind.versions)
  return lists.reduce((longest, versions) => (versions.length > longest.length ? versions : longest))
}

function group(served: readonly Kind[], name: string): Record<string, unknown> {
  const versions = versionsOf(served, name).map((item) => ({
    groupVersion: `${name}/${item}`,
    version: item,
  }))
  return { name, versions, preferredVersion: versions[0] }
}

function list(
  all: readonly Kind[],
  groupName: string,
  versionName: string | undefined,
): Record<string, unknown> | null {
  if (versionName === undefined || versionName === '') return null
  const groupVersion = groupName === '' ? versionName : `${groupName}/${versionName}`
  if (groupName === authorization && versionName === 'v1') return reviews(groupVersion)
  const served = all.filter((kind) => kind.group === groupName && kind.versions.includes(versionName))
  if (served.length === 0) return null
  const resources = served.flatMap((kind) => resource(kind, versionName))
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources }
}

function reviews(groupVersion: string): Record<string, unknown> {
  const review = {
    name: 'selfsubjectaccessreviews',
    singularName: 'selfsubjectaccessreview',
    namespaced: false,
    kind: 'SelfSubjectAccessReview',
    verbs: ['create'],
  }
  return { kind: 'APIResourceList', apiVersion: 'v1', groupVersion, resources: [review] }
}

function resource(kind: Kind, versionName: string): Record<string, unknown>[] {
  const main = {
    name: kind.plural,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs,
    ...(kind.shortNames.length === 0 ? {} : { shortNames: kind.shortNames }),
  }
  const status = {
    name: `${kind.plural}/status`,
    singularName: '',
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: ['get', 'patch', 'update'],
  }
  const scale = {
    ...status,
    name: `${kind.plural}/scale`,
    group: 'autoscaling',
    version: 'v1',
    kind: 'Scale',
  }
  const proxy = { ...status, name: 'services/proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'get'] }
  return [
    main,
    ...(kind.scale ? [scale] : []),
    ...(kind.status ? [status] : []),
    ...(apiVersionOf(kind, versionName) === 'v1' && kind.kind === 'Service' ? [proxy] : []),
  ]
}
