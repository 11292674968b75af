import fc from 'fast-check'
import type { Settings } from '../../../src/release/settings.ts'
import { settings as usual } from '../release-state.ts'
import type { ModelCluster } from './cluster.ts'

/** Happening is one thing that the world does to a release, at a time in ms since its start. */
export type Happening = { at: number } & (
  | { kind: 'canary-fails'; share: number }
  | { kind: 'traffic'; perSecond: number }
  | { kind: 'metrics'; answer: 'ok' | 'down' | 'odd' | 'blind' }
  | { kind: 'scale'; version: 'v1' | 'v2'; pods: number }
  | { kind: 'empty-pods'; times: number }
  | { kind: 'command'; name: 'pause' | 'abort' | 'promote' | 'supersede' }
  | { kind: 'foreign-share'; share: number }
  | { kind: 'foreign-state'; what: 'removed' | 'garbage' | 'older' | 'reverted' }
  | {
      kind: 'fault'
      code: 'server-error' | 'timeout' | 'unreachable' | 'conflict'
      calls: number
      done: boolean
    }
  | { kind: 'clock'; by: number }
  | { kind: 'rival' }
  /** Another release arrives, which supersedes the one in flight. */
  | { kind: 'newer' }
  | { kind: 'cancel' }
  | { kind: 'kill' }
)

/** Schedule is one life of a release. */
export interface Schedule {
  settings: Settings
  initial: boolean
  happenings: Happening[]
  /** The process dies at this call of a port; null: it doesn't. */
  killAtCall: number | null
  successor: 'resume' | 'recover' | 'supersede'
}

const at = fc.integer({ min: 0, max: 900 }).map((seconds) => seconds * 1000)

const happening: fc.Arbitrary<Happening> = fc.oneof(
  {
    arbitrary: fc.record({
      at,
      kind: fc.constant('canary-fails' as const),
      share: fc.constantFrom(0.06, 0.5),
    }),
    weight: 2,
  },
  {
    arbitrary: fc.record({ at, kind: fc.constant('traffic' as const), perSecond: fc.constantFrom(0, 1, 50) }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      at,
      kind: fc.constant('metrics' as const),
      answer: fc.constantFrom('ok', 'down', 'odd', 'blind'),
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      at,
      kind: fc.constant('scale' as const),
      version: fc.constantFrom('v1', 'v2'),
      pods: fc.constantFrom(0, 1, 2, 3),
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({ at, kind: fc.constant('empty-pods' as const), times: fc.constant(1) }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      at,
      kind: fc.constant('command' as const),
      name: fc.constantFrom('pause', 'abort', 'promote', 'supersede'),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      at,
      kind: fc.constant('foreign-share' as const),
      share: fc.constantFrom(0, 0.05, 0.5, 1),
    }),
    weight: 1,
  },
  {
    arbitrary: fc.record({
      at,
      kind: fc.constant('foreign-state' as const),
      what: fc.constantFrom('removed', 'garbage', 'older', 'reverted'),
    }),
    weight: 2,
  },
  {
    arbitrary: fc.record({
      at,
      kind: fc.constant('fault' as const),
      code: fc.constantFrom('server-error', 'timeout', 'unreachable', 'conflict'),
      calls: fc.constantFrom(1, 2, 5, 30),
      done: fc.boolean(),
    }),
    weight: 4,
  },
  {
    arbitrary: fc.record({
      at,
      kind: fc.constant('clock' as const),
      by: fc.constantFrom(-30_000, 60_000, 900_000),
    }),
    weight: 1,
  },
  { arbitrary: fc.record({ at, kind: fc.constant('rival' as const) }), weight: 1 },
  { arbitrary: fc.record({ at, kind: fc.constant('newer' as const) }), weight: 1 },
  { arbitrary: fc.record({ at, kind: fc.constant('cancel' as const) }), weight: 1 },
  { arbitrary: fc.record({ at, kind: fc.constant('kill' as const) }), weight: 1 },
) as fc.Arbitrary<Happening>

export const anySchedule: fc.Arbitrary<Schedule> = fc
  .record({
    onInconclusive: fc.constantFrom('rollback', 'hold', 'promote'),
    onDrift: fc.constantFrom(undefined, 'restore', 'adopt'),
    onCancel: fc.constantFrom('rollback', 'pause'),
    capacityCheck: fc.constantFrom('wait', 'warn'),
    steps: fc.constantFrom<number[]>([20, 100], [10, 50, 100]),
    initial: fc.integer({ min: 0, max: 9 }).map((of) => of === 0),
    happenings: fc.array(happening, { maxLength: 7 }),
    killAtCall: fc.option(fc.integer({ min: 1, max: 250 }), { freq: 2 }),
    successor: fc.constantFrom('resume' as const, 'recover' as const, 'supersede' as const),
  })
  .map(({ initial, happenings, killAtCall, successor, onDrift, ...rest }) => ({
    settings: {
      ...usual,
      minStepDuration: 60_000,
      stepTimeout: 180_000,
      finalDuration: 60_000,
      settleTimeout: 30_000,
      capacityTimeout: 120_000,
      ...rest,
      ...(onDrift === undefined ? {} : { onDrift }),
    },
    initial,
    happenings,
    killAtCall,
    successor,
  }))

/** Hands are what a happening needs beside the cluster. */
export interface Hands {
  cancel(): void
  rival(): Promise<void>
  newer(): void
  foreign(): void
  /** An older text of the state than the one in force; null: there is none. */
  olderState(): string | null
}

/** arrange puts the happenings of a schedule into the cluster's time. */
export function arrange({ world }: ModelCluster, happenings: readonly Happening[], hands: Hands): void {
  for (const each of happenings) world.at(each.at, () => happen(world, each, hands))
}

function happen(world: ModelCluster['world'], each: Happening, hands: Hands): void | Promise<void> {
  switch (each.kind) {
    case 'canary-fails':
      return void world.traffic({ canaryFails: each.share })
    case 'traffic':
      return void world.traffic({ perSecond: each.perSecond })
    case 'metrics':
      world.metrics = each.answer
      return
    case 'scale':
      world.pods = { ...world.pods, [each.version]: each.pods }
      return
    case 'empty-pods':
      world.emptyPods = each.times
      return
    case 'command':
      return world.order(each.name)
    case 'foreign-share':
      hands.foreign()
      return world.routes.edit({ shares: { v1: 1 - each.share, v2: each.share } })
    case 'foreign-state':
      return foreignState(world, each.what, hands)
    case 'fault':
      world.fault = { code: each.code, calls: each.calls, done: each.done }
      return
    case 'clock':
      return world.jump(each.by)
    case 'rival':
      return hands.rival()
    case 'newer':
      return hands.newer()
    case 'cancel':
      return hands.cancel()
    case 'kill':
      world.dead = true
  }
}

function foreignState(
  world: ModelCluster['world'],
  what: 'removed' | 'garbage' | 'older' | 'reverted',
  hands: Hands,
): void {
  if (world.shown().state === null) return
  if (what === 'removed') world.routes.edit({ state: null })
  if (what === 'garbage') world.routes.edit({ state: '{"schema": 2, "weight": 1e999' })
  if (what === 'older') world.routes.edit({ state: hands.olderState() })
  if (what !== 'reverted') return
  hands.foreign()
  world.routes.edit({ state: null, command: null, shares: { v1: 1 } })
}
