import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { runPost } from '../../src/action/post.ts'
import type { Commands } from '../../src/commands/session/context.ts'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { Request } from '../../src/release/request.ts'
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
          nextCheckAt: null,
          commentUrl: null,
          ...outcome,
        }
  },
})

describe('the post step', () => {
  test('main started nothing: the cluster is left alone', async () => {
    const step = stepWith(least, { isPost: 'true' })
    expect(await runPost(step.runner, step.surroundings, refuses, never)).toBe(0)
    expect(step.seen.lines).toHaveLength(1)
  })

  test.each([
    ['main saved its state', { isPost: 'true', started: 'true', holder: 'runs/7/attempts/1#9-abc@runner' }],
    ['main could save nothing', {}],
  ])('%s: traffic is put right by what the cluster says, and the job not failed for it', async (_, state) => {
    const step = stepWith(least, state)
    expect(await runPost(step.runner, step.surroundings, answers({}), never)).toBe(0)
    expect(step.seen.lines).toContain('All traffic is back on v1.')
    expect(step.seen.annotations).toEqual([])
  })

  /** asked gives the request that post makes of `inputs`, the state of main and the config file. */
  async function asked(inputs: Record<string, string>, state: Record<string, string>, file: string | null) {
    const step = stepWith(inputs, { isPost: 'true', started: 'true', ...state })
    const workspace = step.surroundings.env.GITHUB_WORKSPACE as string
    if (file !== null) writeFileSync(join(workspace, 'shiftgate.yml'), file)
    let request: Request | null = null
    const commands: Pick<Commands, 'runPost'> = {
      runPost: async (made) => {
        request = made
        return null
      },
    }
    const code = await runPost(step.runner, step.surroundings, commands, never)
    return { code, request: request as Request | null, seen: step.seen }
  }

  const own = { namespace: 'shop', service: 'my-api', version: 'v2', 'on-cancel': 'pause' }
  const saved = {
    options: JSON.stringify({ ...own, 'prometheus-url': 'http://p.test:9090' }),
    holder: 'main',
  }
  test.each([
    ['is gone', null],
    ['is broken', 'namespace: [shop\n'],
    ['has become another', 'namespace: elsewhere\nservice: other\n'],
  ])('shiftgate.yml %s since main: what main saved of it counts', async (_, file) => {
    const { code, request } = await asked({}, saved, file)
    expect(code).toBe(0)
    expect(request).toMatchObject({
      namespace: 'shop',
      service: 'my-api',
      version: 'v2',
      mainHolder: 'main',
      prometheus: { url: 'http://p.test:9090' },
      settings: { onCancel: 'pause' },
    })
  })

  test('nothing was saved and the file broke: the inputs are enough', async () => {
    const { request } = await asked(least, {}, 'steps: [10\n')
    expect(request).toMatchObject({
      namespace: 'shop',
      service: 'my-api',
      settings: { onCancel: 'rollback' },
    })
    expect(request).not.toHaveProperty('mainHolder')
  })

  test('an option that can not be read any more is done without', async () => {
    const { code, request } = await asked(
      { ...least, 'prometheus-ca': 'gone/ca.pem', steps: 'all' },
      saved,
      null,
    )
    expect(code).toBe(0)
    expect(request).toMatchObject({ prometheus: { ca: null } })
  })

  test('a target that nobody knows any more is said, with what to run, and fails the job', async () => {
    const { code, request, seen } = await asked({}, {}, null)
    expect({ code, request }).toEqual({ code: 5, request: null })
    expect(seen.annotations).toMatchObject([
      { level: 'error', place: { title: 'Traffic may be left divided' } },
    ])
    expect(seen.annotations[0]?.text).toContain('shiftgate reconcile')
  })

  test('nothing is held any more', async () => {
    const step = stepWith(least, { isPost: 'true', started: 'true' })
    expect(await runPost(step.runner, step.surroundings, answers(null), never)).toBe(0)
  })

  test('where traffic stays unsafe the job fails with what to run', async () => {
    const step = stepWith(least, { isPost: 'true', started: 'true' })
    const unsafe = { result: 'unsafe', reasonCode: 'rollback-failed', exitCode: 5 } as const
    expect(await runPost(step.runner, step.surroundings, answers(unsafe), never)).toBe(5)
    expect(step.seen.annotations).toMatchObject([{ level: 'error' }])
  })

  test('a second cancel ends it too', async () => {
    const step = stepWith(least, { isPost: 'true', started: 'true' })
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
