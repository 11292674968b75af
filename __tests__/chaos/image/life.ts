import { createCommands } from '../../../src/commands/run-command.ts'
import type { CommandName } from '../../../src/release/commands.ts'
import { Failure } from '../../../src/release/failure.ts'
import type { KubeObject } from '../../../src/release/kubernetes.ts'
import type { Outcome } from '../../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../../src/release/record/record.ts'
import type { Request } from '../../../src/release/request.ts'
import { hasEnded } from '../../../src/release/state/phases.ts'
import type { ReleaseState } from '../../../src/release/state/state.ts'
import { takeoverOf } from '../../../src/release/state/takeover.ts'
import { stateOn } from '../model/laws.ts'
import { quickSettings } from '../model/schedule.ts'
import { plainService } from './manifests.ts'
import { createImageWorld, type ImageProcess, type ImageWorld, type Share, sharesOf } from './world.ts'

/** Beyond so much virtual time (ms) a process has no exit. */
const longest = 8 * 3_600_000
export const image = { v1: 'ghcr.io/octo/my-api:v1', v2: 'ghcr.io/octo/my-api:v2' }

/** Start is one process of the program. */
interface Start {
  command: CommandName | 'post'
  kill?: ImageProcess['kill']
  fault?: ImageProcess['fault']
  /** The image that it releases; absent: v2. */
  image?: string
  /** ms after its start at which it is cancelled. */
  cancelAt?: number
}

/** Ended is how a process came to its end; null: it was killed. */
export interface Ended {
  outcome: Outcome | null
  writes: number
  events: readonly RecordEvent[]
}

/** createLife is a plain Deployment and the runs that release images of it; `broken` gets every law that a write or an end broke. */
export function createLife({ replicas = 3 } = {}) {
  const broken: string[] = []
  const world = createImageWorld(plainService(replicas), (process, before) =>
    broken.push(...brokenByWrite(world, before).map((law) => `${process.holder}: ${law}`)),
  )
  let runs = 0
  let main = ''

  async function run({
    command,
    kill = null,
    fault = null,
    image: asked = image.v2,
    cancelAt,
  }: Start): Promise<Ended> {
    runs += 1
    const isPost = command === 'post'
    const holder = `runs/${runs}/attempts/1#${command}`
    const process: ImageProcess = {
      holder,
      dead: false,
      killAtCall: Number.POSITIVE_INFINITY,
      calls: 0,
      lastPods: { v1: 1, v2: 1 },
      lastMetrics: 'none',
      writes: 0,
      kill,
      fault,
    }
    const { runCommand, runPost } = createCommands(async () => world.adapters(process))
    const cancel = new AbortController()
    if (cancelAt !== undefined)
      world.scheduler.at(world.scheduler.now() + cancelAt, () =>
        cancel.abort(new Failure('aborted', 'cancelled')),
      )
    const events: RecordEvent[] = []
    const context = {
      env: {},
      signal: cancel.signal,
      random: () => 0.5,
      onEvent: (event: RecordEvent) => void events.push(event),
      mask: () => {},
      userAgent: 'model',
      hasPost: false,
    }
    let outcome: Outcome | null = null
    let over = false
    const request = requestOf(isPost ? 'rollout' : command, asked, holder, isPost ? main : undefined)
    if (command === 'rollout') main = holder
    const going = isPost ? runPost(request, context) : runCommand(request, context)
    void going.then(
      (end) => {
        over = true
        outcome = end ?? null
      },
      (error: unknown) => {
        over = true
        broken.push(`${command} threw: ${error instanceof Error ? error.stack : String(error)}`)
      },
    )
    const exited = await world.scheduler.runUntil(() => over || process.dead, longest)
    if (!exited) broken.push(`${command} had no exit`)
    if (process.dead) outcome = null
    else if (outcome !== null && fault === null) broken.push(...brokenAtEnd(world, outcome))
    return { outcome, writes: process.writes, events }
  }
  return {
    world,
    broken,
    run,
    state: (): ReleaseState | null => stateOn(world.store.all()),
    /** Nobody renews the Lease of a process that was killed. */
    waitForLease: () => world.scheduler.jump(120_000),
  }
}

function requestOf(
  command: CommandName,
  asked: string,
  holder: string,
  mainHolder: string | undefined,
): Request {
  return {
    command,
    namespace: 'shop',
    service: 'my-api',
    clusterDomain: 'cluster.local',
    version: null,
    image: command === 'rollout' ? asked : null,
    stableVersion: null,
    toVersion: null,
    cluster: { kubeconfig: { from: 'default' }, context: null },
    prometheus: { url: 'http://model', bearerToken: null, basic: null, headers: {}, ca: null },
    forge: null,
    settings: quickSettings,
    holder,
    ...(mainHolder === undefined ? {} : { mainHolder }),
    runUrl: null,
    runId: '1',
    comment: false,
    reportDir: '/dev/null/report',
    sandboxClock: null,
  } as unknown as Request
}

/** templateImage gives the image of a Deployment's template. */
export function templateImage(objects: readonly KubeObject[], name = 'my-api'): string {
  const found = objects.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name)
  const template = found?.spec?.template as unknown as
    | { spec: { containers: { image: string }[] } }
    | undefined
  return template?.spec.containers[0]?.image ?? 'none'
}

/** Laws that every write keeps. */
function brokenByWrite(world: ImageWorld, before: readonly KubeObject[]): string[] {
  const after = world.store.all()
  const laws: string[] = []
  const state = stateOn(before)
  if (templateImage(before) !== templateImage(after) && takeoverOf(state) === null)
    laws.push(`stable's pod template was changed while the release was ${state?.phase ?? 'nowhere'}`)
  const old = sharesOf(before)
  for (const { host, subset, share } of sharesOf(after)) {
    const then = old.find((each) => each.host === host && each.subset === subset)?.share ?? 0
    if (share <= then + 1e-6 || before.every(({ kind }) => kind !== 'VirtualService')) continue
    const ready = [...world.readyBehind({ host, subset }).values()].flat()
    if (ready.length === 0) laws.push(`${host} was given ${share} without a ready pod`)
    const returns = host === 'my-api' && takeoverOf(stateOn(after)) !== null
    if (returns && ready.includes(image.v1)) laws.push(`${share} returned to pods of the image before`)
  }
  for (const { host, share } of sharesOf(after))
    if (share > 0 && !after.some(({ kind, metadata }) => kind === 'Service' && metadata.name === host))
      laws.push(`${host} has ${share}, and there is no such Service`)
  return laws
}

/** madeObjects names what carries a release's mark. */
export function madeObjects(objects: readonly KubeObject[]): string[] {
  return objects
    .filter(({ metadata }) => metadata.labels?.['shiftgate.io/release'] !== undefined)
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
}

/** Laws that hold when a process has ended. */
function brokenAtEnd(world: ImageWorld, outcome: Outcome): string[] {
  const { command, result, reasonCode, exitCode, message } = outcome
  const ending = `${command} ended ${result} (${reasonCode}): ${message}`
  const objects = world.store.all()
  const state = stateOn(objects)
  const laws: string[] = []
  if (reasonCode === 'internal' || exitCode === 2) laws.push(ending)
  if (/undefined|\bNaN\b|\[object|\bnull\b|TypeError/.test(message)) laws.push(`it tells: ${message}`)
  if (state === null) return laws
  const safe = takeoverOf(state) === null ? 'my-api' : 'my-api-canary'
  // Where the safe side has lost its pods, nothing is safe: a person must act.
  const served = world.readyBehind({ host: safe, subset: null }).size > 0
  if (exitCode === 5 && served) laws.push(ending)
  const given = sharesOf(objects).filter(({ share }: Share) => share > 0)
  const only = (host: string) => given.every((each) => each.host === host)
  if (hasEnded(state.phase)) {
    const tag = state.phase === 'promoted' ? state.canary.version : (state.stable?.version ?? '')
    if (!templateImage(objects).endsWith(`:${tag}`)) laws.push(`${ending}, with ${templateImage(objects)}`)
    if (!only('my-api')) laws.push(`${ending}, with ${JSON.stringify(given)}`)
    const left = madeObjects(objects)
    // Whoever only gives a command finds nothing to do.
    const commands = ['abort', 'rollback', 'promote'].includes(command)
    if (left.length > 0 && !commands) laws.push(`${ending}, and left ${left.join(', ')}`)
  } else if (takeoverOf(state) !== null && served && !only('my-api-canary'))
    laws.push(`${ending} after the last pass, with ${JSON.stringify(given)}`)
  return laws
}
