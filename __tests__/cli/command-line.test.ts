import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { commands } from '../../src/cli/command-table.ts'
import { version } from '../../src/config/version.ts'
import { Failure } from '../../src/release/failure.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { folder, json, promoted, run } from './console.ts'

const least = [
  'rollout',
  '--namespace',
  'shop',
  '--service=my-api',
  '--version',
  'v2',
  '--prometheus-url',
  'http://prometheus.test:9090',
]

describe('words that make no sense', () => {
  test.each([
    {
      words: ['rolout'],
      says: 'unknown command "rolout". Did you mean "rollout"? Known: rollout, rollback,',
    },
    {
      words: [...least, '--intervall', '15s'],
      says: 'unknown flag "--intervall". Did you mean --interval? See: shiftgate rollout --help',
    },
    { words: [...least, '--banana'], says: 'unknown flag "--banana". See: shiftgate rollout --help' },
    { words: [...least, '-n', 'shop'], says: 'unknown flag "-n". Flags have long names: see --help.' },
    { words: [...least, '--interval'], says: '--interval needs a value.' },
    { words: [...least, '--interval='], says: '--interval needs a value.' },
    { words: [...least, '--interval', '--comment'], says: '--interval needs a value.' },
    { words: [...least, '--version', 'v3'], says: '--version is given twice.' },
    { words: [...least, 'v3'], says: 'rollout takes no "v3": values follow their flags.' },
    {
      words: ['rollback', '--namespace', 'shop', '--service', 'my-api', '--steps', '10,100'],
      says: '--steps is not used by rollback, only by: rollout, resume, reconcile, preflight, plan.',
    },
    { words: ['judge'], says: 'judge takes one file: shiftgate judge FILE' },
    { words: ['judge', 'nowhere.json'], says: 'nowhere.json is no readable file.' },
    { words: ['demo', '--scenario', 'eror'], says: 'Did you mean "errors"?' },
    { words: ['demo', '--speed', 'fast'], says: '--speed: "fast" is not a number above 0, e.g. 60.' },
    { words: ['demo', '--seed', '-1'], says: '--seed: "-1" is not a whole number' },
    { words: [...least, '--steps', '10,150'], says: '--steps: "10,150" has the step 150' },
    { words: [...least, '--config', 'nowhere.yml'], says: '--config: "nowhere.yml" is no readable file.' },
    { words: [...least, '--json', '/nowhere/result.json'], says: "--json: /nowhere/result.json can't be" },
    { words: ['rollout', '--namespace', 'shop'], says: '--service is missing: Name of the Kubernetes' },
  ])('$words', async ({ words, says }) => {
    const seen = await run(words)
    expect(seen.error).toContain(says)
    expect(seen.error).toMatch(/ Nothing was written\.\n$/)
    expect(seen.code).toBe(2)
    expect(seen.request).toBeNull()
  })

  test('a script that asked for JSON gets it all the same', async () => {
    const file = join(folder(), 'result.json')
    await run([...least, '--banana', '--json', file])
    expect(json(file)).toMatchObject({ result: 'refused', reasonCode: 'bad-input', exitCode: 2 })
  })
})

describe('words that do', () => {
  test('flags reach the request; without a command it is a rollout', async () => {
    const seen = await run([...least.slice(1), '--steps', '5,100', '--no-comment'])
    expect(seen.code).toBe(0)
    expect(seen.request).toMatchObject({
      command: 'rollout',
      namespace: 'shop',
      service: 'my-api',
      version: 'v2',
      comment: false,
      holder: 'ci/42-cafe',
      settings: { steps: [5, 100] },
    })
  })

  test.each([
    [['--comment=false'], false],
    [['--comment', 'false'], false],
    [['--no-comment'], false],
    [['--comment'], true],
    [['--comment', '--interval', '20s'], true],
  ])('a switch: %j', async (words, expected) => {
    expect((await run([...least, ...words])).request?.comment).toBe(expected)
  })

  test('headers may be given one a flag', async () => {
    const headers = ['--prometheus-headers', 'X-A: 1', '--prometheus-headers', 'X-B: 2']
    const { request } = await run([...least, ...headers])
    expect(request?.prometheus?.headers).toEqual({ 'X-A': '1', 'X-B': '2' })
  })

  test('a flag wins over the environment, that over shiftgate.yml in the working directory', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'shiftgate.yml'), 'interval: 40s\nmetrics-lag: 9s\n')
    const env = { SHIFTGATE_PROMETHEUS_TOKEN: 'from-env', GITHUB_TOKEN: 'ghs_1' }
    const { request } = await run([...least, '--interval', '20s'], { cwd, env })
    expect(request?.settings).toMatchObject({ interval: 20_000, metricsLag: 9_000 })
    expect(request?.prometheus?.bearerToken).toBe('from-env')
  })

  test('a config file outside of the working directory is refused', async () => {
    const outside = join(folder(), 'shiftgate.yml')
    writeFileSync(outside, 'interval: 40s\n')
    const seen = await run([...least, '--config', outside])
    expect(seen.error).toContain('lies outside of')
    expect(seen.code).toBe(2)
  })

  test('the result goes to the file, the exit code is the outcome’s', async () => {
    const file = join(folder(), 'result.json')
    const seen = await run([...least, '--json', file], {
      runCommand: async (request) => ({
        ...promoted(request),
        result: 'rolled-back',
        reasonCode: 'worse-than-stable',
        exitCode: 1,
        message: 'v2 was rolled back.',
      }),
    })
    expect(seen.code).toBe(1)
    expect(seen.out).toBe('v2 was rolled back.\n')
    expect(json(file)).toMatchObject({ result: 'rolled-back', reasonCode: 'worse-than-stable', exitCode: 1 })
  })

  test('with --json - standard output holds JSON alone', async () => {
    const seen = await run([...least, '--json', '-'])
    expect(JSON.parse(seen.out)).toMatchObject({ result: 'promoted' })
    expect(seen.error).toBe('v2 serves all of my-api.\n')
  })

  test('progress is a line for each decision', async () => {
    const finding: RecordEvent = {
      at: '2026-01-01T00:00:00.000Z',
      type: 'finding',
      finding: { id: 'pods', level: 'warning', text: 'One pod is not ready.', remedy: null },
    }
    const seen = await run(least, {
      runCommand: async (request, context) => {
        context.onEvent(finding)
        return promoted(request)
      },
    })
    expect(seen.out).toBe('check pods: warning: One pod is not ready.\nv2 serves all of my-api.\n')
  })

  test('an interruption reaches the command, which is told that no later step cleans up', async () => {
    const controller = new AbortController()
    const seen = await run(least, {
      signal: controller.signal,
      runCommand: async (request, context) => {
        controller.abort()
        controller.abort()
        expect(context.signal.aborted).toBe(true)
        expect(context.hasPost).toBe(false)
        return { ...promoted(request), result: 'rolled-back', reasonCode: 'cancelled', exitCode: 4 }
      },
    })
    expect(seen.code).toBe(4)
    expect(seen.out).toContain('Interrupted: traffic is put back first; please wait.\n')
    expect(seen.out.match(/Interrupted/g)).toHaveLength(1)
  })

  test('a command that breaks leaves a person to look at the routes', async () => {
    const broken = async () => Promise.reject(new TypeError('x is not a function'))
    const seen = await run(least, { runCommand: broken })
    expect(seen.code).toBe(5)
    expect(seen.out).toContain('Run: shiftgate status --namespace shop --service my-api')
    const looking = await run(['status', '--namespace', 'shop', '--service', 'my-api'], {
      runCommand: broken,
    })
    expect(looking.code).toBe(3)
  })

  test('bad input that only the command could see is exit 2', async () => {
    const seen = await run(least, {
      runCommand: async () => Promise.reject(new Failure('invalid-input', 'no kubeconfig: give one')),
    })
    expect(seen.code).toBe(2)
  })
})

describe('help', () => {
  test('the program names every command and every exit code', async () => {
    const { out, code } = await run(['--help'])
    expect(code).toBe(0)
    for (const command of commands) expect(out).toMatch(new RegExp(`^ {2}${command.name} +\\S`, 'm'))
    for (const exit of [0, 1, 2, 3, 4, 5]) expect(out).toMatch(new RegExp(`^ {2}${exit} {2}\\S`, 'm'))
  })

  test('without words it is shown, and nothing was done', async () => {
    const seen = await run([])
    expect(seen.code).toBe(2)
    expect(seen.error).toMatch(/^shiftgate /)
  })

  test.each(commands.map(({ name }) => name))('%s --help fits a terminal', async (name) => {
    const { out, code, request } = await run([name, '--help'])
    expect(code).toBe(0)
    expect(request).toBeNull()
    expect(out).toContain(`Usage: shiftgate ${name}`)
    expect(out).toContain('--json FILE')
    // A word that is longer than a line (the digest of an image) has no place to be broken at.
    const flags = out.split('\n').filter((line) => !line.startsWith('  --') && line.trim().includes(' '))
    expect(Math.max(...flags.map((line) => line.length))).toBeLessThanOrEqual(100)
  })

  test('help of a command shows what it uses, and no more', async () => {
    const rollback = (await run(['rollback', '-h'])).out
    expect(rollback).toContain('--to-version')
    expect(rollback).not.toContain('--steps')
    expect((await run(['rollout', '-h'])).out.replace(/\s+/g, ' ')).toContain('Default: 10,50,100.')
  })

  test('the program’s own version', async () => {
    expect((await run(['--version'])).out).toBe(`${version}\n`)
  })
})

describe('judge', () => {
  const polls = [0, 15, 30, 45].map((t) => ({
    t,
    step: 0,
    canary: { total: t * 10, bad: t * 5 },
    stable: { total: t * 90, bad: 0 },
  }))

  test('a canary that fails half of its requests fails', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'polls.json'), JSON.stringify({ config: {}, calibration: null, polls }))
    const seen = await run(['judge', 'polls.json', '--json', '-'], { cwd })
    expect(seen.code).toBe(1)
    const lines = seen.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(lines[0]).toMatchObject({ t: 0, verdict: 'continue', note: 'anchor' })
    expect(lines.at(-1)).toMatchObject({ verdict: 'fail', reason: 'worse-than-stable' })
    expect((await run(['judge', 'polls.json'], { cwd })).out).toBe(
      `fail: worse-than-stable, after ${lines.length} polls\n`,
    )
  })

  test('a file that is no judge file', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'polls.json'), '{"polls": 5}')
    const seen = await run(['judge', 'polls.json'], { cwd })
    expect(seen.code).toBe(2)
    expect(seen.error).toContain('polls must be a list')
  })

  test('the record of a release is for replay', async () => {
    const cwd = folder()
    writeFileSync(join(cwd, 'record.jsonl'), '{"at":"2026-01-01T00:00:00Z","type":"release"}\n{}\n')
    const seen = await run(['judge', 'record.jsonl'], { cwd })
    expect(seen.code).toBe(2)
    expect(seen.error).toContain('shiftgate replay FILE')
  })
})
