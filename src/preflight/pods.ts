import type { Pod } from '../release/kubernetes.ts'
import { commandLine, shellWord } from '../release/text/command-line.ts'
import type { Check, CheckFinding } from './check.ts'

/** pods asks whether the pods of both versions are what routes and counts need. */
export const pods: Check = {
  id: 'pods',
  question: 'Are the pods in the mesh, and is stable well?',
  find({ namespace, service, workloads, stable, canary, unpinned }) {
    const of = (version: string) => workloads.pods.filter((pod) => pod.version === version && !pod.deleting)
    const findings: CheckFinding[] = []
    for (const side of stable ? [stable, canary] : [canary]) {
      const bare = of(side.version).filter((pod) => !pod.injected)
      if (bare.length > 0) findings.push(withoutProxy(side.version, bare))
    }
    if (stable && !of(stable.version).some((pod) => pod.ready)) {
      findings.push({
        level: 'error',
        text: `Stable ${stable.version} has no ready pod: there would be nothing to return to.`,
        remedy: `Look at its pods: kubectl -n ${namespace} get pods -l ${shellWord(`version=${stable.version}`)}`,
      })
    }
    if (unpinned && stable && of(canary.version).some((pod) => pod.ready)) {
      findings.push({
        level: 'warning',
        text: `Canary pods are ready and the routes don't name a version: they already get traffic. The routes are pinned to ${stable.version} first.`,
        remedy: `Run "${commandLine('pin', { namespace, service })} --stable-version ${shellWord(stable.version)}" in a step before the deploy.`,
      })
    }
    const accounts = workloads.workloads.filter((workload) => workload.version !== null)
    const [a, b] = [stable?.workload, canary.workload].map(
      (name) => accounts.find((workload) => workload.name === name)?.serviceAccount,
    )
    if (stable && a !== b) {
      findings.push({
        level: 'warning',
        text: `The canary runs as service account ${b ?? 'default'}, stable as ${a ?? 'default'}: policies of what they call may not know it.`,
        remedy: 'Check the AuthorizationPolicies of its upstreams.',
      })
    }
    return findings
  },
}

function withoutProxy(version: string, bare: Pod[]): CheckFinding {
  return {
    level: 'warning',
    text: `IST0103: ${bare.length} pod${bare.length === 1 ? '' : 's'} of ${version} (${bare[0]?.name} …) have no Istio proxy: they count nothing themselves, and what they send ignores routes.`,
    remedy: 'Label the namespace for injection and restart them.',
  }
}
