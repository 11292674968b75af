import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type Grid, timeAt } from '../../src/release/evidence/grid.ts'
import { countWorld, type ProxyStory, truthOf } from './world.ts'

const start = 1_700_000_000_137

/** second gives a time near a release's start, in ms. */
const second = (from: number, until: number) =>
  fc.integer({ min: from, max: until }).map((s) => start + s * 1000)

function storyOf(pod: string, kind: ProxyStory['start']): fc.Arbitrary<ProxyStory> {
  return fc
    .record({
      workload: fc.constantFrom('api-v1', 'api-v2'),
      birth: fc.oneof(second(-900, -400), second(20, 200)),
      life: fc.option(fc.integer({ min: 300, max: 700 }), { nil: null }),
      scrapeEvery: fc.constantFrom(5, 10, 15, 30),
      phase: fc.integer({ min: 0, max: 29 }),
      restartGaps: fc.array(fc.integer({ min: 75, max: 500 }), { maxLength: 2 }),
      requests: fc.array(
        fc.tuple(fc.integer({ min: 0, max: 1500 }), fc.constantFrom('200', '200', '200', '503')),
        {
          maxLength: 60,
        },
      ),
      outage: fc.option(fc.tuple(fc.integer({ min: 0, max: 600 }), fc.integer({ min: 5, max: 100 })), {
        nil: null,
      }),
    })
    .map((draw) => {
      const death = draw.life === null ? null : draw.birth + draw.life * 1000
      let at = Math.max(draw.birth, start)
      const restarts: number[] = []
      for (const gap of draw.restartGaps) {
        at += gap * 1000 + 501
        if (death === null || at < death) restarts.push(at)
      }
      const requests = draw.requests
        .map(([s, code]): [number, string] => [draw.birth + s * 1000 + 250, code])
        .sort((a, b) => a[0] - b[0])
        .filter(([time]) => death === null || time < death)
      return {
        pod: `${draw.workload}-${pod}`,
        workload: draw.workload,
        birth: draw.birth,
        death,
        restarts,
        requests,
        scrapeEvery: draw.scrapeEvery * 1000,
        phase: draw.phase * 1000,
        unscraped:
          draw.outage === null
            ? []
            : [[start + draw.outage[0] * 1000, start + (draw.outage[0] + draw.outage[1]) * 1000]],
        start: kind,
      }
    })
}

const stories = (kind: ProxyStory['start']) =>
  fc
    .array(fc.constant(null), { minLength: 1, maxLength: 4 })
    .chain((pods) =>
      fc.tuple(...pods.map((_, index) => storyOf(`p${index}`, kind))).map((all): ProxyStory[] => all),
    )

const grids: fc.Arbitrary<Grid> = fc
  .record({ interval: fc.constantFrom(5_000, 15_000, 20_000), last: fc.integer({ min: 2, max: 60 }) })
  .map(({ interval, last }) => ({ start, interval, last }))

function birthsOf(all: ProxyStory[]): Record<string, number> {
  return Object.fromEntries(all.map((story) => [story.pod, story.birth]))
}

describe('laws of counting', () => {
  test('with the start times of proxies, counts are what the last scrapes had seen', () => {
    fc.assert(
      fc.property(stories('proxy'), grids, (all, grid) => {
        const { points, notes } = countWorld(all, grid, { births: birthsOf(all) })
        // an old pod whose first requests ever fell into an outage of its scrapes: nobody can date them
        fc.pre(!notes.some((note) => note.kind === 'return'))
        const last = points.at(-1)
        const until = timeAt(grid, grid.last)
        for (const [side, workload] of [
          ['canary', 'api-v2'],
          ['stable', 'api-v1'],
        ] as const) {
          if (last?.[side] != null) expect(last[side]).toEqual(truthOf(all, workload, start, until))
        }
      }),
      { numRuns: 600 },
    )
  })

  test('whatever is known of starts: never negative, never falling, bad within total, never beyond the truth', () => {
    const kinds = fc.constantFrom<ProxyStory['start']>('proxy', 'process', 'none')
    fc.assert(
      fc.property(kinds.chain(stories), grids, (all, grid) => {
        const { points } = countWorld(all, grid, { births: birthsOf(all) })
        expect(points).toHaveLength(grid.last + 1)
        let before = { canary: { total: 0, bad: 0 }, stable: { total: 0, bad: 0 } }
        for (const [index, point] of points.entries()) {
          expect(point.t).toBe((index * grid.interval) / 1000)
          for (const [side, workload] of [
            ['canary', 'api-v2'],
            ['stable', 'api-v1'],
          ] as const) {
            const counts = point[side]
            if (counts === null) continue
            const truth = truthOf(all, workload, start, timeAt(grid, index))
            expect(counts.bad).toBeGreaterThanOrEqual(before[side].bad)
            expect(counts.total - counts.bad).toBeGreaterThanOrEqual(before[side].total - before[side].bad)
            expect(counts.total).toBeLessThanOrEqual(truth.total)
            expect(counts.bad).toBeLessThanOrEqual(truth.bad)
            before = { ...before, [side]: counts }
          }
        }
      }),
      { numRuns: 150 },
    )
  })

  test('a longer look changes nothing of what was counted before', () => {
    fc.assert(
      fc.property(stories('proxy'), grids, fc.nat(), (all, grid, cut) => {
        const births = birthsOf(all)
        const shorter = { ...grid, last: cut % (grid.last + 1) }
        const long = countWorld(all, grid, { births }).points.slice(0, shorter.last + 1)
        expect(countWorld(all, shorter, { births }).points).toEqual(long)
      }),
      { numRuns: 200 },
    )
  })
})
