import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import { type Problem, problem } from '../../problem.ts'
import type { OtherControllers, OwnerFinding } from '../../routing.ts'
import type { Scope } from '../model/pair.ts'
import { refOf } from '../model/rule.ts'
import { buildRouteModel } from '../route-model.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { findOwners, ownerProblem } from './owners.ts'

const levels = { refuse: 'error', 'ignore-rule': 'warning', 'next-deploy': 'info' } as const

/**
 * findRivals tells who else writes the objects that a release of the scope changes: by marks on the objects, and by
 * the Flagger and Argo Rollouts objects that move the same traffic. `workloads` are the pair's Deployments.
 */
export function findRivals(
  snapshot: RoutingSnapshot,
  scope: Scope,
  others: OtherControllers,
  workloads: readonly string[],
): OwnerFinding[] {
  const objects = changedObjects(snapshot, scope)
  const marked = objects.flatMap((object) =>
    findOwners(object).map(
      (owner): OwnerFinding => ({ level: levels[owner.effect], problem: ownerProblem(object, owner) }),
    ),
  )
  return [
    ...marked,
    ...(others.canaries === null
      ? [notAsked('Flagger canaries')]
      : others.canaries
          .filter((canary) => isSameFlaggerTarget(canary, scope, workloads))
          .map((canary) => rival('SG-owner-flagger', canary))),
    ...(others.rollouts === null
      ? [notAsked('Argo Rollouts')]
      : others.rollouts
          .filter((rollout) => isSameRolloutTarget(rollout, scope, objects))
          .map((rollout) => rival('SG-owner-argo-rollouts', rollout))),
  ]
}

/** The objects that the release will change: routes of the host, and the DestinationRule in force. */
function changedObjects(snapshot: RoutingSnapshot, scope: Scope): KubeObject[] {
  const { routes, destinationRule } = buildRouteModel(snapshot, scope)
  const refs = [...routes.map(({ object }) => object), ...(destinationRule === null ? [] : [destinationRule])]
  const names = new Set(refs.map(refText))
  return [...snapshot.virtualServices, ...snapshot.destinationRules].filter((object) =>
    names.has(refText(refOf(object))),
  )
}

/** A Canary moves the traffic of the Service that it names, or that is named like the Deployment it targets. */
function isSameFlaggerTarget(canary: KubeObject, { service }: Scope, workloads: readonly string[]): boolean {
  const target = text(canary.spec, 'targetRef', 'name')
  const moved = text(canary.spec, 'service', 'name') ?? target
  return moved === service || (target !== null && workloads.includes(target))
}

/** A Rollout moves the weights of the VirtualServices that its traffic routing names. */
function isSameRolloutTarget(
  rollout: KubeObject,
  { service }: Scope,
  objects: readonly KubeObject[],
): boolean {
  const names = objects.map(({ metadata }) => metadata.name)
  const strategy = at(rollout.spec, 'strategy', 'canary')
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
}

function rival(code: string, { kind, metadata }: KubeObject): OwnerFinding {
  const name = `${kind} ${metadata.namespace}/${metadata.name}`
  return finding(
    'error',
    problem(
      code,
      name,
      'It moves the same traffic: both would fight over every weight.',
      'Let only one of the two move the traffic of this host.',
    ),
  )
}

function notAsked(what: string): OwnerFinding {
  return finding(
    'skipped',
    problem(
      'SG-owner-unknown',
      null,
      `Whether ${what} move this traffic could not be asked.`,
      'Allow "list canaries.flagger.app, rollouts.argoproj.io" (README).',
    ),
  )
}

function finding(level: OwnerFinding['level'], found: Problem): OwnerFinding {
  return { level, problem: found }
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
