import type { Finding } from '../release/record/record.ts'
import { commandLine } from '../release/text/command-line.ts'
import type { Check, PreflightInput } from './check.ts'

/** ServiceFacts are what can be asked of a Service before it is known which versions there are. */
type ServiceFacts = Pick<PreflightInput, 'namespace' | 'service' | 'workloads'>

/**
 * unsuitableService tells why no release is possible through this Service; null where one is. Without a fitting Service
 * nothing else can be found out: no version stands behind it.
 */
export function unsuitableService({
  workloads,
  namespace,
  service: name,
}: ServiceFacts): Omit<Finding, 'id'> | null {
  const found = workloads.service
  if (!found) {
    return {
      level: 'error',
      text: `There is no Service ${namespace}/${name}.`,
      remedy: `Create it, or check namespace and service: kubectl -n ${namespace} get services`,
    }
  }
  if (found.type === 'ExternalName') {
    return {
      level: 'error',
      text: `The Service ${namespace}/${name} is an ExternalName: it has no pods to divide traffic between.`,
      remedy: null,
    }
  }
  if (Object.keys(found.selector).length === 0) {
    return {
      level: 'error',
      text: `The Service ${namespace}/${name} selects no pods: there is nothing to divide traffic between.`,
      remedy: 'Give it a selector that the pods of every version match.',
    }
  }
  const pinned = found.selector.version
  if (pinned === undefined) return null
  return {
    level: 'error',
    text: `The Service ${namespace}/${name} selects version=${pinned} only, so no other version gets anything through it.`,
    remedy: `Remove "version" from its selector: kubectl -n ${namespace} patch service ${name} --type json -p '[{"op":"remove","path":"/spec/selector/version"}]' (pin the routes first: ${commandLine('pin', { namespace, service: name })}).`,
  }
}

/** service asks whether the Service can have two versions behind it. */
export const service: Check = {
  id: 'service',
  question: 'Does the Service select both versions?',
  find(facts) {
    const unfit = unsuitableService(facts)
    if (unfit) return [unfit]
    return facts.workloads.service?.clusterIP === 'None'
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
