import { expect, test } from '@jest/globals'
import type { Counts, Poll } from '../../src/release/evidence/counts.ts'
import { Failure } from '../../src/release/failure.ts'
import type { EventBody } from '../../src/release/record/event-body.ts'
import type { Warning } from '../../src/release/record/warning.ts'
import { warningText } from '../../src/report/words/events/warning.ts'
import { createLoopMemory } from '../../src/rollout/loop/memory.ts'
import { recordStreams } from '../../src/rollout/loop/stream-watch.ts'
import type { Session } from '../../src/rollout/session.ts'
import { release, settings } from './release-state.ts'

const never = new AbortController().signal
const interval = 15_000

interface Life {
  /** The canary's requests at each poll, cumulative. */
  canary: number[]
  messages?: () => Promise<{ canary: number; stable: number }>
  weight?: number
  outage?: boolean
}

/** live polls a step of a release; gives the polls at which messages were asked for, over how many s, and what was written down. */
async function live({
  canary,
  messages = async () => ({ canary: 120, stable: 1080 }),
  weight = 10,
  outage = false,
}: Life) {
  const state = release({ step: 0, weight, stepStates: [{ weight } as never] })
  const asked: [poll: number, seconds: number][] = []
  const events: EventBody[] = []
  let poll = 0
  const session = {
    held: { state, text: '', home: '' },
    settings,
    scope: { namespace: 'shop', service: 'my-api', clusterDomain: 'cluster.local' },
    metrics: {
      streamMessages: ({ start, until }: { start: number; until: number }) => {
        asked.push([poll, (until - start) / 1000])
        return messages()
      },
    },
    record: (event: EventBody) => events.push(event),
  } as unknown as Session
  const memory = createLoopMemory(session)
  if (outage) memory.outage = { reason: 'metrics-outage', sentence: '' }
  const polls: Poll[] = []
  for (const total of canary) {
    poll += 1
    const counted: Counts = { total, bad: 0 }
    polls.push({ t: (poll * interval) / 1000, step: 0, canary: counted, stable: counted })
    memory.assessment = { polls } as never
    memory.countedUntil = state.startedAt + poll * interval
    await recordStreams(session, memory, never)
  }
  const warnings = events as unknown as Warning[]
  return { asked, texts: warnings.map(warningText) }
}

const silent = (polls: number, requests = 0) =>
  Array.from({ length: polls }, (_, at) => Math.min(at, requests))

test('where no request of the canary ends, messages prove that streams live, and how they are shared', async () => {
  const { asked, texts } = await live({ canary: silent(20) })
  expect(asked).toEqual([[4, 60]])
  expect(texts).toEqual([
    'No request of the canary has ended in this step, and 120 of 1,200 gRPC messages of the last 1m (10%, asked for is 10%) went to it: streams are counted when they end. Messages carry no code: they prove the share and that streams live, never that they are well.',
  ])
})

test('a few requests that ended are said', async () => {
  const { texts } = await live({ canary: silent(8, 3) })
  expect(texts).toEqual([expect.stringMatching(/^No more than 3 requests of the canary have ended/)])
})

test('without messages it is asked ever more seldom', async () => {
  const { asked, texts } = await live({
    canary: silent(40),
    messages: async () => ({ canary: 0, stable: 0 }),
  })
  expect(asked).toEqual([
    [4, 60],
    [8, 120],
    [16, 240],
    [32, 480],
  ])
  expect(texts).toEqual([])
})

test.each<[string, Life, number]>([
  ['requests end', { canary: Array.from({ length: 20 }, (_, at) => at * 10) }, 0],
  ['the canary gets no traffic', { canary: silent(20), weight: 0 }, 0],
  ['the store is away', { canary: silent(20), outage: true }, 0],
  [
    'the question is refused',
    { canary: silent(5), messages: () => Promise.reject(new Failure('bad-query', 'no')) },
    1,
  ],
])('nothing is said where %s', async (_, life, questions) => {
  const { asked, texts } = await live(life)
  expect(asked).toHaveLength(questions)
  expect(texts).toEqual([])
})
