import type { Attributes, Authorizer, UserIdentity } from './rbac.ts'

/** Tokens of the sandbox's two users: the administrator, and the pipeline that releases. */
export const adminToken = 'sandbox-admin-token'
export const ciToken = 'sandbox-ci-token'

/** Access tells who sends a request and what they may do. */
export interface Access {
  /** identify gives who an Authorization header stands for; null for an unknown token. */
  identify(authorization: string | undefined): UserIdentity | null
  allows(identity: UserIdentity, attributes: Attributes): boolean
  /** allowsPath is about paths that name no resource, such as /apis. */
  allowsPath(identity: UserIdentity, path: string): boolean
  /** revoke makes a token unknown from now on. */
  revoke(token: string): void
  /** accept makes a token known, again or as a new one of the pipeline. */
  accept(token: string): void
}

const anonymous: UserIdentity = { user: 'system:anonymous', groups: ['system:unauthenticated'] }
const admin: UserIdentity = { user: 'admin', groups: ['system:masters', 'system:authenticated'] }
const openPaths = ['/version', '/healthz', '/livez', '/readyz']
const discoveryPaths = ['/api', '/apis', '/openapi']

/** createAccess gives the users their rights; without an authorizer the pipeline may do everything. */
export function createAccess(authorizer: Authorizer | null): Access {
  const pipeline = authorizer?.subject ?? { user: 'ci', groups: ['system:authenticated'] }
  const users = new Map<string, UserIdentity>([
    [adminToken, admin],
    [ciToken, pipeline],
  ])
  const revoked = new Set<string>()
  const under = (path: string, roots: string[]): boolean =>
    roots.some((root) => path === root || path.startsWith(`${root}/`))
  return {
    identify(authorization) {
      if (authorization === undefined) return anonymous
      const token = /^Bearer (.+)$/i.exec(authorization)?.[1]
      return token === undefined || revoked.has(token) ? null : (users.get(token) ?? null)
    },
    allows(identity, attributes) {
      if (identity === anonymous) return false
      if (identity === admin || authorizer === null) return true
      if (attributes.group === 'authorization.k8s.io' && attributes.resource.startsWith('selfsubject')) {
        return attributes.verb === 'create'
      }
      return authorizer.allows(identity, attributes)
    },
    allowsPath(identity, path) {
      if (under(path, openPaths)) return true
      return identity !== anonymous && (identity === admin || under(path, discoveryPaths))
    },
    revoke: (token) => revoked.add(token),
    accept(token) {
      revoked.delete(token)
      if (!users.has(token)) users.set(token, pipeline)
    },
  }
}
