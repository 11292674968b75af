import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import { type Problem, problem } from '../../problem.ts'
import { protocols, refOf } from '../model/rule.ts'

type OwnerKind =
  | 'argo-cd'
  | 'flux-kustomization'
  | 'flux-helm-release'
  | 'helm'
  | 'flagger'
  | 'argo-rollouts'
  | 'iter8'
  | 'controller'
  | 'kubectl'

/** Owner is somebody else who writes an object, and what that means for a change of ours. */
export interface Owner {
  kind: OwnerKind
  /** Application, release, controller …; null where the object doesn't say. */
  name: string | null
  /**
   * `refuse`: it moves traffic itself or takes every change back at once and nothing can be ignored.
   * `ignore-rule`: it takes changes back unless told not to, by `rule`. `next-deploy`: its next run takes them back.
   */
  effect: 'refuse' | 'ignore-rule' | 'next-deploy'
  /** What to add so that our changes stay, ready to paste; null where nothing helps. */
  rule: string | null
}

/** Writers of traffic that would fight over every weight. */
const trafficControllers: readonly [OwnerKind, RegExp, RegExp][] = [
  ['flagger', /^flagger\.app\//, /^flagger$/],
  ['argo-rollouts', /^argoproj\.io\//, /^(argo-rollouts|rollouts-controller)$/],
  ['iter8', /^iter8\.tools\//, /^iter8-controller$/],
]

/** findOwners recognises who else writes a routing object, by owner references, labels, annotations and managed fields. */
export function findOwners(object: KubeObject): Owner[] {
  const { labels = {}, annotations = {}, managedFields = [] } = object.metadata
  const managers = managedFields.map(({ manager }) => manager ?? '')
  return [
    ...shifting(object, managers),
    ...argoCd(object, labels, annotations, managers),
    ...flux(object, labels, managers),
    ...helm(labels, annotations),
    ...kubectl(annotations),
  ]
}

function shifting(object: KubeObject, managers: readonly string[]): Owner[] {
  const references = object.metadata.ownerReferences ?? []
  const annotated = Object.hasOwn(
    object.metadata.annotations ?? {},
    'argo-rollouts.argoproj.io/managed-by-rollouts',
  )
  const known = trafficControllers.flatMap(([kind, group, manager]): Owner[] => {
    const reference = references.find(({ apiVersion }) => group.test(apiVersion))
    const named = managers.some((name) => manager.test(name)) || (kind === 'argo-rollouts' && annotated)
    return reference === undefined && !named
      ? []
      : [{ kind, name: reference?.name ?? null, effect: 'refuse', rule: null }]
  })
  const other = references.find(
    ({ apiVersion, controller }) =>
      controller === true && !trafficControllers.some(([, group]) => group.test(apiVersion)),
  )
  if (other === undefined) return known
  return [...known, { kind: 'controller', name: `${other.kind} ${other.name}`, effect: 'refuse', rule: null }]
}

type Texts = Readonly<Record<string, string>>

function argoCd(object: KubeObject, labels: Texts, annotations: Texts, managers: readonly string[]): Owner[] {
  const tracking = annotations['argocd.argoproj.io/tracking-id']
  const label = labels['argocd.argoproj.io/instance']
  const name = tracking?.split(':')[0] ?? label ?? null
  // Label app.kubernetes.io/instance is Helm's as well: alone it says nothing.
  const labelled = managers.includes('argocd-controller')
    ? (labels['app.kubernetes.io/instance'] ?? null)
    : null
  if (name === null && !managers.includes('argocd-controller')) return []
  return [{ kind: 'argo-cd', name: name ?? labelled, effect: 'ignore-rule', rule: argoRule(object) }]
}

/** paths lists the parts of an object that a release changes. */
function paths(object: KubeObject): string[] {
  if (object.kind === 'DestinationRule') return ['/spec/subsets']
  return protocols
    .filter((protocol) => object.spec?.[protocol] !== undefined)
    .map((protocol) => `/spec/${protocol}`)
}

function argoRule(object: KubeObject): string {
  const { kind, namespace, name } = refOf(object)
  return [
    '# in the Application',
    'spec:',
    '  ignoreDifferences:',
    '  - group: networking.istio.io',
    `    kind: ${kind}`,
    `    namespace: ${namespace}`,
    `    name: ${name}`,
    '    jsonPointers:',
    ...paths(object).map((path) => `    - ${path}`),
    '  syncPolicy:',
    '    syncOptions:',
    '    - RespectIgnoreDifferences=true',
  ].join('\n')
}

function flux(object: KubeObject, labels: Texts, managers: readonly string[]): Owner[] {
  const { kind, name } = refOf(object)
  const kustomization = labels['kustomize.toolkit.fluxcd.io/name']
  const release = labels['helm.toolkit.fluxcd.io/name']
  const found: Owner[] = []
  const optedOut = ['disabled', 'Disabled'].includes(
    object.metadata.annotations?.['kustomize.toolkit.fluxcd.io/reconcile'] ?? '',
  )
  const kept = ['IfNotPresent', 'Ignore'].includes(
    object.metadata.annotations?.['kustomize.toolkit.fluxcd.io/ssa'] ?? '',
  )
  const applied = kustomization !== undefined || managers.includes('kustomize-controller')
  if (applied && !optedOut && !kept)
    found.push({
      kind: 'flux-kustomization',
      name: kustomization ?? null,
      effect: 'ignore-rule',
      rule: `# in the manifest of ${kind} ${name}\nmetadata:\n  annotations:\n    kustomize.toolkit.fluxcd.io/ssa: IfNotPresent`,
    })
  if (release !== undefined)
    found.push({
      kind: 'flux-helm-release',
      name: release,
      effect: 'ignore-rule',
      rule: [
        '# in the HelmRelease',
        'spec:',
        '  driftDetection:',
        '    mode: enabled',
        '    ignore:',
        `    - paths: [${paths(object)
          .map((path) => `"${path}"`)
          .join(', ')}]`,
        `      target: {kind: ${kind}, name: ${name}}`,
      ].join('\n'),
    })
  return found
}

function helm(labels: Texts, annotations: Texts): Owner[] {
  const name = annotations['meta.helm.sh/release-name']
  if (name === undefined && labels['app.kubernetes.io/managed-by'] !== 'Helm') return []
  if (labels['helm.toolkit.fluxcd.io/name'] !== undefined) return []
  return [{ kind: 'helm', name: name ?? null, effect: 'next-deploy', rule: null }]
}

function kubectl(annotations: Texts): Owner[] {
  if (!Object.hasOwn(annotations, 'kubectl.kubernetes.io/last-applied-configuration')) return []
  return [{ kind: 'kubectl', name: null, effect: 'next-deploy', rule: null }]
}

const words: Record<OwnerKind, string> = {
  'argo-cd': 'Argo CD application',
  'flux-kustomization': 'Flux Kustomization',
  'flux-helm-release': 'Flux HelmRelease',
  helm: 'Helm release',
  flagger: 'Flagger canary',
  'argo-rollouts': 'Argo Rollouts rollout',
  iter8: 'Iter8',
  controller: 'controller',
  kubectl: 'kubectl apply',
}

/** ownerProblem says it for people, with the rule to add as the remedy. */
export function ownerProblem(object: KubeObject, owner: Owner): Problem {
  const who = owner.name === null ? words[owner.kind] : `${words[owner.kind]} “${owner.name}”`
  const effects = {
    refuse: `${who} writes its routes and would fight over every weight.`,
    'ignore-rule': `${who} takes changes of its routes back unless it is told to ignore them.`,
    'next-deploy': `${who} last wrote it: its next run puts the routes back to what its files say.`,
  }
  const remedies = {
    refuse: 'Let only one of the two move the traffic of this host.',
    'ignore-rule': owner.rule,
    'next-deploy': 'Don’t apply routes again while a release is in flight.',
  }
  return problem(
    `SG-owner-${owner.kind}`,
    refText(refOf(object)),
    effects[owner.effect],
    remedies[owner.effect],
  )
}
