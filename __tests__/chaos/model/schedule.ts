import fc from 'fast-check'
import type { CommandName } from '../../../src/release/commands.ts'
import type { FailureCode } from '../../../src/release/failure.ts'
import type { Settings } from '../../../src/release/settings.ts'
import { settings as usual } from '../../rollout/release-state.ts'
import type { ForeignEdit } from './foreign.ts'
import type { Layout } from './objects.ts'
import type { MetricsAnswer } from './process.ts'
import type { OddRead } from './world.ts'

/** Happening is one thing that the world does to a release, at a time in ms since its start. */
export type Happening = { at: number } & (
  | { kind: 'canary-fails'; share: number }
  | { kind: 'traffic'; perSecond: number }
  | { kind: 'metrics'; answer: MetricsAnswer }
  | { kind: 'scale'; version: 'v1' | 'v2'; pods: number }
  | { kind: 'odd-read'; what: OddRead; calls: number }
  /** Somebody runs a command beside the release. */
  | { kind: 'command'; command: CommandName }
  | { kind: 'foreign'; edit: ForeignEdit }
  | { kind: 'fault'; code: FailureCode; calls: number; done: boolean; after: number }
  | { kind: 'clock'; by: number }
  | { kind: 'lease-deleted' }
  | { kind: 'cancel' }
  | { kind: 'kill' }
)

export type Successor = 'rollout' | 'reconcile' | 'abort' | 'rollback' | 'post'

/** Schedule is one life of a release. */
export interface Schedule {
  settings: Settings
  layout: Layout
  happenings: Happening[]
  /** The process dies at this call of the API server; null: it doesn't. */
  killAtCall: number | null
  successor: Successor
}

const at = fc.integer({ min: 0, max: 900 }).map((seconds) => seconds * 1000)
const one = <Value>(...values: Value[]) => fc.constantFrom(...values)
const of = <Fields>(kind: string, fields: { [Key in keyof Fields]: fc.Arbitrary<Fields[Key]> }) =>
  fc.record({ at, kind: fc.constant(kind), ...fields })

const faultCodes: FailureCode[] = [
  'server-error',
  'timeout',
  'unreachable',
  'conflict',
  'unauthorized',
  'forbidden',
  'not-found',
  'bad-answer',
  'rejected',
  'too-large',
  'already-exists',
  'kind-not-served',
]

const oddReads: OddRead[] = [
  'no-routes',
  'no-subsets',
  'no-release',
  'no-pods',
  'no-workloads',
  'no-service',
  'no-lease',
]

const edit: fc.Arbitrary<ForeignEdit> = fc.oneof(
  fc.record({ what: one('share' as const), share: one(0, 0.05, 0.5, 1), everywhere: fc.boolean() }),
  fc.record({
    what: one(
      'third-destination' as const,
      'destinations-deleted' as const,
      'routes-deleted' as const,
      'state-removed' as const,
      'state-garbage' as const,
      'state-older' as const,
      'state-copied' as const,
      'reverted' as const,
      'neighbour-changed' as const,
    ),
  }),
  fc.record({
    what: one('subset-relabelled' as const, 'subset-deleted' as const),
    subset: one<'v1' | 'v2'>('v1', 'v2'),
  }),
  fc.record({
    what: one('state-forged' as const),
    at: fc.nat(200),
    value: one<unknown>(null, -1, 1e300, '', [], {}),
  }),
)

const happening = fc.oneof(
  { arbitrary: of('canary-fails', { share: one(0.06, 0.5) }), weight: 2 },
  { arbitrary: of('traffic', { perSecond: one(0, 1, 50) }), weight: 2 },
  {
    arbitrary: of('metrics', {
      answer: one<MetricsAnswer>('ok', 'ok', 'down', 'odd', 'refused', 'partial', 'blind', 'gone'),
    }),
    weight: 4,
  },
  { arbitrary: of('scale', { version: one('v1', 'v2'), pods: one(0, 1, 2, 3) }), weight: 4 },
  { arbitrary: of('odd-read', { what: one(...oddReads), calls: one(1, 2) }), weight: 2 },
  {
    arbitrary: of('command', {
      command: one<CommandName>(
        'pause',
        'abort',
        'promote',
        'rollback',
        'reconcile',
        'rollout',
        'pin',
        'status',
      ),
    }),
    weight: 3,
  },
  { arbitrary: of('foreign', { edit }), weight: 5 },
  {
    arbitrary: of('fault', {
      code: one(...faultCodes),
      calls: one(1, 2, 5, 30),
      done: fc.boolean(),
      after: one(0, 0, 10_000),
    }),
    weight: 4,
  },
  { arbitrary: of('clock', { by: one(-30_000, 60_000, 900_000) }), weight: 1 },
  { arbitrary: of('lease-deleted', {}), weight: 1 },
  { arbitrary: of('cancel', {}), weight: 1 },
  { arbitrary: of('kill', {}), weight: 1 },
) as fc.Arbitrary<Happening>

const quick = {
  minStepDuration: 60_000,
  stepTimeout: 180_000,
  finalDuration: 60_000,
  settleTimeout: 30_000,
  capacityTimeout: 120_000,
}

/** quickSettings are settings of a short release. */
export const quickSettings: Settings = { ...usual, steps: [20, 100], ...quick }

export const anySchedule: fc.Arbitrary<Schedule> = fc
  .record({
    onInconclusive: fc.constantFrom('rollback', 'hold', 'promote'),
    onDrift: fc.constantFrom(undefined, 'restore', 'adopt'),
    onCancel: fc.constantFrom('rollback', 'pause', 'ignore'),
    capacityCheck: fc.constantFrom('wait', 'warn'),
    steps: fc.constantFrom<number[]>([20, 100], [10, 50, 100]),
    layout: fc.constantFrom<Layout>('one', 'one', 'two', 'none'),
    happenings: fc.array(happening, { maxLength: 7 }),
    killAtCall: fc.option(fc.integer({ min: 1, max: 350 }), { freq: 2 }),
    successor: fc.constantFrom<Successor>('rollout', 'reconcile', 'abort', 'rollback', 'post'),
  })
  .map(({ happenings, killAtCall, successor, layout, onDrift, ...rest }) => ({
    settings: { ...usual, ...quick, ...rest, ...(onDrift === undefined ? {} : { onDrift }) },
    layout,
    happenings,
    killAtCall,
    successor,
  }))

const shortFault = fc.record({
  kind: one('fault' as const),
  code: one(...faultCodes),
  calls: one(1),
  done: fc.boolean(),
  after: one(0, 10_000),
})
const shortOddRead = fc.record({ kind: one('odd-read' as const), what: one(...oddReads), calls: one(1) })

/** harmlessSchedule is a good release in a world that gives single odd answers, far from one another. */
export const harmlessSchedule: fc.Arbitrary<Schedule> = fc
  .record({
    layout: fc.constantFrom<Layout>('one', 'two', 'none'),
    odd: fc.array(fc.oneof(shortFault, shortOddRead), { minLength: 1, maxLength: 6 }),
    first: fc.integer({ min: 0, max: 30 }),
  })
  .map(({ layout, odd, first }) => ({
    settings: quickSettings,
    layout,
    happenings: odd.map((each, index) => ({ ...each, at: first * 1000 + index * 30_000 }) as Happening),
    killAtCall: null,
    successor: 'rollout' as const,
  }))
