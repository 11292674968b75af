import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { liveOut } from './model/life.ts'
import type { Layout } from './model/objects.ts'
import {
  anySchedule,
  type Happening,
  harmlessSchedule,
  quickSettings,
  type Schedule,
} from './model/schedule.ts'

/** `npm run test:chaos` asks for more. */
const asked = process.env['SHIFTGATE_CHAOS_RUNS']
const runs = Number(asked ?? 50)
// The short form lives the same lives each time: a finding belongs to the change that made it.
const seed = Number(process.env['SHIFTGATE_CHAOS_SEED'] ?? '1')
const time = Math.max(60_000, runs * 500)

describe('whatever happens to a release', () => {
  test(
    'no law is broken at any write, and a run after it can put it right',
    async () => {
      await fc.assert(
        fc.asyncProperty(anySchedule, async (schedule) => {
          expect((await liveOut(schedule)).broken).toEqual([])
        }),
        { numRuns: runs, seed },
      )
    },
    time,
  )

  test(
    'single odd answers change nothing: a good release is promoted',
    async () => {
      await fc.assert(
        fc.asyncProperty(harmlessSchedule, async (schedule) => {
          const { broken, first } = await liveOut(schedule)
          expect([broken, first?.message, first?.result]).toEqual([[], expect.any(String), 'promoted'])
        }),
        { numRuns: Math.ceil(runs / 5), seed },
      )
    },
    time,
  )

  test(
    'a forge that fails changes nothing of what becomes of a release',
    async () => {
      await fc.assert(
        fc.asyncProperty(anySchedule, async (schedule) => {
          const [plain, commented] = [await liveOut(schedule), await liveOut(schedule, { brokenForge: true })]
          const ends = ({ first, second }: typeof plain) =>
            [first, second].map((end) => [end?.result, end?.reasonCode, end?.weight])
          expect(ends(commented)).toEqual(ends(plain))
          expect(commented.broken).toEqual([])
        }),
        { numRuns: Math.ceil(runs / 10), seed },
      )
    },
    time,
  )

  /** Lives that broke a law once, as short as they can be. */
  const found: [string, Layout, Happening[], Partial<Schedule['settings']>, Schedule['successor']][] = [
    [
      'the DestinationRule is deleted between two steps',
      'none',
      [{ at: 73_000, kind: 'foreign', edit: { what: 'destinations-deleted' } }],
      {},
      'rollback',
    ],
    [
      "the canary's subset is given stable's labels, and drift is taken back",
      'two',
      [
        { at: 15_000, kind: 'foreign', edit: { what: 'subset-relabelled', subset: 'v2' } },
        { at: 153_000, kind: 'foreign', edit: { what: 'share', share: 0, everywhere: true } },
      ],
      { steps: [10, 50, 100], onDrift: 'restore', onCancel: 'ignore' },
      'rollback',
    ],
    [
      'the VirtualService that holds the state is deleted, and another of the host is left',
      'two',
      [
        { at: 93_000, kind: 'metrics', answer: 'refused' },
        { at: 147_000, kind: 'foreign', edit: { what: 'routes-deleted' } },
      ],
      { steps: [10, 50, 100], onInconclusive: 'hold' },
      'rollback',
    ],
    [
      'routes that the release made are deleted, its process is killed, and a cancelled release is to pause',
      'none',
      [
        { at: 60_000, kind: 'foreign', edit: { what: 'reverted' } },
        { at: 60_000, kind: 'kill' },
      ],
      { onCancel: 'pause' },
      'reconcile',
    ],
    [
      'the routes are deleted while users are watched after the last write',
      'one',
      [
        { at: 70_000, kind: 'foreign', edit: { what: 'reverted' } },
        { at: 95_000, kind: 'foreign', edit: { what: 'routes-deleted' } },
      ],
      {},
      'abort',
    ],
    [
      'Prometheus answers in part before the release begins',
      'none',
      [{ at: 1_000, kind: 'metrics', answer: 'partial' }],
      {},
      'abort',
    ],
    [
      'the state is taken away while users are watched after the last write',
      'one',
      [
        { at: 11_000, kind: 'odd-read', what: 'no-pods', calls: 1 },
        { at: 16_000, kind: 'foreign', edit: { what: 'state-removed' } },
      ],
      {},
      'abort',
    ],
  ]
  test.each(found)('%s', async (_name, layout, happenings, settings, successor) => {
    const all = { ...quickSettings, ...settings }
    const lived = await liveOut({ settings: all, layout, happenings, killAtCall: null, successor })
    expect(lived.broken).toEqual([])
  })
})
