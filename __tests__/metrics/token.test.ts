import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { PrometheusAccess } from '../../src/release/request.ts'
import { closeServers, door, failure, good, json, never, serve } from './prometheus-stub.ts'

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'token-'))
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
  closeServers()
})

/** accepting serves whoever brings one of the tokens, and keeps what was brought. */
async function accepting(accepts: (token: string) => boolean) {
  const brought: string[] = []
  const url = await serve((request, response) => {
    const token = (request.headers.authorization ?? '').replace(/^Bearer /, '')
    brought.push(token)
    response.writeHead(accepts(token) ? 200 : 401, json)
    response.end(accepts(token) ? good : '{"error":{"code":401,"message":"invalid credentials"}}')
  })
  return { url, brought }
}

const node = process.execPath
const print = (script: string) => [node, '-e', script]

describe('a token that ends', () => {
  test('is read anew from its file', async () => {
    const tokenFile = join(folder, 'token')
    writeFileSync(tokenFile, 'first\n')
    let valid = 'first'
    const { url, brought } = await accepting((token) => token === valid)
    const { metrics, slept } = door({ url, tokenFile })
    await metrics.instant('up', 0, never)
    valid = 'second'
    writeFileSync(tokenFile, 'second')
    await metrics.instant('up', 0, never)
    await metrics.instant('up', 0, never)
    expect(brought).toEqual(['first', 'first', 'second', 'second'])
    expect(slept).toEqual([])
    expect(metrics.secrets()).toEqual(['first', 'second'])
  })

  test('is printed anew by its command, which runs without a shell', async () => {
    const count = join(folder, 'count')
    const script = `const fs=require('fs');const p=process.argv[1];const n=(fs.existsSync(p)?Number(fs.readFileSync(p)):0)+1;fs.writeFileSync(p,String(n));console.log('t'+n)`
    const { url, brought } = await accepting((token) => token !== 't1')
    await door({ url, tokenCommand: [...print(script), count] }).metrics.instant('up', 0, never)
    expect(brought).toEqual(['t1', 't2'])
  })

  test('and is still refused says which options give another', async () => {
    const { url, brought } = await accepting(() => false)
    const { metrics } = door({ url, tokenCommand: print("console.log('same')") })
    expect(await failure(metrics.instant('up', 0, never))).toMatchObject({
      code: 'unauthorized',
      message: expect.stringMatching(/invalid credentials|401.*prometheus-token-file/),
    })
    expect(new Set(brought)).toEqual(new Set(['same']))
  })
})

const broken: [name: string, access: () => Partial<PrometheusAccess>, says: RegExp][] = [
  ['no file', () => ({ tokenFile: join(folder, 'none') }), /prometheus-token-file.*ENOENT/],
  ['an empty token', () => ({ tokenCommand: print('') }), /prometheus-token-command.*empty/],
  ['an error page', () => ({ tokenCommand: print("console.log('SECRET login first')") }), /characters/],
  [
    'a failing command',
    () => ({ tokenCommand: print("console.log('SECRET');process.exit(3)") }),
    /ended with 3/,
  ],
  ['no such command', () => ({ tokenCommand: ['/nowhere/SECRETless'] }), /can't be started \(ENOENT\)/],
  [
    'endless output',
    () => ({ tokenCommand: print("setInterval(()=>console.log('SECRET'.repeat(9999)),1)") }),
    /more than 65536 bytes/,
  ],
]

test.each(broken)(
  '%s is unauthorized, and nothing that was printed is shown',
  async (_name, access, says) => {
    const { url, brought } = await accepting(() => true)
    const error = await failure(door({ url, ...access() }).metrics.instant('up', 0, never))
    expect([error.code, error.message]).toEqual(['unauthorized', expect.stringMatching(says)])
    expect(error.message).not.toContain('SECRET ')
    expect(brought).toEqual([])
  },
)

/** until waits for something that another process does. */
async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setTimeout(resolve, 5))
}

const lives = (pid: number) => {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

test('an abort ends the command with all that it started', async () => {
  const started = join(folder, 'pid')
  const child = `require('fs').writeFileSync('${started}',String(process.pid));setInterval(()=>{},1e3)`
  const script = `require('child_process').spawn(process.execPath,['-e',${JSON.stringify(child)}],{stdio:'ignore'});setInterval(()=>{},1e3)`
  const stop = new AbortController()
  const { metrics } = door({ url: 'http://127.0.0.1:1', tokenCommand: print(script) })
  const asked = failure(metrics.instant('up', 0, stop.signal))
  await until(() => existsSync(started) && readFileSync(started, 'utf8') !== '')
  const pid = Number(readFileSync(started, 'utf8'))
  expect(lives(pid)).toBe(true)
  stop.abort()
  expect((await asked).code).toBe('aborted')
  await until(() => !lives(pid))
})
