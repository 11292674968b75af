import { Failure } from '../../release/failure.ts'
import type { Json, JsonObject, JsonPatchOperation } from '../../release/kubernetes.ts'
import { toPath } from '../api/paths.ts'
import { type WatchdogPlace, watchdogLabels, watchdogName } from './job.ts'

/** WatchdogInstruction is what a watchdog would do: everything that its pod can't find out by itself. */
export interface WatchdogInstruction {
  /** Id of the release: another's routes are left alone. */
  release: string
  /** The object that holds the release's state, as people write it, and the annotation's key. */
  holder: string
  stateKey: string
  /** Deployment that must have ready pods before anything is put back. */
  safeWorkload: string
  /** What puts traffic back, an object each. */
  patches: readonly WatchdogPatch[]
}

/** WatchdogPatch puts one object back. */
interface WatchdogPatch {
  object: string
  /** Where the announced write has landed. */
  after: readonly JsonPatchOperation[]
  /** Where it has not; null: nothing has to be done then. */
  before: readonly JsonPatchOperation[] | null
}

/** API groups of the kinds that hold routes. */
const groups: Readonly<Record<string, { apiVersion: string; plural: string }>> = {
  VirtualService: { apiVersion: 'networking.istio.io/v1', plural: 'virtualservices' },
  DestinationRule: { apiVersion: 'networking.istio.io/v1', plural: 'destinationrules' },
  HTTPRoute: { apiVersion: 'gateway.networking.k8s.io/v1', plural: 'httproutes' },
}

/** instructionsMap is the ConfigMap that carries orders to the watchdog's pod. Patches are base64: no shell has to undo JSON. */
export function instructionsMap(target: WatchdogPlace, instructions: WatchdogInstruction): JsonObject {
  const { namespace, service } = target
  const patches = instructions.patches
  const paths = patches.map(({ object }, index) => [`path-${index}`, pathOf(object)])
  const bodies = patches.flatMap(({ after, before }, index) => [
    [`patch-${index}`, base64(after)],
    [`before-${index}`, before === null ? '' : base64(before)],
  ])
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: watchdogName(service), namespace, labels: watchdogLabels(service) },
    data: {
      release: instructions.release,
      'holder-path': pathOf(instructions.holder),
      'state-key': instructions.stateKey,
      'safe-path': toPath(
        { apiVersion: 'apps/v1', plural: 'deployments', namespace },
        instructions.safeWorkload,
      ),
      patches: String(patches.length),
      ...Object.fromEntries(paths),
    },
    binaryData: Object.fromEntries(bodies),
  }
}

function pathOf(object: string): string {
  const [kind = '', place = ''] = object.split(' ')
  const [namespace = '', name = ''] = place.split('/')
  const group = groups[kind]
  if (group === undefined || name === '') {
    throw new Failure('internal', `The watchdog knows no path of ${object}. Please report this.`)
  }
  return toPath({ ...group, namespace }, name)
}

function base64(patch: readonly JsonPatchOperation[]): string {
  return Buffer.from(JSON.stringify(lastingPatch(patch))).toString('base64')
}

/**
 * lastingPatch keeps of a planned patch what holds until the watchdog sends it: which destinations there are, not
 * their weights nor the object's version, which the pod itself tests.
 */
function lastingPatch(patch: readonly JsonPatchOperation[]): JsonPatchOperation[] {
  return patch
    .filter(({ path }) => path !== '/metadata/resourceVersion' && path !== '/metadata/annotations')
    .filter(({ op, path }) => op !== 'test' || !isAnnotation(path))
    .map((operation): JsonPatchOperation => {
      if (operation.op === 'test') return destinationTest(operation.path, operation.value)
      // What may be there or not is set either way.
      const sets = operation.op === 'replace' && isAnnotation(operation.path)
      return sets ? { ...operation, op: 'add' } : operation
    })
}

function isAnnotation(path: string): boolean {
  return path.startsWith('/metadata/annotations/')
}

function destinationTest(path: string, value: Json): JsonPatchOperation {
  const isDestination =
    typeof value === 'object' && value !== null && !Array.isArray(value) && 'destination' in value
  return isDestination
    ? { op: 'test', path: `${path}/destination`, value: value.destination ?? null }
    : { op: 'test', path, value }
}
