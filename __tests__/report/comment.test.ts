import { describe, expect, test } from '@jest/globals'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { resultJson } from '../../src/report/json.ts'
import { commentMarker, renderComment } from '../../src/report/markdown/comment.ts'
import { renderProgress } from '../../src/report/terminal.ts'
import { logLine } from '../../src/report/words/events/log-line.ts'
import { at, outcome, promoted, release, rolledBack, running, start, verdict } from './records.ts'

const options = { now: start + 600_000, runUrl: null, marker: '<!-- m -->' }
const comment = (record: readonly RecordEvent[]) => renderComment(record, options)
const ended = (record: readonly RecordEvent[], over: Partial<Outcome>) => [
  ...record.filter((event) => event.type !== 'outcome'),
  { at: at(400), type: 'outcome', outcome: outcome(over) } as RecordEvent,
]

describe('the first line is the verdict', () => {
  const cases: [string, readonly RecordEvent[], string][] = [
    ['promoted', promoted, '### ✅ v2 is serving all of shop/my-api'],
    [
      'promoted without proof',
      ended(promoted, { reasonCode: 'promoted-unproven' }),
      '### ☑️ v2 is serving all of shop/my-api: promoted unproven, with too few requests for a pass',
    ],
    [
      'rolled back on proof',
      rolledBack,
      '### ↩️ v2 was rolled back at 50%: fails 5% of its requests where stable fails 0.11%; v1 serves all of shop/my-api',
    ],
    [
      'rolled back in an outage',
      ended(running, { result: 'rolled-back', reasonCode: 'metrics-outage', exitCode: 4, weight: 0 }),
      '### ↩️ v2 was rolled back at 50%: metrics unavailable (Prometheus did not answer); v1 serves all of shop/my-api',
    ],
    [
      'rolled back by command',
      ended([release()], { result: 'rolled-back', reasonCode: 'rolled-back-by-command', weight: 0 }),
      '### ↩️ v2 was rolled back, as asked; v1 serves all of shop/my-api',
    ],
    [
      'paused',
      ended(running, {
        result: 'paused',
        reasonCode: 'no-data',
        exitCode: 4,
        weight: 50,
        message: 'No data for 15m.',
      }),
      '### ⏸️ v2 is held at 50% of shop/my-api: metrics unavailable (no usable counts from Prometheus)',
    ],
    [
      'a step of step mode',
      ended(running, {
        result: 'in-progress',
        reasonCode: 'step-complete',
        weight: 50,
        message: 'v2 gets 50%.',
      }),
      "### 🔄 50%: v2 of shop/my-api: this run's step is complete",
    ],
    [
      'refused',
      ended([release()], {
        result: 'refused',
        reasonCode: 'locked',
        exitCode: 3,
        message: 'Run 12 holds the release.',
      }),
      '### ⛔ Nothing was changed in shop/my-api: Run 12 holds the release',
    ],
    [
      'unsafe',
      ended(running, {
        result: 'unsafe',
        reasonCode: 'rollback-failed',
        exitCode: 5,
        message: 'Traffic is at 50%. Run: kubectl apply -f back.yaml',
      }),
      '### 🛑 shop/my-api: a person must act: Traffic is at 50%. Run: kubectl apply -f back.yaml',
    ],
    [
      'initialized',
      ended([release({ stable: null })], { result: 'initialized', reasonCode: 'initialized' }),
      '### ✅ v2 is serving all of shop/my-api, as its first version',
    ],
    [
      'already promoted',
      ended([release()], { result: 'already-promoted', reasonCode: 'already-promoted' }),
      '### ✅ v2 was already serving all of shop/my-api',
    ],
    [
      'running',
      running,
      '### 🔄 50%: v2 of shop/my-api: running, collecting requests; 312 canary requests to go, at least 1m more',
    ],
    ['not begun', [release()], '### 🔄 v2 of shop/my-api: getting ready'],
    [
      'settling',
      running.slice(
        0,
        running.findIndex((event) => event.type === 'settled'),
      ),
      '### 🔄 10%: v2 of shop/my-api: settling, waiting until the proxies have the weights',
    ],
    [
      'being rolled back',
      rolledBack.filter((event) => event.type !== 'outcome'),
      '### ↩️ 50%: v2 of shop/my-api is being rolled back: fails 5% of its requests where stable fails 0.11%',
    ],
    [
      'holding',
      [
        ...running,
        {
          at: at(300),
          type: 'verdict',
          step: 1,
          verdict: verdict({ verdict: 'hold', reason: 'no-data', needed: null }),
        },
      ],
      '### 🔄 50%: v2 of shop/my-api: holding, metrics unavailable (no usable counts from Prometheus)',
    ],
  ]
  test.each(cases)('%s', (_name, record, line) => {
    expect(comment(record).split('\n', 1)[0]).toBe(line)
  })
})

describe('the table', () => {
  const rows = (record: readonly RecordEvent[]) =>
    comment(record)
      .split('\n')
      .filter((line) => line.startsWith('| **') || line.includes('to come'))

  test('has a row for each step, in figures of its own', () => {
    expect(rows(rolledBack)).toEqual([
      '| **10%** | ✅ **passed**: rules out failing 1 point more often than stable | 10% | **0.08%**<br>1&nbsp;of&nbsp;1,200 | **0.12%**<br>13&nbsp;of&nbsp;10,800 | 2m30s |',
      '| **50%** | ❌ **failed**: fails 5% of its requests where stable fails 0.11% | 50% | **5%**<br>90&nbsp;of&nbsp;1,800 | **0.11%**<br>2&nbsp;of&nbsp;1,800 | 45s |',
    ])
  })

  test('shows the steps to come, and that at 100% nobody is left to compare with', () => {
    expect(rows(running).at(-1)).toBe('| 100% | to come |  |  |  |  |')
    expect(rows(promoted).at(-1)).toContain('| no traffic left |')
  })
})

describe('what a step says of its end', () => {
  const row = (record: readonly RecordEvent[]) =>
    comment(record)
      .split('\n')
      .findLast((line) => line.startsWith('| **'))
      ?.split(' | ')[1]
  const end = (verdict: 'fail' | 'inconclusive' | 'continue', reason: string): RecordEvent[] => [
    ...running,
    { at: at(210), type: 'step-end', step: 1, verdict, reason, text: '' },
  ]
  const cases: [string, readonly RecordEvent[], string][] = [
    [
      'over the limit',
      end('fail', 'over-limit'),
      '❌ **failed**: fails 0.13% of its requests: more than the limit',
    ],
    [
      'time is up',
      end('inconclusive', 'too-little-evidence'),
      "❔ **inconclusive**: 2,400 canary requests in the step's time were not enough to tell",
    ],
    [
      'ended for what is no verdict',
      ended(end('continue', 'collecting'), { result: 'rolled-back', reasonCode: 'pods-lost', exitCode: 1 }),
      '⏹️ **ended without verdict**: the canary lost its ready pods',
    ],
    [
      'interrupted',
      ended(running, { result: 'rolled-back', reasonCode: 'cancelled', exitCode: 4 }),
      '⏹️ **interrupted**: the run was cancelled',
    ],
    [
      'waiting for the next share’s pods',
      [
        ...running,
        { at: at(240), type: 'phase', phase: 'waiting-for-pods', text: '100% needs 4 ready canary pods' },
      ],
      '⏳ **waiting**: 100% needs 4 ready canary pods',
    ],
    [
      'only planned',
      ended(running.slice(0, 7), { command: 'plan', result: 'ok', reasonCode: 'inspected' }),
      '📋 **planned**: nothing was written',
    ],
  ]
  test.each(cases)('%s', (_name, record, why) => {
    expect(row(record)).toBe(why)
  })
})

describe('what the outcome says beyond the first line', () => {
  const second = (over: Partial<Outcome>) => comment(ended([release()], over)).split('\n\n')[1]

  test('stands below it, once', () => {
    expect(second({ message: 'v1 stays deployed for a rollback.' })).toBe('v1 stays deployed for a rollback.')
    expect(second({ message: 'v2 is serving all of shop/my-api.' })).toContain('v1 → v2')
    expect(second({ result: 'refused', reasonCode: 'locked', message: 'Held by run 12.' })).toContain(
      'v1 → v2',
    )
    expect(second({ result: 'unsafe', reasonCode: 'rollback-failed', message: 'Run x.' })).toContain(
      'v1 → v2',
    )
  })

  test('is a block where it has several lines', () => {
    const plan = {
      command: 'plan',
      result: 'ok',
      reasonCode: 'inspected',
      message: 'The plan\nstep 10%',
    } as const
    expect(comment(ended([release()], plan))).toMatch(/^### ✅ The plan\n\n```\nThe plan\nstep 10%\n```\n/)
  })

  test('is all where nothing was to be done', () => {
    const over = {
      result: 'rolled-back',
      reasonCode: 'nothing-to-do',
      message: 'v1 already serves all.',
    } as const
    expect(comment(ended([release()], over))).toMatch(/^### ✅ v1 already serves all\n\n\*\*v1/)
  })
})

describe('the chart', () => {
  const chart = (record: readonly RecordEvent[]) => /```mermaid\n([\s\S]*?)\n```/.exec(comment(record))?.[1]

  test('has both lines in percent over minutes, as many points each as fit evenly', () => {
    const text = chart(promoted) as string
    const lines = [...text.matchAll(/^ {2}line \[(.*)\]$/gm)].map((line) =>
      (line[1] as string).split(', ').map(Number),
    )
    expect(lines).toHaveLength(2)
    expect(lines[0]).toHaveLength(27)
    expect(lines[1]).toHaveLength(27)
    for (const value of lines.flat()) expect(value).toBeGreaterThanOrEqual(0)
    expect(text).toMatch(/^ {2}x-axis "minutes since the release began" 0.13 --> 6.63$/m)
    expect(text).toMatch(/^ {2}y-axis "failed requests in %" 0 --> 1$/m)
  })

  test('has at most 60 points however long the release is', () => {
    const long: RecordEvent[] = [release()]
    for (let poll = 1; poll <= 2000; poll++) {
      const counts = { total: poll * 10, bad: poll % 7 === 0 ? poll : 0 }
      long.push({
        at: at(poll * 15),
        type: 'poll',
        t: poll * 15,
        step: 0,
        canary: counts,
        stable: counts,
        control: true,
        rebuilt: false,
      })
    }
    const values = /line \[(.*)\]/.exec(chart(long) as string)?.[1]?.split(', ')
    expect(values?.length).toBeLessThanOrEqual(60)
  })

  test('ends where the data ends, not with the outage after it', () => {
    const blind = promoted.map((event) =>
      event.type === 'poll' && event.t > 240 ? { ...event, canary: null, stable: null } : event,
    )
    expect(chart(blind)).toMatch(/^ {2}x-axis .* 0.13 --> 3.88$/m)
  })

  test('a side that got no request has no line, and the other keeps its colour', () => {
    const silent = promoted.map((event) =>
      event.type === 'poll' ? { ...event, canary: { total: 0, bad: 0 } } : event,
    )
    expect(chart(silent)?.match(/^ {2}line /gm)).toHaveLength(1)
    expect(chart(silent)).toContain('plotColorPalette: "#4184e4"')
  })

  test('is left out where there is nothing to draw', () => {
    expect(chart([release()])).toBeUndefined()
  })
})

describe('the rest', () => {
  test('says what was ruled out, unless a later step refuted it', () => {
    expect(comment(promoted)).toContain(
      '**Ruled out:** the canary failing 0.5 points more often than stable did before (at 100%).',
    )
    expect(comment(running)).toContain(
      '**Ruled out so far:** the canary failing 1 point more often than stable (at 10%).',
    )
    expect(comment(rolledBack)).not.toContain('**Ruled out')
    // A first version is compared with nothing.
    const initial = promoted.map((event) => (event.type === 'release' ? { ...event, stable: null } : event))
    expect(comment(initial)).not.toMatch(/Ruled out|Detection limits/)
  })

  test('says what a pass rules out, and when traffic is too low for it', () => {
    expect(comment(running)).toContain(
      '- At 10%, a pass rules out a canary that fails 1 point more often than stable; a good one needs about 785 canary requests, about 1m38s.',
    )
    const low = running.map((event) =>
      event.type === 'step' ? { ...event, margin: 0.1, outOfReach: true } : event,
    )
    expect(comment(low)).toContain(
      "fails 10 points more often than stable; today's traffic is too low to prove it within the step's time.",
    )
  })

  test('names the command that rolls back, and none where that is done', () => {
    const target = '--namespace shop --service my-api'
    expect(comment(running)).toContain(`\nshiftgate abort ${target}\n`)
    expect(comment(promoted)).toContain(`\nshiftgate rollback ${target}\n`)
    expect(comment(rolledBack)).not.toContain('```sh')
  })

  test('shows a cluster by its name, without the account before it', () => {
    expect(comment(promoted)).toContain('cluster prod-eu')
    expect(comment(promoted)).not.toContain('123456789012')
  })

  test('a marker tells targets and clusters apart, keeps one key over releases, and cannot be ended early', () => {
    const target = { namespace: 'shop', service: 'my-api' }
    expect(commentMarker(target, 'r1')).toBe('<!-- shiftgate:shop/my-api v1 release=r1 -->')
    const key = (cluster: string, id: string) =>
      commentMarker({ ...target, cluster }, id).split(' release=')[0]
    expect(key('a', 'r1')).toBe(key('a', 'r2'))
    expect(key('a', 'r1')).not.toBe(key('b', 'r1'))
    expect(commentMarker(target, 'x --> @octocat\n<b>')).toBe(
      '<!-- shiftgate:shop/my-api v1 release=x_-_@octocat_b_ -->',
    )
  })

  test('the result as JSON has the steps in figures', () => {
    const result = JSON.parse(resultJson(outcome({ weight: 0 }), rolledBack))
    expect(result).toMatchObject({
      schema: 1,
      result: 'promoted',
      weight: 0,
      startedAt: at(0),
      endedAt: at(197),
    })
    expect(result.steps[1]).toMatchObject({
      weight: 50,
      observed: 0.5,
      seconds: 45,
      canary: { total: 1800, bad: 90 },
      verdict: 'fail',
    })
  })
})

describe('on a terminal', () => {
  test('a bar, both rates and a verdict for each step, the state below', () => {
    expect(renderProgress(rolledBack, { width: 92, colour: false, now: 0 })).toEqual([
      'shop/my-api · v1 → v2 · my-api-v2-4711',
      '  10% ██░░░░░░░░░░░░░░░░░░  passed        canary 0.08% of 1,200   stable 0.12% of 10,800',
      '  50% ██████████░░░░░░░░░░  failed        canary 5% of 1,800      stable 0.11% of 1,800',
      ' 100% ░░░░░░░░░░░░░░░░░░░░  not reached',
      '',
      '↩️ v2 was rolled back at 50%: fails 5% of its requests where stable fails 0.11%; v1 serve…',
    ])
  })

  test('a log has a line for each decision, and an answer of the engine only when it changes', () => {
    const lines = running
      .map((event, index) => logLine(event, running.slice(0, index)))
      .filter((line) => line !== null)
    expect(lines).toEqual([
      'rollout begins release my-api-v2-4711: shop/my-api v1 → v2 in arn:aws:eks:eu-west-1:123456789012:cluster/prod-eu',
      'check mtls: warning: PeerAuthentication is PERMISSIVE: plain-text callers are not counted by source. → kubectl -n shop get peerauthentication',
      'requests before the release: 80.2 a second; counted by source',
      'created DestinationRule shop/my-api: subsets v1 and v2',
      'step 1: 10%; a pass rules out a canary that fails 1 point more often; needs about 785 canary requests, 1m38s',
      'changed VirtualService shop/my-api: v2 gets 10%, v1 90%',
      'step 1: settled at 10% (as-asked): the canary got 10% of 960 requests',
      'step 1: continue: collecting requests; canary 0 of 120 failed (0%), stable 1 of 1,080 failed (0.09%)',
      'step 1: passed: rules out failing 1 point more often than stable',
      'step 2: 50%; a pass rules out a canary that fails 0.5 points more often; needs about 1,822 canary requests, 46s',
      'changed VirtualService shop/my-api: v2 gets 50%, v1 50%',
      'step 2: settled at 50% (as-asked): the canary got 50% of 960 requests',
      'step 2: continue: collecting requests; canary 2 of 1,800 failed (0.11%), stable 14 of 11,400 failed (0.12%)',
    ])
  })
})
