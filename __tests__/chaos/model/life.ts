import { createCommands } from '../../../src/commands/run-command.ts'
import type { CommandName } from '../../../src/release/commands.ts'
import { Failure } from '../../../src/release/failure.ts'
import type { Outcome } from '../../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../../src/release/record/record.ts'
import type { Request } from '../../../src/release/request.ts'
import { inFlight } from '../../../src/release/state/state-codec.ts'
import { stateKey } from '../../../src/release/target.ts'
import { editRoutes } from './foreign.ts'
import { brokenAtEnd, brokenByWrite, largestShare, stateOn } from './laws.ts'
import type { ModelProcess } from './process.ts'
import type { Happening, Schedule } from './schedule.ts'
import { createModelWorld, type ModelWorld } from './world.ts'

/** Beyond so much virtual time (ms) a process has no exit. */
const longest = 8 * 3_600_000
const key = stateKey({ namespace: 'shop', service: 'my-api' })

/** Life is one schedule while it is lived: its world, its processes, and the laws that they broke. */
interface Life {
  schedule: Schedule
  world: ModelWorld
  broken: string[]
  /** Texts of the state, oldest first. */
  texts: string[]
  events: Map<ModelProcess, RecordEvent[]>
  outcomes: Map<ModelProcess, Outcome>
  started: number
}

/** Lived is what became of a schedule. */
export interface Lived {
  /** Every law that was broken, in words; none: all hold. */
  broken: string[]
  /** How the first process ended; null: it was killed. */
  first: Outcome | null
  /** How the one after it ended; null: none was needed. */
  second: Outcome | null
  /** What each process recorded, to see how it came to that. */
  events: ReadonlyMap<ModelProcess, readonly RecordEvent[]>
}

/** liveOut lives a schedule to its end. `brokenForge`: there is a pull request to comment on, and each comment fails. */
export async function liveOut(schedule: Schedule, { brokenForge = false } = {}): Promise<Lived> {
  const life = createLife(schedule)
  life.world.brokenForge = brokenForge
  const { world, broken } = life
  const cancel = new AbortController()
  const main = start(life, 'rollout', {
    holder: 'runs/1/attempts/1#main',
    killAtCall: schedule.killAtCall ?? Number.POSITIVE_INFINITY,
    signal: cancel.signal,
    hasPost: schedule.successor === 'post',
  })
  const began = world.scheduler.now()
  for (const each of schedule.happenings)
    world.scheduler.at(began + each.at, () => happen(life, each, { main, cancel }))
  const exited = await world.scheduler.runUntil(() => isOver(life, main), longest)
  if (!exited && !main.dead) broken.push('a process had no exit')
  const first = life.outcomes.get(main) ?? null
  // Whoever else works on the release comes to an end as well.
  const others = () => [...life.events.keys()].every((process) => isOver(life, process))
  if (!(await world.scheduler.runUntil(others, longest))) broken.push('a process beside it had no exit')
  const second = await putRight(life, main, first)
  return { broken, first, second, events: life.events }
}

function createLife(schedule: Schedule): Life {
  const life: Life = {
    schedule,
    world: createModelWorld(schedule.layout, {
      onWritten: (process, before, after) => {
        for (const { metadata } of after) {
          const text = metadata.annotations?.[key]
          if (text !== undefined && text !== life.texts.at(-1)) life.texts.push(text)
        }
        const events = life.events.get(process) ?? []
        life.broken.push(...brokenByWrite({ schedule, process, events, before, after }))
      },
    }),
    broken: [],
    texts: [],
    events: new Map(),
    outcomes: new Map(),
    started: 0,
  }
  return life
}

const isOver = (life: Life, process: ModelProcess): boolean => process.dead || life.outcomes.has(process)

interface Start {
  holder: string
  killAtCall?: number
  signal?: AbortSignal
  hasPost?: boolean
  mainHolder?: string
  post?: boolean
  toVersion?: string
}

/** start lets a process run; it comes to its end while time goes by. */
function start(life: Life, command: CommandName, options: Start): ModelProcess {
  const process: ModelProcess = {
    holder: options.holder,
    dead: false,
    killAtCall: options.killAtCall ?? Number.POSITIVE_INFINITY,
    calls: 0,
    lastPods: { v1: 3, v2: 3 },
    lastMetrics: 'none',
  }
  const events: RecordEvent[] = []
  const masked = new Set<string>()
  life.events.set(process, events)
  const { runCommand, runPost } = createCommands(async () => life.world.adapters(process))
  const context = {
    env: {},
    signal: options.signal ?? new AbortController().signal,
    random: () => 0.5,
    onEvent: (event: RecordEvent) => {
      events.push(event)
      if (!life.world.secrets.every((secret) => masked.has(secret)))
        life.broken.push(`${event.type} was shown before a secret was masked`)
    },
    mask: (secret: string) => void masked.add(secret),
    userAgent: 'model',
    hasPost: options.hasPost ?? false,
  }
  const request = requestOf(life.schedule, command, options)
  const run = options.post ? runPost(request, context) : runCommand(request, context)
  const nothing = {
    result: 'ok',
    reasonCode: 'nothing-to-do',
    exitCode: 0,
    message: '',
    command: 'post',
  } as unknown as Outcome
  void run.then(
    (outcome) => {
      if (process.dead) return
      const end = outcome ?? nothing
      life.outcomes.set(process, end)
      life.broken.push(...brokenAtEnd({ schedule: life.schedule, world: life.world, process, outcome: end }))
    },
    (error: unknown) => {
      life.outcomes.set(process, nothing)
      life.broken.push(`${command} threw: ${error instanceof Error ? error.stack : String(error)}`)
    },
  )
  return process
}

function requestOf({ settings }: Schedule, command: CommandName, options: Start): Request {
  const { holder, mainHolder, toVersion } = options
  return {
    command,
    namespace: 'shop',
    service: 'my-api',
    clusterDomain: 'cluster.local',
    version: command === 'rollout' ? 'v2' : null,
    stableVersion: null,
    toVersion: toVersion ?? null,
    cluster: { kubeconfig: { from: 'default' }, context: null },
    prometheus: { url: 'http://model', bearerToken: null, basic: null, headers: {}, ca: null },
    forge: null,
    settings,
    holder,
    ...(mainHolder === undefined ? {} : { mainHolder }),
    runUrl: null,
    runId: '1',
    comment: true,
    // A place where nothing can be written: no file may change what becomes of a release.
    reportDir: '/dev/null/report',
    sandboxClock: null,
  }
}

function happen(
  life: Life,
  each: Happening,
  { main, cancel }: { main: ModelProcess; cancel: AbortController },
) {
  const { world } = life
  if (isOver(life, main)) return
  switch (each.kind) {
    case 'canary-fails':
      return world.traffic.change(world.scheduler.now(), { canaryFails: each.share })
    case 'traffic':
      return world.traffic.change(world.scheduler.now(), { perSecond: each.perSecond })
    case 'metrics':
      world.metrics = each.answer
      return
    case 'scale':
      world.pods = { ...world.pods, [each.version]: each.pods }
      return world.follow()
    case 'odd-read':
      world.odd = { what: each.what, calls: each.calls }
      return
    case 'command': {
      life.started += 1
      start(life, each.command, { holder: `runs/${life.started + 1}/attempts/1#beside` })
      return
    }
    case 'foreign':
      world.unseenEdit = true
      world.edited = true
      return editRoutes(world, each.edit, life.texts.at(-3) ?? null)
    case 'fault':
      world.fault = { code: each.code, calls: each.calls, done: each.done, after: each.after }
      return
    case 'clock':
      return world.scheduler.jump(each.by)
    case 'lease-deleted':
      return world.dropLease()
    case 'cancel':
      return cancel.abort(new Failure('aborted', 'cancelled'))
    case 'kill':
      main.dead = true
  }
}

/** Whatever happened: once all is well again, one more run puts it right. */
async function putRight(life: Life, main: ModelProcess, first: Outcome | null): Promise<Outcome | null> {
  const { world, schedule, broken } = life
  heal(world)
  const state = stateOn(world.objects.all())
  const ended = state !== null && !inFlight(state)
  if (first !== null && ended) return null
  world.scheduler.jump(120_000)
  const { successor } = schedule
  const options: Start = { holder: 'runs/99/attempts/1#next' }
  if (successor === 'post') Object.assign(options, { mainHolder: main.holder, post: true })
  const next = start(life, successor === 'post' ? 'rollout' : successor, options)
  const over = await world.scheduler.runUntil(() => isOver(life, next), longest)
  if (!over) broken.push('a successor had no exit')
  const second = life.outcomes.get(next) ?? null
  broken.push(...brokenAfter(life, second))
  return second
}

function heal(world: ModelWorld): void {
  world.scheduler.clear()
  world.fault = null
  world.odd = null
  world.metrics = 'ok'
  world.pods = { v1: 3, v2: 3 }
  if (world.objects.destinationRules().length > 0 || world.edited) world.objects.repairDestinations()
  world.follow()
}

/** In a whole cluster a successor has nothing to fear. */
function brokenAfter({ world, schedule }: Life, second: Outcome | null): string[] {
  if (second === null) return []
  const ending = `${schedule.successor} after it: ${second.result} (${second.reasonCode}): ${second.message}`
  const state = stateOn(world.objects.all())
  const broken: string[] = []
  if (second.exitCode === 5 || second.exitCode === 2) broken.push(ending)
  const paused = state?.phase === 'paused'
  const ignored =
    schedule.settings.onCancel === 'ignore' &&
    (schedule.successor === 'post' || schedule.successor === 'reconcile')
  if (state && inFlight(state) && !paused && !ignored && second.result !== 'in-progress')
    broken.push(`${ending}; it is left ${state.phase}`)
  const share = largestShare(world.objects.all())
  const wayBack = schedule.successor === 'abort' || schedule.successor === 'rollback'
  if (wayBack && second.exitCode === 0 && share > 0 && state?.phase !== 'promoted' && !world.edited)
    broken.push(`${ending}; v2 has ${share}`)
  return broken
}
