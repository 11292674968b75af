/** Target is what a release moves: one Service's routes in one cluster. */
interface Target {
  /** Kubeconfig context (or server host) that names the cluster in reports. */
  cluster: string
  namespace: string
  service: string
  /** `cluster.local` unless the cluster was set up with another domain. */
  clusterDomain: string
}

/** hostOf gives the target's fully qualified host, as Istio resolves it. */
export function hostOf(target: Target): string {
  return `${target.service}.${target.namespace}.svc.${target.clusterDomain}`
}

/** stateKey names the annotation that holds the release of a target (several targets can share a routing object). */
export function stateKey(target: Pick<Target, 'service' | 'namespace'>): string {
  return `${target.service}.${target.namespace}.shiftgate.io/release`
}

/** partKey names the annotation of a routing object that belongs to a release but doesn't hold its state. */
export function partKey(target: Pick<Target, 'service' | 'namespace'>): string {
  return `${target.service}.${target.namespace}.shiftgate.io/part`
}

/** commandKey names the annotation by which other workflows tell a running release what to do. */
export function commandKey(target: Pick<Target, 'service' | 'namespace'>): string {
  return `${target.service}.${target.namespace}.shiftgate.io/command`
}

/** leaseName names the Lease that guards a target's writer. */
export function leaseName(target: Pick<Target, 'service'>): string {
  return `shiftgate-${target.service}`
}
