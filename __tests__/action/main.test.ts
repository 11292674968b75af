import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { runMain } from '../../src/action/main.ts'
import { saveStep } from '../../src/action/step-state.ts'
import type { Commands } from '../../src/commands/session/context.ts'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import type { Request } from '../../src/release/request.ts'
import { least, stepWith } from './step.ts'

const never = new AbortController().signal

function outcomeOf(request: Request, more: Partial<Outcome> = {}): Outcome {
  return {
    schema: 1,
    command: request.command,
    result: 'promoted',
    reasonCode: 'all-steps-passed',
    exitCode: 0,
    message: 'v2 serves all of my-api.',
    releaseId: 'my-api-v2-7',
    namespace: request.namespace,
    service: request.service,
    stableVersion: 'v1',
    canaryVersion: 'v2',
    weight: 100,
    report: '/w/shiftgate-report/report.md',
    nextCheckAt: null,
    commentUrl: 'https://github.com/octo/shop/pull/1#issuecomment-1',
    ...more,
  }
}

const ending = (more: Partial<Outcome> = {}): Pick<Commands, 'runCommand'> => ({
  runCommand: async (request, context) => {
    context.onEvent(releaseEvent(request))
    return outcomeOf(request, more)
  },
})

const at = '2026-01-01T00:00:00.000Z'

function releaseEvent(request: Request): RecordEvent {
  return {
    at,
    type: 'release',
    schema: 1,
    id: 'my-api-v2-7',
    command: 'rollout',
    cluster: 'production',
    namespace: 'shop',
    service: 'my-api',
    stable: 'v1',
    canary: 'v2',
    settings: request.settings,
    runUrl: null,
    resumed: false,
    startedAt: at,
  }
}

describe('the main step', () => {
  test('a promotion: all outputs, exit 0, no annotation', async () => {
    const step = stepWith(least)
    expect(await runMain(step.runner, step.surroundings, ending(), never)).toBe(0)
    expect(step.seen.outputs).toEqual({
      result: 'promoted',
      'reason-code': 'all-steps-passed',
      'next-check-at': '',
      'release-id': 'my-api-v2-7',
      'stable-version': 'v1',
      'canary-version': 'v2',
      weight: '100',
      report: '/w/shiftgate-report/report.md',
      'comment-url': 'https://github.com/octo/shop/pull/1#issuecomment-1',
    })
    expect(step.seen.annotations).toEqual([])
    expect(step.seen.state).toEqual({
      started: 'true',
      holder: expect.stringContaining('/runs/7/attempts/1#42-cafe@runner'),
      options: '{}',
    })
    expect(step.seen.summaries).toHaveLength(1)
  })

  test('post is left what the config file gave', async () => {
    const step = stepWith({
      namespace: 'shop',
      'prometheus-url': 'http://prometheus.test:9090',
      version: 'v2',
    })
    const workspace = step.surroundings.env.GITHUB_WORKSPACE as string
    writeFileSync(join(workspace, 'shiftgate.yml'), 'service: my-api\non-cancel: pause\nsteps: [5, 100]\n')
    await runMain(step.runner, step.surroundings, ending(), never)
    expect(JSON.parse(step.seen.state.options ?? '')).toEqual({
      service: 'my-api',
      'on-cancel': 'pause',
    })
  })

  test('no more of it than an environment holds, and nothing of the inputs', () => {
    const step = stepWith(least)
    const option = (name: string, value: string, inFile?: true) => ({
      name,
      value,
      from: '',
      ...(inFile && { inFile }),
    })
    saveStep(step.runner, { holder: 'me' } as Request, [
      option('namespace', 'shop', true),
      option('service', 'my-api'),
      option('gates', 'x'.repeat(5000), true),
      ...Array.from({ length: 30 }, (_, n) => option(`many${n}`, 'y'.repeat(4000), true)),
    ])
    const saved = JSON.parse(step.seen.state.options ?? '') as Record<string, string>
    expect(saved).toMatchObject({ namespace: 'shop', many0: expect.any(String) })
    expect(Object.keys(saved)).not.toEqual(expect.arrayContaining(['service']))
    expect(Object.keys(saved)).not.toEqual(expect.arrayContaining(['gates']))
    expect(step.seen.state.options?.length).toBeLessThan(70_000)
  })

  test('a rollback: one error with a title, and its exit code', async () => {
    const step = stepWith(least)
    const rolledBack = {
      result: 'rolled-back',
      reasonCode: 'worse-than-stable',
      exitCode: 1,
      message: 'v2 failed more often.',
      weight: 0,
    } as const
    expect(await runMain(step.runner, step.surroundings, ending(rolledBack), never)).toBe(1)
    expect(step.seen.annotations).toEqual([
      {
        level: 'error',
        text: 'v2 failed more often.',
        place: { title: 'shop/my-api v2: rolled-back (worse-than-stable)' },
      },
    ])
    expect(step.seen.outputs.weight).toBe('0')
  })

  test('a pause that was asked for is a notice', async () => {
    const step = stepWith({ ...least, command: 'pause' })
    const paused = { result: 'paused', reasonCode: 'paused-by-command' } as const
    expect(await runMain(step.runner, step.surroundings, ending(paused), never)).toBe(0)
    expect(step.seen.annotations.map(({ level }) => level)).toEqual(['notice'])
  })

  test('what was degraded is a warning each; outputs are there as soon as they are known', async () => {
    const step = stepWith(least)
    const commands: Pick<Commands, 'runCommand'> = {
      runCommand: async (request, context) => {
        context.onEvent(releaseEvent(request))
        expect(step.seen.outputs).toMatchObject({ 'release-id': 'my-api-v2-7', 'stable-version': 'v1' })
        context.onEvent({ at, type: 'warning', code: 'comment', text: 'pull-requests: write is missing.' })
        context.mask('found-on-the-way')
        expect(context.hasPost).toBe(true)
        return outcomeOf(request)
      },
    }
    await runMain(step.runner, step.surroundings, commands, never)
    expect(step.seen.annotations).toEqual([
      { level: 'warning', text: 'pull-requests: write is missing.', place: { title: 'comment' } },
    ])
    expect(step.seen.masked).toContain('found-on-the-way')
    expect(step.seen.summaries[0]).toContain('pull-requests: write is missing.')
  })

  test('secrets are masked before anything is printed, and the printed options hold none', async () => {
    const step = stepWith({ ...least, token: 'ghs_secret', 'prometheus-token': 'prom_secret' })
    await runMain(step.runner, step.surroundings, ending(), never)
    expect(step.seen.masked).toEqual(['ghs_secret', 'prom_secret'])
    expect(step.seen.lines.join('\n')).not.toMatch(/ghs_secret|prom_secret/)
    expect(step.seen.lines).toContain('token: (hidden)  (token)')
    expect(step.seen.lines).toContain('interval: auto  (default)')
  })

  test('bad input: one error, exit 2, nothing started', async () => {
    const step = stepWith({ ...least, steps: '10,150' })
    const commands = { runCommand: async () => Promise.reject(new Error('was started')) }
    expect(await runMain(step.runner, step.surroundings, commands, never)).toBe(2)
    expect(step.seen.outputs).toMatchObject({ result: 'refused', 'reason-code': 'bad-input', weight: '' })
    expect(step.seen.annotations).toHaveLength(1)
    expect(step.seen.annotations[0]?.text).toContain('has the step 150')
    expect(step.seen.state.started).toBeUndefined()
  })

  test('a mistake in shiftgate.yml is annotated at its line', async () => {
    const step = stepWith(least)
    writeFileSync(
      join(step.surroundings.env.GITHUB_WORKSPACE ?? '', 'shiftgate.yml'),
      'mode: full\nstep: 5\n',
    )
    expect(await runMain(step.runner, step.surroundings, ending(), never)).toBe(2)
    expect(step.seen.annotations[0]?.place).toMatchObject({
      file: 'shiftgate.yml',
      startLine: 2,
      startColumn: 1,
    })
    expect(step.seen.annotations[0]?.text).toContain('Did you mean "steps"?')
  })

  test('a summary that is not wanted is not written', async () => {
    const unwanted = stepWith({ ...least, summary: 'false' })
    expect(await runMain(unwanted.runner, unwanted.surroundings, ending(), never)).toBe(0)
    expect(unwanted.seen.summaries).toEqual([])
  })

  test('a command that shows something shows it in the log and in the summary', async () => {
    const step = stepWith({ ...least, command: 'plan' })
    const commands: Pick<Commands, 'runCommand'> = {
      runCommand: async (request) =>
        outcomeOf(request, {
          result: 'ok',
          reasonCode: 'inspected',
          message: 'Two writes.',
          details: 'a\n::b',
        }),
    }
    expect(await runMain(step.runner, step.surroundings, commands, never)).toBe(0)
    expect(step.seen.lines.slice(-2)).toEqual(['Two writes.', 'a\n::b'])
    expect(step.seen.summaries).toEqual(['Two writes.\n\n```\na\n::b\n```\n'])
  })

  test('a command that breaks is unsafe: somebody must look', async () => {
    const step = stepWith(least)
    const commands = { runCommand: async () => Promise.reject(new TypeError('x is undefined')) }
    expect(await runMain(step.runner, step.surroundings, commands, never)).toBe(5)
    expect(step.seen.outputs).toMatchObject({ result: 'unsafe', 'reason-code': 'internal' })
  })

  test('a cancel ends the step within two seconds, whatever the command waits for', async () => {
    const step = stepWith(least)
    const controller = new AbortController()
    const commands: Pick<Commands, 'runCommand'> = {
      runCommand: (request, context) => {
        context.onEvent(releaseEvent(request))
        controller.abort()
        return new Promise(() => {})
      },
    }
    const began = performance.now()
    const hanging = setTimeout(() => {}, 10_000) // what hangs keeps the process alive
    expect(await runMain(step.runner, step.surroundings, commands, controller.signal)).toBe(4)
    clearTimeout(hanging)
    expect(performance.now() - began).toBeLessThan(2000)
    expect(step.seen.outputs).toMatchObject({
      result: 'in-progress',
      'reason-code': 'cancelled',
      'release-id': 'my-api-v2-7',
    })
  })

  test('a command that ends by itself after a cancel has the word', async () => {
    const step = stepWith(least)
    const controller = new AbortController()
    const commands: Pick<Commands, 'runCommand'> = {
      runCommand: async (request) => {
        controller.abort()
        return outcomeOf(request, { result: 'paused', reasonCode: 'cancelled', exitCode: 4, weight: 10 })
      },
    }
    expect(await runMain(step.runner, step.surroundings, commands, controller.signal)).toBe(4)
    expect(step.seen.outputs).toMatchObject({ result: 'paused', weight: '10' })
  })
})
