import { describe, expect, test } from '@jest/globals'
import type { PodRequests } from '../../src/release/evidence/failed-requests.ts'
import { Failure } from '../../src/release/failure.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { mistakeIn } from '../../src/release/record/record-shape.ts'
import {
  failureKindText,
  failureSpreadSentence,
  placeAdvice,
} from '../../src/report/words/failed-requests.ts'
import { recordFailedRequests } from '../../src/rollout/actions/failed-requests.ts'
import { failureSpread } from '../../src/rollout/evidence/failure-spread.ts'
import type { LoopMemory } from '../../src/rollout/loop/memory.ts'
import type { Session } from '../../src/rollout/session.ts'
import { release, settings } from './release-state.ts'

type Row = [pod: string, node: string | null, zone: string | null, total: number, bad: number]
const pods = (...rows: Row[]): PodRequests[] =>
  rows.map(([pod, node, zone, total, bad]) => ({ pod, node, zone, total, bad }))
const stable = pods(['s1', 'n1', 'a', 1000, 2], ['s2', 'n2', 'b', 1000, 3], ['s3', 'n3', 'b', 1000, 1])

describe('a bad pod, node or zone told from a bad version', () => {
  test.each<[string, PodRequests[], PodRequests[], string | null]>([
    ['each pod fails', pods(['c1', 'n1', 'a', 100, 20], ['c2', 'n2', 'b', 100, 25]), stable, 'everywhere'],
    [
      'one pod fails, on a node that stable shares',
      pods(['c1', 'n1', 'a', 100, 40], ['c2', 'n2', 'b', 100, 0]),
      stable,
      'pod c1',
    ],
    [
      'all on one node fail, of both versions',
      pods(['c1', 'n1', 'a', 100, 40], ['c2', 'n2', 'b', 100, 0]),
      pods(['s1', 'n1', 'a', 1000, 400], ['s2', 'n2', 'b', 1000, 3]),
      'node n1',
    ],
    [
      'all in one zone fail',
      pods(['c1', 'n1', 'a', 100, 40], ['c2', 'n2', 'a', 100, 45], ['c3', 'n3', 'b', 100, 0]),
      pods(['s3', 'n3', 'b', 1000, 1]),
      'zone a',
    ],
    ['nodes are not known', pods(['c1', null, null, 100, 40], ['c2', null, null, 100, 0]), stable, 'pod c1'],
    [
      'one pod is worst, and the others are bad too',
      pods(['c1', 'n1', 'a', 100, 90], ['c2', 'n2', 'b', 100, 20]),
      stable,
      'everywhere',
    ],
    ['there is one pod', pods(['c1', 'n1', 'a', 100, 40]), stable, null],
    [
      'a pod without requests is none',
      pods(['c1', 'n1', 'a', 100, 40], ['c2', 'n2', 'b', 0, 0]),
      stable,
      null,
    ],
    ['too few failed', pods(['c1', 'n1', 'a', 40, 4], ['c2', 'n2', 'b', 50, 1]), stable, null],
    ['nothing failed', pods(['c1', 'n1', 'a', 40, 0], ['c2', 'n2', 'b', 50, 0]), stable, null],
    ['no pod of stable is known', pods(['c1', 'n1', 'a', 100, 40], ['c2', 'n2', 'b', 100, 41]), [], null],
    ['no pod is known', [], [], null],
  ])('%s', (_, canary, beside, expected) => {
    const spread = failureSpread({ pods: { canary, stable: beside } })
    const found =
      spread === null ? null : spread.kind === 'everywhere' ? spread.kind : `${spread.kind} ${spread.name}`
    expect(found).toBe(expected)
    if (spread !== null)
      expect(failureSpreadSentence(spread)).toMatch(/it is the version|and not the version/)
    expect(placeAdvice(spread)).toEqual(
      expected === null || expected === 'everywhere'
        ? null
        : expect.stringContaining(`Look at ${expected} first`),
    )
  })

  test('a sentence says of stable what is known of it', () => {
    const [inside, others] = [
      { total: 100, bad: 40 },
      { total: 1000, bad: 2 },
    ]
    const none = { total: 0, bad: 0 }
    const reported = (stable: { inside: typeof none; others: typeof none }, kind: 'pod' | 'node' = 'node') =>
      failureSpreadSentence({ kind, name: 'n1', inside, others, stable })
    const there =
      "The failures lie on node n1: 40% of the canary's 100 requests failed there, 0.2% of 1,000 on its other pods"
    const stable = { inside: { total: 500, bad: 150 }, others: { total: 4000, bad: 12 } }
    expect(reported({ inside: none, others: none })).toBe(
      `${there}. It may be the node, and not the version.`,
    )
    expect(reported({ ...stable, inside: none })).toBe(
      `${there}, like stable's 0.3%. It may be the node, and not the version.`,
    )
    expect(reported(stable)).toBe(
      `${there}, like stable's 0.3%; 30% of stable's there as well. It is the node, and not the version.`,
    )
    expect(reported({ ...stable, inside: none }, 'pod')).toMatch(/It may be the pod/)
  })

  test.each([
    [
      { code: '503', grpcStatus: null, flags: 'UF', route: 'GetCart', caller: 'web', count: 1234 },
      '503 UF GetCart, from web: 1,234',
    ],
    [{ code: '200', grpcStatus: '14', flags: null, route: null, caller: null, count: 1 }, 'gRPC 14: 1'],
    [{ code: '0', grpcStatus: null, flags: 'UT', route: null, caller: null, count: 2 }, 'no answer UT: 2'],
  ])('%j is said as: %s', (kind, text) => expect(failureKindText(kind)).toBe(text))
})

describe('asking which requests failed', () => {
  const state = release({
    source: { reporter: 'source', label: 'destination_workload', canary: 'v2', stable: 'v1' },
  })
  const none = { kinds: { canary: [], stable: [] }, pods: { canary: [], stable: [] } }

  async function asked(
    answer: () => Promise<unknown>,
    over: object = {},
    bad = 3,
    known: object | null = null,
  ) {
    const events: Pick<RecordEvent, 'type'>[] = []
    const questions: { until: number }[] = []
    const session = {
      held: { state, text: '', home: '' },
      settings,
      scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
      metrics: {
        failedRequests: (query: { until: number }) => {
          questions.push(query)
          return answer()
        },
      },
      workloads: { workloads: () => Promise.reject(new Failure('forbidden', 'no pods for you')) },
      record: (event: Pick<RecordEvent, 'type'>) => events.push(event),
      ...over,
    } as unknown as Session
    const polls = [{ t: 15, step: 0, canary: { total: 9, bad }, stable: { total: 9, bad: 0 } }]
    const memory = { assessment: { polls }, outage: null, countedUntil: state.startedAt + 15_000 }
    await recordFailedRequests(
      session,
      (known ?? memory) as unknown as LoopMemory,
      new AbortController().signal,
    )
    return { events, questions }
  }

  test('what is found is written down, without nodes where pods can not be read', async () => {
    const pod = { pod: 'p', node: null, zone: null, total: 9, bad: 3 }
    const { events } = await asked(async () => ({ ...none, pods: { canary: [pod], stable: [] } }))
    expect(events).toEqual([
      { type: 'failed-requests', kinds: none.kinds, pods: { canary: [pod], stable: [] }, spread: null },
    ])
    expect(mistakeIn({ at: '2026-11-20T10:00:00.000Z', ...events[0] })).toBeNull()
  })

  test.each([
    ['refused', new Failure('bad-query', 'unknown function')],
    ['aborted', new Failure('aborted', 'timeout')],
    ['broken', new Error('x')],
  ])('a question that is %s changes nothing', async (_, error) => {
    expect((await asked(() => Promise.reject(error))).events).toEqual([])
  })

  test.each<[string, object | null, object | undefined]>([
    ['the last poll is missing', { t: 30, step: 0, canary: null, stable: null }, undefined],
    [
      'a process finishes a roll-back and has counted nothing',
      null,
      { canary: [9, 3], at: state.startedAt + 15_000 },
    ],
  ])('it is asked where %s', async (_, missing, end) => {
    const polls = [{ t: 15, step: 0, canary: { total: 9, bad: 3 }, stable: { total: 9, bad: 0 } }]
    const assessment = missing === null ? null : { polls: [...polls, missing] }
    const stepStates = end === undefined ? [] : [{ end }]
    const over = { held: { state: { ...state, stepStates }, text: '', home: '' } }
    const memory = {
      assessment,
      outage: null,
      countedUntil: state.startedAt + (missing === null ? -1 : 30_000),
    }
    const { events, questions } = await asked(async () => none, over, 0, memory)
    expect(events).toMatchObject([{ type: 'failed-requests' }])
    expect(questions.map(({ until }) => until)).toEqual([
      state.startedAt + (missing === null ? 15_000 : 30_000),
    ])
  })

  test.each([
    ['nothing failed', {}, 0],
    ['there is no Prometheus', { withoutMetrics: true }, 3],
  ])('nothing is asked where %s', async (_, over, bad) => {
    expect((await asked(async () => none, over, bad)).questions).toEqual([])
  })
})
