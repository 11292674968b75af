import type { KubeObject } from '../../../release/kubernetes.ts'
import type { StoreReader } from '../../cluster/store.ts'
import { refusedByAdmission } from '../answers.ts'

interface SecurityContext {
  privileged?: boolean
  allowPrivilegeEscalation?: boolean
  runAsNonRoot?: boolean
  capabilities?: { add?: string[]; drop?: string[] }
  seccompProfile?: { type?: string }
}

interface SecuredPod {
  hostNetwork?: boolean
  hostPID?: boolean
  securityContext?: SecurityContext
  containers?: SecuredContainer[]
  initContainers?: SecuredContainer[]
}
interface SecuredContainer {
  name: string
  securityContext?: SecurityContext
}

/** A proxy's containers are judged by what a mesh with its CNI plugin injects: nothing privileged. */
const injected = new Set(['istio-proxy', 'istio-init', 'istio-validation'])

const label = 'pod-security.kubernetes.io'

/** admitSecurely refuses a pod that its namespace's Pod Security level forbids, in the API server's words. Throws a 403. */
export function admitSecurely(store: StoreReader, pod: KubeObject): void {
  const level = levelOf(store, pod)
  if (level === null) return
  const violations = violationsOf(level.name, (pod.spec ?? {}) as SecuredPod)
  if (violations.length === 0) return
  throw refusedByAdmission(
    pod,
    `violates PodSecurity "${level.name}:${level.version}": ${violations.join(', ')}`,
  )
}

function levelOf(store: StoreReader, { metadata }: KubeObject): { name: string; version: string } | null {
  const labels = store.get('Namespace', '', metadata.namespace ?? '')?.metadata.labels ?? {}
  const name = labels[`${label}/enforce`]
  if (name !== 'baseline' && name !== 'restricted') return null
  return { name, version: labels[`${label}/enforce-version`] ?? 'latest' }
}

/** PodRule is one rule of a level; `must` says with `%` for the containers what they lack. */
interface PodRule {
  rule: string
  must: string
  holds(context: SecurityContext, pod: SecurityContext): boolean
}

const baseline: PodRule = {
  rule: 'privileged',
  must: '% must not set securityContext.privileged=true',
  holds: ({ privileged }) => privileged !== true,
}

const restricted: readonly PodRule[] = [
  {
    rule: 'allowPrivilegeEscalation != false',
    must: '% must set securityContext.allowPrivilegeEscalation=false',
    holds: ({ allowPrivilegeEscalation }) => allowPrivilegeEscalation === false,
  },
  {
    rule: 'unrestricted capabilities',
    must: '% must set securityContext.capabilities.drop=["ALL"]',
    holds: ({ capabilities }) => capabilities?.drop?.includes('ALL') === true,
  },
  {
    rule: 'runAsNonRoot != true',
    must: 'pod or % must set securityContext.runAsNonRoot=true',
    holds: ({ runAsNonRoot }, pod) => (runAsNonRoot ?? pod.runAsNonRoot) === true,
  },
  {
    rule: 'seccompProfile',
    must: 'pod or % must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
    holds: ({ seccompProfile }, pod) =>
      ['RuntimeDefault', 'Localhost'].includes((seccompProfile ?? pod.seccompProfile)?.type ?? ''),
  },
]

function violationsOf(level: string, pod: SecuredPod): string[] {
  const hosts = (['hostNetwork', 'hostPID'] as const).filter((key) => pod[key] === true)
  const rules = level === 'baseline' ? [baseline] : [baseline, ...restricted]
  return [
    ...(hosts.length > 0 ? [`host namespaces (${hosts.map((key) => `${key}=true`).join(', ')})`] : []),
    ...rules.flatMap((rule) => violationOf(rule, pod)),
  ]
}

function violationOf({ rule, must, holds }: PodRule, pod: SecuredPod): string[] {
  const names = [...(pod.containers ?? []), ...(pod.initContainers ?? [])]
    .filter(({ name }) => !injected.has(name))
    .filter(({ securityContext = {} }) => !holds(securityContext, pod.securityContext ?? {}))
    .map(({ name }) => `"${name}"`)
  if (names.length === 0) return []
  const containers = `container${names.length === 1 ? '' : 's'} ${names.join(', ')}`
  return [`${rule} (${must.replace('%', containers)})`]
}
