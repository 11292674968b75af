import { describe, expect, test } from '@jest/globals'
import type { DecisionCause } from '../../src/release/outcome/cause.ts'
import type { EventBody } from '../../src/release/record/event-body.ts'
import { decodeRecord, encodeRecord } from '../../src/release/record/record-codec.ts'
import { causeSentence, causeText } from '../../src/report/words/events/cause.ts'
import { toEvent } from '../../src/report/words/events/event.ts'
import { detailOf } from '../../src/report/words/events/infrastructure.ts'
import { logLine } from '../../src/report/words/events/log-line.ts'

const at = '2026-01-01T00:00:00.000Z'
const pods = { needed: 4, ready: 1, reasons: [{ reason: 'ImagePullBackOff', count: 3 }] }
const drift = { routed: { min: 0.1, max: 0.5 }, weight: 10, changedBy: 'kubectl: weight' }
const shortage = { stable: 'v1', canary: 'v2', weight: 10, moved: true }
const scale = { namespace: 'shop', workload: 'my-api-v1', replicas: 3 }

describe('what led to a decision', () => {
  const rows: [DecisionCause, string][] = [
    [{ kind: 'command', command: 'pause', by: 'run 7' }, 'paused by run 7'],
    [{ kind: 'command', command: 'supersede', by: 'v3 (run 8)' }, 'superseded by v3 (run 8)'],
    [
      { kind: 'superseded', release: 'my-api-v3-8', version: 'v3', holder: 'run 8' },
      'release my-api-v3-8 of v3 (held by run 8) took its place',
    ],
    [
      { kind: 'pods-lost', ...pods, ready: 0, lowSeconds: null },
      'no canary pod is ready (3 × ImagePullBackOff)',
    ],
    [
      { kind: 'pods-lost', ...pods, reasons: [], lowSeconds: 31 },
      'only 1 of 4 canary pods have been ready for 31 s',
    ],
    [
      { kind: 'step-capacity', weight: 50, ...pods },
      '50% needs 4 ready canary pods, 1 are: 3 × ImagePullBackOff',
    ],
    [
      { kind: 'promotion-capacity', by: 'run 7', ...pods, reasons: [] },
      'promotion asked for by run 7 needs 4 ready canary pods, 1 are',
    ],
    [
      { kind: 'share-exceeded', canary: 33, total: 100, weight: 10 },
      'the canary got 33% of 100 requests, 10% was asked for: somebody reaches its pods past the route',
    ],
    [
      { kind: 'drift', drift, restored: null },
      'somebody changed the routes: they give the canary 10% to 50%, the release had set 10% (kubectl: weight). Nothing was overwritten; put the routes right before the release goes on',
    ],
    [
      { kind: 'drift', drift: { ...drift, routed: { min: 0.5, max: 0.5 }, changedBy: null }, restored: 3 },
      'somebody changed the routes: they give the canary 50%, the release had set 10%. They were put back 3 times already; put the routes right before the release goes on',
    ],
    [
      { kind: 'stable-shortage', shortage, reason: 'drift', cause: { kind: 'drift', drift, restored: null } },
      `Stable v1 has too few ready pods for all of it: v2 keeps 10%. It was to be rolled back for drift: ${causeText({ kind: 'drift', drift, restored: null })}`,
    ],
    [
      {
        kind: 'stable-shortage',
        shortage: { ...shortage, moved: false },
        reason: null,
        cause: { kind: 'failure', sentence: 'The annotation is gone.' },
      },
      'The annotation is gone. Stable v1 has no ready pod to return to: nothing was moved.',
    ],
  ]
  test.each(rows)('%j', (cause, text) => {
    expect(causeText(cause)).toBe(text)
    expect(causeSentence(cause)).toMatch(/^[A-Z0-9].*[.!?]$/)
  })

  test('nothing led to it: nothing is said', () => {
    expect(causeSentence(null)).toBe('')
    expect(causeSentence({ kind: 'failure', sentence: '' })).toBe('')
  })
})

describe('an event is recorded as data with its sentence', () => {
  const rows: [EventBody, object][] = [
    [
      { type: 'warning', code: 'drift-restored', details: { drift } },
      { code: 'drift-restored', details: { drift }, text: expect.stringMatching(/\. 10% was put back\.$/) },
    ],
    [
      { type: 'warning', code: 'retry', details: { failure: 'conflict', error: 'Somebody was faster.' } },
      { code: 'conflict', text: 'Somebody was faster. Trying again.' },
    ],
    [
      { type: 'warning', code: 'routing', details: { problem: 'SG-x', text: 'A rule is left alone.' } },
      { code: 'SG-x', text: 'A rule is left alone.' },
    ],
    [
      { type: 'warning', code: 'comment-late', details: { seconds: 30 } },
      { code: 'comment', text: "GitHub gave no answer within 30 s: the comment doesn't show the end." },
    ],
    [
      { type: 'warning', code: 'metrics-outage', details: { error: 'No answer' } },
      { text: 'No answer. Traffic stays where it is; without counts nothing passes.' },
    ],
    [
      {
        type: 'warning',
        code: 'stable-short',
        details: { version: 'v1', carried: 1 / 3, weight: 67, scale },
      },
      {
        text: 'Stable v1 has pods for 33% of the traffic: the canary keeps 67% until more are ready. Scale it up: kubectl -n shop scale deployment my-api-v1 --replicas=3',
      },
    ],
    [
      { type: 'phase', phase: 'waiting-for-pods', cause: { kind: 'step-capacity', weight: 50, ...pods } },
      { phase: 'waiting-for-pods', text: '50% needs 4 ready canary pods, 1 are: 3 × ImagePullBackOff' },
    ],
    [
      {
        type: 'phase',
        phase: 'queued',
        version: 'v3',
        behind: { kind: 'process', holder: 'run 7' },
        left: 90_000,
      },
      {
        phase: 'queued',
        text: 'run 7 is working on this target. v3 begins when that has ended; it waits 1m30s at most.',
      },
    ],
    [
      {
        type: 'phase',
        phase: 'superseding',
        version: 'v3',
        release: {
          kind: 'release',
          id: 'my-api-v2-7',
          version: 'v2',
          stable: 'v1',
          weight: 33.3,
          holder: 'h',
        },
      },
      {
        text: 'Release my-api-v2-7 of v2 is in flight at 33.3% (held by h). It gives way to v3: all traffic goes to v1.',
      },
    ],
    [
      { type: 'phase', phase: 'preview', testers: { cookie: 'beta', value: 'on' } },
      { phase: 'preview', text: 'requests with the cookie beta: on reach the canary' },
    ],
    [
      {
        type: 'infrastructure',
        t: 30,
        canary: { steal: 0.38, throttled: 0.2 },
        stable: { steal: 0.02, throttled: null },
        issue: { steal: { canary: 0.38, stable: 0.02 }, throttled: { canary: 0.2, stable: null } },
      },
      {
        text: "38% of the CPU time of the canary's nodes is stolen (stable's: 2%); the canary's sidecars are throttled in 20% of their periods",
      },
    ],
    [
      {
        type: 'finding',
        finding: { id: 'error-limit', level: 'error', details: { rate: 0.03, requests: 9000, limit: 0.02 } },
      },
      {
        finding: {
          id: 'error-limit',
          level: 'error',
          text: 'Stable failed 3% of 9,000 requests before the release, over max-error-rate (2%): a canary like it could not pass a step.',
          remedy: expect.any(String),
        },
      },
    ],
    [
      {
        type: 'write',
        object: 'VirtualService shop/my-api',
        action: 'patch',
        summary: 'annotations',
        patch: [],
        warnings: [],
        state: { phase: 'observing', weight: 10, reason: '', holder: 'run 7' },
      },
      { summary: 'state: step timer started at 10%' },
    ],
  ]
  test.each(rows)('%j', (body, expected) => {
    const event = toEvent(body, at)
    expect(event).toMatchObject({ at, type: body.type, ...expected })
    expect(decodeRecord(encodeRecord([event]))).toEqual([event])
  })
})

test('a record of before has its sentences as they were said, without what they were made of', () => {
  const line = JSON.stringify({ at, type: 'warning', code: 'drift-restored', text: 'Put back.' })
  expect(decodeRecord(line)).toEqual([{ at, type: 'warning', code: 'drift-restored', text: 'Put back.' }])
  expect(detailOf({ detail: '38% stolen' })).toBe('38% stolen')
})

test('a poll interval that is longer than the scrape interval is explained', () => {
  const source = { reporter: 'source', label: 'destination_workload', canary: 'b', stable: 'a' } as const
  const baseline = { at, type: 'baseline', source, calibration: null, rate: 20, interval: 15_000 } as const
  expect(logLine(baseline)).toBe('requests before the release: 20 a second; counted by source')
  expect(logLine({ ...baseline, scrapeInterval: 5_000 })).toMatch(
    /; polled every 15s rather than every 5s: stable's errors come in bursts that outlast a scrape$/,
  )
  const [read] = decodeRecord(encodeRecord([{ ...baseline, scrapeInterval: 5_000 }]))
  expect(read).toMatchObject({ scrapeInterval: 5_000 })
})
