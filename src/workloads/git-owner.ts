import type { KubeObject } from '../release/kubernetes.ts'

/** Prefixes of labels and annotations by which GitOps tools know what is theirs. */
const marks: readonly [RegExp, string][] = [
  [/^argocd\.argoproj\.io\/(?:tracking-id|instance)$/, 'Argo CD'],
  [/^(?:kustomize|helm)\.toolkit\.fluxcd\.io\/name$/, 'Flux'],
]

/** Field managers of those tools, as they write. */
const managers: Readonly<Record<string, string>> = {
  'argocd-controller': 'Argo CD',
  'argocd-application-controller': 'Argo CD',
  'kustomize-controller': 'Flux',
  'helm-controller': 'Flux',
}

/** isGitManager tells whether a field manager is one of those tools. */
export function isGitManager(manager: string): boolean {
  return Object.hasOwn(managers, manager)
}

/** gitOwner names the tool that keeps an object as Git has it; null where nothing shows one. */
export function gitOwner({ metadata }: KubeObject): string | null {
  const keys = [...Object.keys(metadata.labels ?? {}), ...Object.keys(metadata.annotations ?? {})]
  const marked = marks.find(([pattern]) => keys.some((key) => pattern.test(key)))
  if (marked !== undefined) return marked[1]
  const written = (metadata.managedFields ?? []).find(
    ({ manager, subresource }) => subresource !== 'status' && managers[manager ?? ''] !== undefined,
  )
  return written === undefined ? null : (managers[written.manager ?? ''] ?? null)
}
