import { createCommands } from '../../../src/commands/run-command.ts'
import type { CommandName } from '../../../src/release/commands.ts'
import { Failure } from '../../../src/release/failure.ts'
import type { Outcome } from '../../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../../src/release/record/record.ts'
import type { Request } from '../../../src/release/request.ts'
import type { ReleaseState } from '../../../src/release/state/state.ts'
import { stateOn } from '../model/laws.ts'
import { quickSettings } from '../model/schedule.ts'
import { brokenAtEnd, brokenByWrite, image } from './laws.ts'
import { plainService, trackRoutes, trackService } from './manifests.ts'
import { createImageWorld, type ImageProcess } from './world.ts'

/** Beyond so much virtual time (ms) a process has no exit. */
const longest = 8 * 3_600_000

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

/** What there is: one plain Deployment, or two standing ones, without routes or with those of the pipeline. */
const clusters = {
  'in-place': plainService,
  tracks: (replicas: number) => trackService(replicas, 'track'),
  'routed tracks': (replicas: number) => [...trackService(replicas, 'version'), ...trackRoutes('version')],
}
export type ImageShape = keyof typeof clusters

/** createLife is a Service's Deployments and the runs that release images of them; `broken` gets every law that a write or an end broke. */
export function createLife({ replicas = 3, shape = 'in-place' as ImageShape } = {}) {
  const broken: string[] = []
  const world = createImageWorld(clusters[shape](replicas), (process, before) =>
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
    image: command === 'rollout' || command === 'plan' ? asked : null,
    copyPolicies: command === 'rollout' || command === 'plan',
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
