import { describe, expect, test } from '@jest/globals'
import { runPost } from '../../src/action/post.ts'
import type { Commands } from '../../src/commands/session/context.ts'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import { least, stepWith } from './step.ts'

const never = new AbortController().signal

const refuses: Pick<Commands, 'runPost'> = {
  runPost: () => Promise.reject(new Error('nothing should be asked of the cluster')),
}

const answers = (outcome: Partial<Outcome> | null): Pick<Commands, 'runPost'> => ({
  runPost: async (request, context) => {
    expect(context.hasPost).toBe(false)
    return outcome === null
      ? null
      : {
          schema: 1,
          command: request.command,
          result: 'rolled-back',
          reasonCode: 'cancelled',
          exitCode: 4,
          message: 'All traffic is back on v1.',
          releaseId: null,
          namespace: request.namespace,
          service: request.service,
          stableVersion: 'v1',
          canaryVersion: 'v2',
          weight: 0,
          report: null,
          commentUrl: null,
          ...outcome,
        }
  },
})

describe('the post step', () => {
  test.each([
    ['main started nothing', {}],
    ['main promoted', { started: 'true', ended: 'all-steps-passed' }],
    ['main rolled back', { started: 'true', ended: 'worse-than-stable' }],
    ['main was refused', { started: 'true', ended: 'preflight' }],
  ])('%s: the cluster is left alone', async (_, state) => {
    const step = stepWith(least, state)
    expect(await runPost(step.runner, step.surroundings, refuses, never)).toBe(0)
    expect(step.told.lines).toHaveLength(1)
  })

  test.each([
    ['was killed without a word', { started: 'true' }],
    ['was cancelled', { started: 'true', ended: 'cancelled' }],
    ['left traffic unsafe', { started: 'true', ended: 'rollback-failed' }],
    ['broke', { started: 'true', ended: 'internal' }],
  ])('main %s: traffic is put right, and the job not failed for it', async (_, state) => {
    const step = stepWith(least, state)
    expect(await runPost(step.runner, step.surroundings, answers({}), never)).toBe(0)
    expect(step.told.lines).toContain('All traffic is back on v1.')
    expect(step.told.annotations).toEqual([])
  })

  test('nothing is held any more', async () => {
    const step = stepWith(least, { started: 'true', ended: 'cancelled' })
    expect(await runPost(step.runner, step.surroundings, answers(null), never)).toBe(0)
  })

  test('where traffic stays unsafe the job fails with what to run', async () => {
    const step = stepWith(least, { started: 'true', ended: 'cancelled' })
    const unsafe = { result: 'unsafe', reasonCode: 'rollback-failed', exitCode: 5 } as const
    expect(await runPost(step.runner, step.surroundings, answers(unsafe), never)).toBe(5)
    expect(step.told.annotations).toMatchObject([{ level: 'error' }])
  })

  test('it has two minutes, and a second cancel ends it too', async () => {
    const step = stepWith(least, { started: 'true' })
    const controller = new AbortController()
    const commands: Pick<Commands, 'runPost'> = {
      runPost: async (_, context) => {
        expect(context.signal.aborted).toBe(false)
        controller.abort()
        expect(context.signal.aborted).toBe(true)
        return null
      },
    }
    expect(await runPost(step.runner, step.surroundings, commands, controller.signal)).toBe(0)
  })
})
