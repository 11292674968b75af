import type { KubeObject } from '../../../src/release/kubernetes.ts'
import type { Outcome } from '../../../src/release/outcome/outcome.ts'
import { hasEnded } from '../../../src/release/state/phases.ts'
import { takeoverOf } from '../../../src/release/state/takeover.ts'
import { deploymentView, imagesOf } from '../../../src/workloads/deployment.ts'
import { stateOn } from '../model/laws.ts'
import { borrowedBefore } from './manifests.ts'
import { type ImageWorld, type Share, sharesOf } from './world.ts'

export const image = { v1: 'ghcr.io/octo/my-api:v1', v2: 'ghcr.io/octo/my-api:v2' }
const stable = 'my-api'
const canary = 'my-api-canary'

/** templateImage gives the image of a Deployment's template. */
export function templateImage(objects: readonly KubeObject[], name = stable): string {
  const found = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)
  return found === undefined ? 'none' : imagesOf(deploymentView(found))
}

/** madeObjects names what carries a release's mark. */
export function madeObjects(objects: readonly KubeObject[]): string[] {
  return objects
    .filter(({ metadata }) => metadata.labels?.['shiftgate.io/release'] !== undefined)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}

/** notReturned tells what a standing canary has not been given back; `imageIsOurs`: a release has given it its image for good. */
function notReturned(objects: readonly KubeObject[], imageIsOurs: boolean): string[] {
  const found = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === canary)
  if (found === undefined || found.metadata.labels?.['shiftgate.io/release'] !== undefined) return []
  const view = deploymentView(found)
  const is = imageIsOurs ? { replicas: view.replicas } : { replicas: view.replicas, image: imagesOf(view) }
  const was = imageIsOurs ? { replicas: borrowedBefore.replicas } : borrowedBefore
  return JSON.stringify(is) === JSON.stringify(was) ? [] : [`${canary} has ${JSON.stringify(is)}`]
}

/** Laws that every write keeps. */
export function brokenByWrite(world: ImageWorld, before: readonly KubeObject[]): string[] {
  const after = world.store.all()
  const state = stateOn(before)
  const changed = templateImage(before) !== templateImage(after) && takeoverOf(state) === null
  return [
    ...(changed
      ? [`stable's pod template was changed while the release was ${state?.phase ?? 'nowhere'}`]
      : []),
    ...brokenGrowth(world, before, after),
    ...sharesOf(after)
      .filter(({ host, share }) => share > 0 && world.store.get('Service', host) === null)
      .map(({ host, share }) => `${host} has ${share}, and there is no such Service`),
  ]
}

/** Where a share grows there are ready pods, and of the new image once it returns. */
function brokenGrowth(
  world: ImageWorld,
  before: readonly KubeObject[],
  after: readonly KubeObject[],
): string[] {
  if (before.every(({ kind }) => kind !== 'VirtualService')) return []
  const old = sharesOf(before)
  const isSame = (left: Share) => (right: Share) => left.host === right.host && left.subset === right.subset
  return sharesOf(after).flatMap((given) => {
    if (given.share <= (old.find(isSame(given))?.share ?? 0) + 1e-6) return []
    const ready = world.readyBehind(given)
    const place = `${given.host} ${given.subset ?? ''} was given ${given.share}`
    if (ready.size === 0) return [`${place} without a ready pod`]
    const state = stateOn(after)
    const other = ready.get(stable)?.find((each) => each !== state?.canary.image)
    return takeoverOf(state) !== null && other !== undefined ? [`${place} with pods of ${other}`] : []
  })
}

/** Laws that hold when a process has ended. */
export function brokenAtEnd(world: ImageWorld, outcome: Outcome): string[] {
  const { command, result, reasonCode, exitCode, message } = outcome
  const ending = `${command} ended ${result} (${reasonCode}): ${message}`
  const objects = world.store.all()
  const state = stateOn(objects)
  const laws: string[] = []
  if (reasonCode === 'internal' || exitCode === 2) laws.push(ending)
  if (/undefined|\bNaN\b|\[object|\bnull\b|TypeError/.test(message)) laws.push(`it tells: ${message}`)
  if (state === null) return laws
  const given = sharesOf(objects).filter(({ share }) => share > 0)
  const only = (name: string) =>
    given.every((each) => [...world.readyBehind(each).keys()].every((workload) => workload === name))
  // Where the safe side has lost its pods, nothing is safe: a person must act.
  const served = world.readyPods(takeoverOf(state) === null ? stable : canary) > 0
  if (exitCode === 5 && served) laws.push(ending)
  // Who was refused has left everything where it was.
  const moved = result !== 'refused'
  if (takeoverOf(state) !== null && served && moved && !only(canary))
    laws.push(`${ending} after the last pass, with ${JSON.stringify(given)}`)
  if (!hasEnded(state.phase)) return laws
  const tag = state.phase === 'promoted' ? state.canary.version : (state.stable?.version ?? '')
  if (!templateImage(objects).endsWith(`:${tag}`)) laws.push(`${ending}, with ${templateImage(objects)}`)
  if (!only(stable)) laws.push(`${ending}, with ${JSON.stringify(given)}`)
  const left = [
    ...madeObjects(objects),
    ...notReturned(objects, state.phase === 'promoted' || state.history.length > 0),
  ]
  // Whoever only gives a command finds nothing to do.
  const commands = ['abort', 'rollback', 'promote'].includes(command)
  if (left.length > 0 && !commands) laws.push(`${ending}, and left ${left.join(', ')}`)
  return laws
}
