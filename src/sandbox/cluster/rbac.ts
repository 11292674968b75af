import { parseAllDocuments } from 'yaml'
import { Failure } from '../../release/failure.ts'

/** UserIdentity is who a token stands for. */
export interface UserIdentity {
  user: string
  groups: readonly string[]
}

/** Attributes are what a request wants to do, as the API's authorization sees it. */
export interface Attributes {
  verb: string
  group: string
  resource: string
  /** '' where there is none. */
  subresource: string
  /** '' for the cluster scope. */
  namespace: string
  /** '' where the request names no object. */
  name: string
}

/** Authorizer tells what an identity may do, and who the manifest is about. */
export interface Authorizer {
  allows(identity: UserIdentity, attributes: Attributes): boolean
  /** The first subject that a binding names; null where none does. */
  subject: UserIdentity | null
}

interface Rule {
  apiGroups?: string[]
  resources?: string[]
  resourceNames?: string[]
  verbs?: string[]
}

interface Manifest {
  kind?: string
  metadata?: { name?: string; namespace?: string }
  rules?: Rule[]
  roleRef?: { kind?: string; name?: string }
  subjects?: { kind?: string; name?: string; namespace?: string }[]
  items?: Manifest[]
}

type Subject = NonNullable<Manifest['subjects']>[number]

/**
 * readRbac makes an authorizer out of Roles, ClusterRoles and their bindings (YAML documents or a List).
 * Other kinds are passed over. Throws Failure `invalid-input` where a binding names a role that the manifest doesn't hold.
 */
export function readRbac(yaml: string): Authorizer {
  const all = parseAllDocuments(yaml).flatMap((document) => {
    const value = document.toJS() as Manifest | null
    return value === null ? [] : (value.items ?? [value])
  })
  const roles = all.filter(({ kind }) => kind === 'Role' || kind === 'ClusterRole')
  const bindings = all.filter(({ kind }) => kind === 'RoleBinding' || kind === 'ClusterRoleBinding')
  const grants = bindings.map((binding) => ({
    /** null: in every namespace and at the cluster scope. */
    namespace: binding.kind === 'RoleBinding' ? (binding.metadata?.namespace ?? 'default') : null,
    subjects: (binding.subjects ?? []).map((subject) => ({ ...subject })),
    rules: roleOf(binding, roles).rules ?? [],
  }))
  const first = grants.flatMap((grant) => grant.subjects)[0]
  return {
    subject: first === undefined ? null : identityOf(first),
    allows: (identity, attributes) =>
      grants.some(
        (grant) =>
          (grant.namespace === null || grant.namespace === attributes.namespace) &&
          grant.subjects.some((subject) => isAbout(subject, identity)) &&
          grant.rules.some((rule) => covers(rule, attributes)),
      ),
  }
}

function roleOf(binding: Manifest, roles: Manifest[]): Manifest {
  const found = roles.find(
    (role) =>
      role.kind === binding.roleRef?.kind &&
      role.metadata?.name === binding.roleRef?.name &&
      (role.kind === 'ClusterRole' || role.metadata?.namespace === binding.metadata?.namespace),
  )
  if (found === undefined) {
    throw new Failure(
      'invalid-input',
      `${binding.kind} ${binding.metadata?.name} names a role that the manifest doesn't hold.`,
    )
  }
  return found
}

function identityOf(subject: Subject): UserIdentity {
  if (subject.kind === 'ServiceAccount') {
    return {
      user: `system:serviceaccount:${subject.namespace}:${subject.name}`,
      groups: [
        'system:serviceaccounts',
        `system:serviceaccounts:${subject.namespace}`,
        'system:authenticated',
      ],
    }
  }
  if (subject.kind === 'Group') return { user: 'ci', groups: [subject.name ?? '', 'system:authenticated'] }
  return { user: subject.name ?? 'ci', groups: ['system:authenticated'] }
}

function isAbout(subject: Subject, identity: UserIdentity): boolean {
  if (subject.kind === 'Group') return identity.groups.includes(subject.name ?? '')
  return identityOf(subject).user === identity.user
}

function covers(rule: Rule, wanted: Attributes): boolean {
  const resource = wanted.subresource === '' ? wanted.resource : `${wanted.resource}/${wanted.subresource}`
  const names = rule.resourceNames ?? []
  return (
    includes(rule.verbs, wanted.verb) &&
    includes(rule.apiGroups, wanted.group) &&
    (includes(rule.resources, resource) ||
      (wanted.subresource !== '' && (rule.resources ?? []).includes(`*/${wanted.subresource}`))) &&
    (names.length === 0 || (wanted.name !== '' && names.includes(wanted.name)))
  )
}

function includes(list: string[] | undefined, item: string): boolean {
  return list !== undefined && (list.includes(item) || list.includes('*'))
}
