import { type KubeObject, type ObjectRef, refText } from '../release/kubernetes.ts'
import { ownerProblem, findOwners as ownersOf } from '../routing/istio/routing.ts'
import type { Check, PreflightInput } from './check.ts'

type Found = ReturnType<Check['find']>[number]

const levels = { refuse: 'error', 'ignore-rule': 'warning', 'next-deploy': 'info' } as const

/** owners asks who else writes the objects of the release: another controller would fight over every weight. */
export const owners: Check = {
  id: 'owners',
  question: 'Does nobody else write the routes?',
  find(facts) {
    const objects = written(facts)
    const marked = objects.flatMap((object) =>
      ownersOf(object).map((owner): Found => {
        const { code, object: name, text, remedy } = ownerProblem(object, owner)
        return { level: levels[owner.effect], text: `${code} ${name}: ${text}`, remedy }
      }),
    )
    return [...marked, ...flagger(facts), ...rollouts(facts, objects)]
  },
}

/** The objects that the release will change: routes of the host, and the DestinationRule in force. */
function written({ routeModel: understanding, routing }: PreflightInput): KubeObject[] {
  const refs: ObjectRef[] = understanding.routes.map(({ object }) => object)
  if (understanding.destinationRule) refs.push(understanding.destinationRule)
  const names = new Set(refs.map(refText))
  return [...routing.virtualServices, ...routing.destinationRules].filter((object) =>
    names.has(nameOf(object)),
  )
}

const nameOf = ({ kind, metadata }: KubeObject) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`

/** A Canary moves the traffic of the Service that it names, or that is named like the Deployment it targets. */
function flagger({ controllers, service, stable, canary }: PreflightInput): Found[] {
  const { canaries } = controllers
  if (canaries === null) return [unasked('Flagger canaries')]
  const workloads = [stable?.workload, canary.workload]
  return canaries
    .filter((object) => {
      const target = text(object.spec, 'targetRef', 'name')
      const moved = text(object.spec, 'service', 'name') ?? target
      return moved === service || (target !== null && workloads.includes(target))
    })
    .map((object) =>
      rival(
        `SG-owner-flagger Canary ${object.metadata.namespace}/${object.metadata.name} moves the traffic of ${service}`,
      ),
    )
}

/** A Rollout moves the weights of the VirtualServices that its traffic routing names. */
function rollouts({ controllers, service }: PreflightInput, objects: readonly KubeObject[]): Found[] {
  if (controllers.rollouts === null) return [unasked('Argo Rollouts')]
  const names = objects.map(({ metadata }) => metadata.name)
  return controllers.rollouts
    .filter((object) => {
      const strategy = at(object.spec, 'strategy', 'canary')
      const istio = at(strategy, 'trafficRouting', 'istio')
      const several = at(istio, 'virtualServices')
      const routed = [
        text(istio, 'virtualService', 'name'),
        ...(Array.isArray(several) ? several.map((each) => text(each, 'name')) : []),
      ]
      // The name may carry the namespace behind a dot.
      return (
        routed.some((name) => name !== null && names.includes(name.split('.')[0] ?? '')) ||
        [text(strategy, 'stableService'), text(strategy, 'canaryService')].includes(service)
      )
    })
    .map((object) =>
      rival(
        `SG-owner-argo-rollouts Rollout ${object.metadata.namespace}/${object.metadata.name} moves the same traffic`,
      ),
    )
}

function rival(what: string): Found {
  return {
    level: 'error',
    text: `${what}: both would fight over every weight.`,
    remedy: 'Let only one of the two move the traffic of this host.',
  }
}

function unasked(what: string): Found {
  return {
    level: 'skipped',
    text: `Whether ${what} move this traffic could not be asked.`,
    remedy: 'Allow "list canaries.flagger.app, rollouts.argoproj.io" (README).',
  }
}

function at(value: unknown, ...path: string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === 'object' && inner !== null ? (inner as Record<string, unknown>)[key] : undefined,
    value,
  )
}

function text(value: unknown, ...path: string[]): string | null {
  const found = at(value, ...path)
  return typeof found === 'string' ? found : null
}
