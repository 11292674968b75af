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

function violationsOf(level: string, pod: SecuredPod): string[] {
  const all = [...(pod.containers ?? []), ...(pod.initContainers ?? [])].filter(
    ({ name }) => !injected.has(name),
  )
  const unless = (holds: (context: SecurityContext) => boolean) =>
    all.filter(({ securityContext = {} }) => !holds(securityContext)).map(({ name }) => `"${name}"`)
  const found: string[] = []
  const say = (names: string[], rule: string, must: string): void => {
    if (names.length === 0) return
    found.push(
      `${rule} (${must.replace('%', `container${names.length === 1 ? '' : 's'} ${names.join(', ')}`)})`,
    )
  }
  const hosts = (['hostNetwork', 'hostPID'] as const).filter((key) => pod[key] === true)
  if (hosts.length > 0) found.push(`host namespaces (${hosts.map((key) => `${key}=true`).join(', ')})`)
  say(
    unless(({ privileged }) => privileged !== true),
    'privileged',
    '% must not set securityContext.privileged=true',
  )
  if (level === 'baseline') return found
  const whole = pod.securityContext ?? {}
  say(
    unless(({ allowPrivilegeEscalation }) => allowPrivilegeEscalation === false),
    'allowPrivilegeEscalation != false',
    '% must set securityContext.allowPrivilegeEscalation=false',
  )
  say(
    unless(({ capabilities }) => capabilities?.drop?.includes('ALL') === true),
    'unrestricted capabilities',
    '% must set securityContext.capabilities.drop=["ALL"]',
  )
  say(
    unless(({ runAsNonRoot }) => (runAsNonRoot ?? whole.runAsNonRoot) === true),
    'runAsNonRoot != true',
    'pod or % must set securityContext.runAsNonRoot=true',
  )
  say(
    unless(({ seccompProfile }) =>
      ['RuntimeDefault', 'Localhost'].includes((seccompProfile ?? whole.seccompProfile)?.type ?? ''),
    ),
    'seccompProfile',
    'pod or % must set securityContext.seccompProfile.type to "RuntimeDefault" or "Localhost"',
  )
  return found
}
