import type { Check } from './check.ts'

/** service asks whether the Service can have two versions behind it. */
export const service: Check = {
  id: 'service',
  question: 'Does the Service select both versions?',
  find({ workloads, namespace, service: name, stable, canary }) {
    const found = workloads.service
    if (!found) {
      return [
        {
          level: 'error',
          text: `There is no Service ${namespace}/${name}.`,
          remedy: `Create it, or check namespace and service: kubectl get services -n ${namespace}`,
        },
      ]
    }
    if (found.type === 'ExternalName') {
      return [
        {
          level: 'error',
          text: 'The Service is an ExternalName: it has no pods to divide traffic between.',
          remedy: null,
        },
      ]
    }
    const pinned = found.selector.version
    if (pinned !== undefined) {
      return [
        {
          level: 'error',
          text: `The Service selects version=${pinned} only, so ${pinned === canary.version ? (stable?.version ?? 'another version') : canary.version} gets nothing through it.`,
          remedy: `Remove "version" from its selector: kubectl -n ${namespace} patch service ${name} --type json -p '[{"op":"remove","path":"/spec/selector/version"}]' (pin the routes first: shiftgate pin).`,
        },
      ]
    }
    return found.clusterIP === 'None'
      ? [
          {
            level: 'warning',
            text: 'The Service is headless: callers that dial pods themselves pass the routes by.',
            remedy: null,
          },
        ]
      : []
  },
}
