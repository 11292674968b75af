import { apiVersionOf, type Kind, kinds } from '../cluster/kinds.ts'

const verbs = ['create', 'delete', 'get', 'list', 'patch', 'update', 'watch']

/** discovery answers /api, /apis and what is under them, up to a group's version; null for other paths. */
export function discovery(path: string): Record<string, unknown> | null {
  const parts = path.replace(/\/$/, '').split('/').slice(1)
  if (path === '/version') return version
  if (parts[0] === 'api')
    return parts.length === 1 ? coreVersions : parts.length === 2 ? list('', parts[1]) : null
  if (parts[0] !== 'apis') return null
  if (parts.length === 1) return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups().map(group) }
  if (parts.length === 2) {
    const name = parts[1] as string
    return groups().includes(name) ? { kind: 'APIGroup', apiVersion: 'v1', ...group(name) } : null
  }
  return parts.length === 3 ? list(parts[1] as string, parts[2]) : null
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

function groups(): string[] {
  return [...new Set(kinds.map((kind) => kind.group)), authorization].filter((name) => name !== '')
}

/** versionsOf gives a group's versions, the newest first: the longest list that one of its kinds has. */
function versionsOf(name: string): readonly string[] {
  if (name === authorization) return ['v1']
  const lists = kinds.filter((kind) => kind.group === name).map((kind) => kind.versions)
  return lists.reduce((longest, versions) => (versions.length > longest.length ? versions : longest))
}

function group(name: string): Record<string, unknown> {
  const versions = versionsOf(name).map((item) => ({ groupVersion: `${name}/${item}`, version: item }))
  return { name, versions, preferredVersion: versions[0] }
}

function list(groupName: string, versionName: string | undefined): Record<string, unknown> | null {
  if (versionName === undefined || versionName === '') return null
  const groupVersion = groupName === '' ? versionName : `${groupName}/${versionName}`
  if (groupName === authorization && versionName === 'v1') return reviews(groupVersion)
  const served = kinds.filter((kind) => kind.group === groupName && kind.versions.includes(versionName))
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
  const proxy = { ...status, name: 'services/proxy', kind: 'ServiceProxyOptions', verbs: ['create', 'get'] }
  return [
    main,
    ...(kind.status ? [status] : []),
    ...(apiVersionOf(kind, versionName) === 'v1' && kind.kind === 'Service' ? [proxy] : []),
  ]
}
