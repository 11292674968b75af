import type { KubeObject } from '../../release/kubernetes.ts'
import { gitOwner } from '../git-owner.ts'

/** What GitOps tools and package managers would take for theirs, and prune or change. */
const foreign =
  /^(?:argocd\.argoproj\.io\/|[a-z-]+\.toolkit\.fluxcd\.io\/|meta\.helm\.sh\/|kubectl\.kubernetes\.io\/last-applied-configuration$|deployment\.kubernetes\.io\/)/
const managedBy = /^(?:.*\/)?managed-by$/

/** copiedLabels gives an object's labels without those that make it somebody's. */
export function copiedLabels(object: KubeObject): Record<string, string> {
  // Argo CD 2 takes what carries this label for a part of its application, and prunes what Git doesn't have.
  const tracked = gitOwner(object) === 'Argo CD'
  return Object.fromEntries(
    Object.entries(object.metadata.labels ?? {}).filter(
      ([key]) =>
        !foreign.test(key) && !managedBy.test(key) && !(tracked && key === 'app.kubernetes.io/instance'),
    ),
  )
}

/** copiedAnnotations gives an object's annotations without those that make it somebody's. */
export function copiedAnnotations(object: KubeObject): Record<string, string> {
  return Object.fromEntries(
    Object.entries(object.metadata.annotations ?? {}).filter(([key]) => !foreign.test(key)),
  )
}
