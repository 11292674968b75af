import { describe, expect, test } from '@jest/globals'
import type { IdentityRefusal } from '../../src/release/outcome/identity-refusal.ts'
import type { ReleaseState } from '../../src/release/state/state.ts'
import { statusLines, statusMessage } from '../../src/report/words/inspect/status.ts'
import { plannedStepLine } from '../../src/report/words/inspect/step-plan.ts'
import { identityRefusalMessage } from '../../src/report/words/outcome/identity-refusal.ts'
import { chooseVersionMessage } from '../../src/report/words/outcome/lost-release.ts'
import { noPreviousVersionMessage, notReadyMessage } from '../../src/report/words/outcome/rollback.ts'
import { release } from '../rollout/release-state.ts'
import { settings } from './records.ts'

const target = { namespace: 'shop', service: 'my-api' }

describe('why stable and canary are not known', () => {
  const serving = [
    { version: 'v1', destination: 'v1', share: 0.6 },
    { version: null, destination: 'blue', share: 0.4 },
  ]
  const rows: [IdentityRefusal, string][] = [
    [
      { code: 'other-version', id: 'my-api-v3-7', version: 'v3', weight: 10, holder: 'run 7/1' },
      'Release my-api-v3-7 of version v3 is in flight at 10% (held by run 7/1).',
    ],
    [
      { code: 'other-image', id: 'my-api-v2-7', version: 'v2', began: 'a:1', runs: 'a:2' },
      'began with image a:1, but version v2 now runs a:2.',
    ],
    [{ code: 'not-deployed', version: 'v2', seen: [] }, 'The Service selects no Deployment. Deploy it first'],
    [{ code: 'not-deployed', version: 'v2', seen: ['v1', null] }, 'It selects: v1, (no version label).'],
    [{ code: 'several-deployments', version: 'v2', deployments: ['a', 'b'] }, 'several Deployments (a, b)'],
    [{ code: 'no-own-service', version: 'v2' }, '"version: v2" in its selector'],
    [
      { code: 'stable-replaced', stable: 'v1', canary: 'v2', workload: 'api', shared: true },
      'Versions v1 and v2 are one Deployment (api)',
    ],
    [
      { code: 'stable-replaced', stable: 'v1', canary: 'v2', workload: 'api', shared: false },
      'was v2 deployed into the same Deployment (api)?',
    ],
    [{ code: 'divided-routes', serving }, 'v1 60%, blue 40%'],
    [{ code: 'several-versions', versions: ['v0', 'v1'] }, 'v0, v1 all run'],
    [
      { code: 'unlabelled-pods', namespace: 'shop', workload: 'api' },
      'kubectl -n shop patch deployment api --type merge',
    ],
  ]
  test.each(rows)('%j', (refusal, words) => {
    expect(identityRefusalMessage(refusal)).toContain(words)
  })
})

describe('commands in a message are whole', () => {
  const v1 = { version: 'v1', destination: 'v1', share: 0.9 }
  const unnamed = { version: null, destination: null, share: 0.1 }
  const back = 'shiftgate rollback --namespace shop --service my-api --to-version'
  test.each([
    ['a version each', [v1, { ...v1, version: 'v2' }], [`"${back} v1"`, `"${back} v2"`]],
    ['one has all', [{ ...v1, share: 1 }], [`send all of it to v1. Run "${back} v1"`]],
    ['versions that no label names', [unnamed, unnamed], [`Run "${back} VERSION"`, 'any version 10%']],
    ['nothing has any', [], [`Run "${back} VERSION"`]],
  ])('who shall have the traffic: %s', (_, serving, words) => {
    const message = chooseVersionMessage(target, serving, null)
    expect(words.filter((each) => !message.includes(each))).toEqual([])
  })

  test('a version is quoted for the shell where it needs it', () => {
    const message = noPreviousVersionMessage(target, null, "it's v1")
    expect(message).toContain(`"shiftgate rollout --namespace shop --service my-api --version 'it'\\''s v1'"`)
  })

  test('a Deployment that has to be scaled up is named with its namespace', () => {
    const previous = { version: 'v1', destination: 'v1', workload: 'api-v1', at: 0, releaseId: '' }
    expect(notReadyMessage(target, previous, 3)).toContain(
      'kubectl -n shop scale deployment api-v1 --replicas=3',
    )
    expect(notReadyMessage(target, previous, null)).toBe('v1 has no ready pod. Deploy it again first.')
  })
})

describe('where a release stands', () => {
  const rows: [Partial<ReleaseState>, string][] = [
    [{ phase: 'promoted' }, 'v2 serves all of my-api (release my-api-v2-7)'],
    [{ phase: 'paused', weight: 10, reason: 'paused-by-command' }, 'v2 is paused at 10% of my-api'],
    [{ phase: 'observing', weight: 10 }, 'v2 is at 10% of my-api, observing.'],
    [
      { phase: 'pinned', weight: 0, preTraffic: { kind: 'mirror', since: 0 } },
      'v2 is at 0% of my-api, pinned, before any traffic (mirror).',
    ],
  ]
  test.each(rows)('%j', (state, words) => {
    expect(statusMessage('my-api', release({ id: 'my-api-v2-7', ...state }))).toContain(words)
  })

  test('routes, pods and holder a line each; pods without the label are counted too', () => {
    const lines = statusLines({
      serving: [{ version: null, destination: null, share: 1 }],
      pods: [
        { version: 'v1', ready: 2, pods: 3, reasons: [{ reason: null, count: 1 }] },
        { version: null, ready: 1, pods: 1, reasons: [] },
      ],
      state: null,
      lease: { holder: 'run 7', renewTime: 't' },
      now: 0,
    })
    expect(lines).toEqual([
      'routes    any version 100%',
      'pods      v1 2/3 ready (1 × started, not ready yet), (no label) 1/1 ready',
      'holder    run 7, renewed t',
    ])
  })

  test('a step of a plan', () => {
    const step = { weight: 10, margin: 0.01, outOfReach: false, requestsNeeded: 100, secondsNeeded: null }
    expect(plannedStepLine({ ...step, power: null, remedy: null }, settings)).toBe(
      'step     10%: a pass rules out a canary that fails 1 point more often; no traffic to judge by.',
    )
    const far = { ...step, outOfReach: true, secondsNeeded: 5000, power: null }
    const remedy = { sharePercent: 33, maxSeconds: 5000, requestsPerSecond: 12.34 }
    expect(plannedStepLine({ ...far, remedy }, settings)).toMatch(
      /needs about 1h23m20s\. Not within step-timeout .*\. It would pass with step-timeout 1h24m, or at 33% of the traffic, or with 12 requests\/s to the host, as a load generator outside can add them\.$/,
    )
    expect(
      plannedStepLine({ ...far, remedy: { ...remedy, sharePercent: null, maxSeconds: null } }, settings),
    ).toMatch(/It would pass with 12 requests\/s to the host/)
    const last = { ...far, weight: 100, remedy: null }
    expect(plannedStepLine({ ...last, requestsNeeded: 1000, secondsNeeded: 500 }, settings)).toMatch(
      /Not within final-duration \(2m\): it would be promoted all the same, without proof\. It would pass with final-duration 9m, or with 8\.3 requests\/s/,
    )
    expect(plannedStepLine({ ...last, requestsNeeded: 1000, secondsNeeded: 100 }, settings)).not.toMatch(
      /Not within/,
    )
    expect(plannedStepLine({ ...last, requestsNeeded: null, secondsNeeded: 100 }, settings)).toMatch(
      /promoted all the same, without proof\.$/,
    )
    expect(plannedStepLine({ ...last, secondsNeeded: null }, settings)).toMatch(
      /it would end by on-inconclusive/,
    )
  })
})
