import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, expect, test } from '@jest/globals'
import { leastEnvironment, program } from '../support/program.ts'

const children: ChildProcess[] = []
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
})

interface Running {
  child: ChildProcess
  /** said resolves with all text so far once `part` is in it. */
  reported(part: string): Promise<string>
  ended: Promise<{ code: number | null; text: string }>
}

function start(words: string[], cwd: string, env: Record<string, string> = {}): Running {
  const child = spawn(process.execPath, [program, ...words], {
    cwd,
    env: { ...leastEnvironment, TMPDIR: cwd, ...env },
  })
  children.push(child)
  let text = ''
  const waiting = new Set<() => void>()
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      text += chunk
      for (const look of waiting) look()
    })
  }
  const reported = (part: string): Promise<string> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (text.includes(part)) resolve(text)
      }
      waiting.add(look)
      child.on('close', () => reject(new Error(`it ended without "${part}":\n${text}`)))
      look()
    })
  const ended = new Promise<{ code: number | null; text: string }>((resolve) => {
    child.on('close', (code) => resolve({ code, text }))
  })
  ended.catch(() => {})
  return { child, reported, ended }
}

test('a release in the sandbox of another process, interrupted: traffic is back before it ends', async () => {
  const cwd = mkdtempSync(join(tmpdir(), 'shiftgate-sandbox-test-'))
  const sandbox = start(['sandbox', '--speed', '60', '--json', 'addresses.json'], cwd)
  const shown = await sandbox.reported('Ctrl-C ends it.')
  const { env, flags, meshUrl } = JSON.parse(readFileSync(join(cwd, 'addresses.json'), 'utf8'))
  expect(shown).toContain(`export SHIFTGATE_SANDBOX_CLOCK=${env.SHIFTGATE_SANDBOX_CLOCK}`)
  expect(shown).toContain(`A request to ${meshUrl} is one call of my-api`)
  const call = await fetch(meshUrl)
  expect([call.status, call.headers.get('x-version')]).toEqual([200, 'v1'])
  const words = Object.entries<string>(flags).flatMap(([name, text]) => [`--${name}`, text])

  const release = start(['rollout', ...words, '--json', 'result.json'], cwd, env)
  await release.reported('step 1: settled at 10%')
  release.child.kill('SIGINT')
  release.child.kill('SIGTERM')
  const { code, text } = await release.ended
  expect(text).toContain('Interrupted: traffic is put back first; please wait.')
  expect(code).toBe(4)
  expect(JSON.parse(readFileSync(join(cwd, 'result.json'), 'utf8'))).toMatchObject({
    result: 'rolled-back',
    reasonCode: 'cancelled',
    weight: 0,
  })

  const target = ['--namespace', flags.namespace, '--service', flags.service]
  const status = await start(['status', ...target], cwd, env).ended
  expect(status.code).toBe(0)
  expect(status.text).toContain('v1 serves all of my-api; v2 was rolled back (cancelled).')

  sandbox.child.kill('SIGINT')
  expect((await sandbox.ended).code).toBe(0)
}, 120_000)
