import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import type { Forge } from '../../src/forge/forge.ts'
import { createGithubForge } from '../../src/forge/github/github-forge.ts'
import { type Failure, isFailure } from '../../src/release/failure.ts'
import type { ForgeAccess } from '../../src/release/request.ts'
import { FakeGitHub, type Reply } from './fake-github.ts'

const sha = 'a'.repeat(40)
const marker = '<!-- shiftgate:shop/my-api v1 cluster=0a1b2c3d release=my-api-v2-1 -->'
const comments = /\/issues\/7\/comments/
const pulls = new RegExp(`/commits/${sha}/pulls`)
const live = new AbortController().signal

let github: FakeGitHub
let url: string
let naps: number[]

beforeEach(async () => {
  github = new FakeGitHub()
  url = await github.open()
  naps = []
})
afterEach(() => github.close())

function open(over: Partial<ForgeAccess> = {}, callTimeout = 5000): Forge {
  const access: ForgeAccess = {
    kind: 'github',
    token: 'ghs_secret',
    apiUrl: url,
    serverUrl: 'https://github.test',
    owner: 'shop',
    repository: 'my-api',
    sha,
    pullRequest: null,
    branch: 'main',
    ...over,
  }
  const sleep = async (ms: number, signal: AbortSignal) => {
    signal.throwIfAborted()
    naps.push(ms)
  }
  return createGithubForge(access, { random: () => 0.5, sleep, callTimeout, userAgent: 'shiftgate/0.1.0' })
}

async function failureOf(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => null,
    (thrown) => thrown,
  )
  if (!isFailure(error)) throw new Error(`not a Failure: ${error}`)
  return error
}

describe('upsertComment', () => {
  const body = `### It goes well\n\n${marker}\n`

  test('creates, edits in place, and writes nothing when nothing changed', async () => {
    const forge = open()
    const first = await forge.upsertComment(7, marker, body, live)
    expect(first).toEqual({ url: github.comments[0]?.html_url, created: true })
    await forge.upsertComment(7, marker, body, live)
    expect(github.count('PATCH', /./)).toBe(0)
    const second = await forge.upsertComment(7, marker, `changed\n${marker}`, live)
    expect(second).toEqual({ url: first.url, created: false })
    expect(github.comments.map((comment) => comment.body)).toEqual([`changed\n${marker}`])
    expect(github.calls[0]?.authorization).toBe('token ghs_secret')
    expect(github.calls[0]?.userAgent).toMatch(/^shiftgate\/0\.1\.0/)
  })

  test('finds the comment of an earlier process and release behind two pages of others', async () => {
    for (let index = 0; index < 230; index++) github.addComment(`chatter ${index}`, 'someone')
    const old = github.addComment(`old\n${marker.replace('v2-1', 'v1-9')}\r\n`, 'github-actions[bot]', 'Bot')
    expect(await open().upsertComment(7, marker, body, live)).toEqual({ url: old.html_url, created: false })
    expect(old.body).toBe(body)
    expect(github.count('GET', comments)).toBe(3)
  })

  const strangers: [string, string, string, string][] = [
    ['a person who pasted the marker', marker, 'mallory', 'User'],
    ['a person with the app’s bare name', marker, 'github-actions', 'User'],
    ['another app', marker, 'other-app[bot]', 'Bot'],
    ['a quote of our comment', `> ${marker}`, 'github-actions[bot]', 'Bot'],
    ['another target that begins alike', marker.replace('my-api', 'my-api-2'), 'github-actions[bot]', 'Bot'],
    ['another cluster', marker.replace('0a1b', 'ffff'), 'github-actions[bot]', 'Bot'],
  ]
  test.each(strangers)('leaves alone: %s', async (_name, text, login, type) => {
    const stranger = github.addComment(text, login, type)
    expect((await open().upsertComment(7, marker, body, live)).created).toBe(true)
    expect(stranger.body).toBe(text)
  })

  test.each([
    ['GraphQL names the app with its suffix', 'release-app[bot]', 'release-app[bot]'],
    ['GraphQL names the app without it', 'release-app', 'release-app[bot]'],
    ['a personal token', 'octocat', 'octocat'],
    ['nobody says: the workflow’s own token', null, 'github-actions[bot]'],
  ])('knows its own comment: %s', async (_name, viewer, login) => {
    github.viewer = viewer
    const own = github.addComment(marker, login, login.endsWith('[bot]') ? 'Bot' : 'User')
    expect(await open().upsertComment(7, marker, body, live)).toEqual({ url: own.html_url, created: false })
  })

  test('writes a new one when somebody deleted it meanwhile', async () => {
    const forge = open()
    await forge.upsertComment(7, marker, body, live)
    github.comments.length = 0
    expect((await forge.upsertComment(7, marker, `again\n${marker}`, live)).created).toBe(true)
    expect(github.comments).toHaveLength(1)
  })

  test('two at once write one comment', async () => {
    const forge = open()
    await forge.upsertComment(7, marker, body, live)
    await Promise.all([1, 2, 3].map((turn) => forge.upsertComment(7, marker, `${turn}\n${marker}`, live)))
    expect(github.comments).toHaveLength(1)
    expect(github.comments[0]?.body).toBe(`3\n${marker}`)
  })

  const unclear: [string, Reply][] = [
    ['a 502', { status: 502, body: { message: 'Server Error' } }],
    ['a broken connection', 'reset'],
  ]
  test.each(unclear)('a comment that was made in spite of %s is not made twice', async (_name, reply) => {
    github.after('POST', comments, reply)
    const written = await open().upsertComment(7, marker, body, live)
    expect(github.comments.map((comment) => comment.html_url)).toEqual([written.url])
    expect(github.count('POST', comments)).toBe(1)
  })

  test.each(unclear)('a comment that was not made because of %s is made', async (_name, reply) => {
    github.on('POST', comments, reply)
    expect((await open().upsertComment(7, marker, body, live)).created).toBe(true)
    expect(github.comments).toHaveLength(1)
  })

  test('a 403 names the permission, and for a fork says that none helps', async () => {
    const reply = { status: 403, body: { message: 'Resource not accessible by integration' } }
    github.on('POST', comments, reply, reply)
    const own = await failureOf(open().upsertComment(7, marker, body, live))
    expect(own.code).toBe('forbidden')
    expect(own.message).toContain('Add `permissions: { pull-requests: write }` to the job')
    const fork = await failureOf(open({ fromFork: true }).upsertComment(7, marker, body, live))
    expect(fork.message).toContain('comes from a fork, whose token is read-only')
    expect(github.count('POST', comments)).toBe(2)
  })

  test('a 403 for another reason keeps its words', async () => {
    github.on('POST', comments, {
      status: 403,
      body: { message: 'Unable to create comment because issue is locked.' },
    })
    const failure = await failureOf(open().upsertComment(7, marker, body, live))
    expect(failure.message).toContain('issue is locked')
  })

  test('an answer that is no list of comments is said to be none', async () => {
    github.on('GET', comments, {
      status: 200,
      body: '<html>Sign in</html>',
      headers: { 'content-type': 'text/html' },
    })
    expect((await failureOf(open().upsertComment(7, marker, body, live))).code).toBe('bad-answer')
  })
})

describe('findCommented', () => {
  const since = Date.UTC(2026, 0, 12, 9)
  const latest = /\/my-api\/issues\/comments\?/

  test('gives the pull request of our own comment with the very marker, among the latest', async () => {
    github.addComment(`a stranger's\n${marker}`, 'mallory', 'User', 3)
    github.addComment(`> ${marker}`, 'github-actions[bot]', 'Bot', 4)
    github.addComment(marker.replace('v2-1', 'v2-11'), 'github-actions[bot]', 'Bot', 5)
    github.addComment(`ours\n${marker}\n`, 'github-actions[bot]', 'Bot', 6)
    expect(await open().findCommented(marker, since, live)).toBe(6)
    const [call] = github.calls.filter(({ path }) => latest.test(path))
    expect(call?.path).toContain('since=2026-01-12T09%3A00%3A00.000Z&sort=updated&direction=desc')
  })

  test('gives null where there is none, and ends in a busy repository', async () => {
    for (let index = 0; index < 700; index++) github.addComment('hello', 'somebody')
    expect(await open().findCommented(marker, since, live)).toBeNull()
    expect(github.count('GET', latest)).toBe(5)
    github.on('GET', latest, { status: 403, body: { message: 'Resource not accessible by integration' } })
    expect((await failureOf(open().findCommented(marker, since, live))).code).toBe('forbidden')
  })
})

describe('retries', () => {
  const bad = { status: 502, body: { message: 'Bad Gateway' } }

  test('a reading call that fails goes on after growing waits', async () => {
    github.on('GET', pulls, bad, { status: 503 }, 'reset')
    expect(await open({ branch: null }).findPullRequest(live)).toBeNull()
    expect(naps.slice(0, 3)).toEqual([500, 1000, 2000])
  })

  test('and is given up after four attempts', async () => {
    github.on('GET', pulls, bad, bad, bad, bad)
    expect((await failureOf(open().findPullRequest(live))).code).toBe('server-error')
    expect(github.count('GET', pulls)).toBe(4)
  })

  const limits: [string, Reply, number][] = [
    ['Retry-After', { status: 429, headers: { 'retry-after': '7' } }, 7000],
    [
      'a secondary limit that says how long',
      {
        status: 403,
        headers: { 'retry-after': '3' },
        body: { message: 'You have exceeded a secondary rate limit' },
      },
      3000,
    ],
    [
      'a secondary limit that does not',
      { status: 403, body: { message: 'You have exceeded a secondary rate limit' } },
      60_000,
    ],
    [
      'the primary limit, by GitHub’s own clock',
      {
        status: 403,
        headers: {
          'x-ratelimit-remaining': '0',
          'x-ratelimit-reset': '1000030',
          date: new Date(1_000_010_000).toUTCString(),
        },
      },
      21_000,
    ],
  ]
  test.each(limits)('waits as long as asked: %s', async (_name, reply, wait) => {
    github.on('POST', comments, reply)
    const body = `x\n${marker}`
    expect((await open().upsertComment(7, marker, body, live)).created).toBe(true)
    expect(naps).toEqual([wait])
  })

  test('does not wait an hour for a report', async () => {
    github.on('GET', comments, { status: 429, headers: { 'retry-after': '3600' } })
    await failureOf(open().upsertComment(7, marker, 'x', live))
    expect(naps).toEqual([])
  })

  test.each([
    [401, 'unauthorized'],
    [403, 'forbidden'],
    [422, 'rejected'],
  ])('never after a %s', async (status, code) => {
    github.on('GET', comments, { status, body: { message: 'no' } })
    expect((await failureOf(open().upsertComment(7, marker, 'x', live))).code).toBe(code)
    expect(github.count('GET', comments)).toBe(1)
  })

  test('a call that hangs ends by its own timeout', async () => {
    github.on('GET', comments, 'hang', 'hang', 'hang', 'hang')
    const failure = await failureOf(open({}, 40).upsertComment(7, marker, 'x', live))
    expect(failure.code).toBe('timeout')
    expect(failure.message).toBe('GitHub gave no answer within 0.04 s.')
  })

  test('a call that hangs ends with the caller', async () => {
    github.on('GET', comments, 'hang')
    const caller = new AbortController()
    const answer = failureOf(open().upsertComment(7, marker, 'x', caller.signal))
    while (github.calls.length === 0) await new Promise((resolve) => setImmediate(resolve))
    caller.abort(new Error('cancelled'))
    expect((await answer).code).toBe('aborted')
  })

  test('a server that is not there is unreachable, and no failure shows the token', async () => {
    await github.close()
    const failure = await failureOf(open().findPullRequest(live))
    expect(failure.code).toBe('unreachable')
    expect(JSON.stringify([failure.message, failure.details, failure.cause])).not.toContain('ghs_secret')
    await github.open()
  })

  test('the token is named as a secret', () => {
    expect(open().secrets()).toEqual(['ghs_secret'])
  })
})

describe('a proxy in the environment', () => {
  test('is passed by for a server on this machine', async () => {
    const forge = new URL('../../src/forge/github/github-forge.ts', import.meta.url).href
    const script = `
      const { createGithubForge } = await import(${JSON.stringify(forge)})
      const access = { kind: 'github', token: 't', apiUrl: ${JSON.stringify(url)}, serverUrl: '', owner: 'shop', repository: 'my-api',
        sha: ${JSON.stringify(sha)}, pullRequest: null, branch: null }
      const options = { random: Math.random, sleep: async () => {}, callTimeout: 5000, userAgent: 'x' }
      console.log(JSON.stringify(await createGithubForge(access, options).findPullRequest(new AbortController().signal)))`
    github.on('GET', pulls, { status: 200, body: [{ number: 3, merged_at: null, head: { sha } }] })
    const dead = 'http://127.0.0.1:9'
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      env: { PATH: process.env.PATH, https_proxy: dead, http_proxy: dead },
    })
    expect(JSON.parse(stdout)).toEqual({ number: 3, how: 'commit' })
  })
})

describe('findPullRequest', () => {
  const pull = (number: number, over: object = {}) => ({
    number,
    merged_at: '2026-11-20T10:00:00Z',
    merge_commit_sha: 'b'.repeat(40),
    base: { ref: 'main' },
    head: { sha: 'c'.repeat(40) },
    ...over,
  })

  test('a given number is taken without a call', async () => {
    expect(await open({ pullRequest: 12 }).findPullRequest(live)).toEqual({ number: 12, how: 'given' })
    expect(github.calls).toEqual([])
  })

  const cases: [string, unknown[], number | null][] = [
    ['the one that became this commit', [pull(1), pull(2, { merge_commit_sha: sha })], 2],
    ['a merged one into our branch', [pull(1, { base: { ref: 'next' } }), pull(2)], 2],
    ['a merged one rather than an open one', [pull(1, { merged_at: null, head: { sha } }), pull(2)], 2],
    ['an open one whose head it is', [pull(1, { merged_at: null, head: { sha } })], 1],
    ['not an open one that only contains it', [pull(1, { merged_at: null })], null],
    ['not one merged elsewhere', [pull(1, { base: { ref: 'next' } })], null],
    ['not one that was closed and never merged', [pull(1, { merged_at: null, merge_commit_sha: sha })], null],
  ]
  test.each(cases)('%s', async (_name, list, number) => {
    github.on(
      'GET',
      pulls,
      { status: 200, body: list },
      { status: 200, body: list },
      { status: 200, body: list },
      { status: 200, body: list },
    )
    expect(await open().findPullRequest(live)).toEqual(number === null ? null : { number, how: 'commit' })
  })

  test('asks again while GitHub does not know the commit yet', async () => {
    github.on(
      'GET',
      pulls,
      { status: 422, body: { message: 'No commit found for SHA' } },
      { status: 404 },
      { status: 200, body: [] },
      { status: 200, body: [pull(5, { merge_commit_sha: sha })] },
    )
    expect(await open().findPullRequest(live)).toEqual({ number: 5, how: 'commit' })
    expect(naps).toEqual([2000, 3000, 5000])
  })

  const commit = (message: string) => ({ status: 200, body: { sha, commit: { message } } })
  test.each([
    ['a squash', 'Fix the basket (#31)\n\nbody (#99)', 31],
    ['a merge commit', 'Merge pull request #31 from shop/fix\n\nFix', 31],
  ])('takes the number in the title of %s when that became this commit', async (_name, message, number) => {
    github.on('GET', new RegExp(`/commits/${sha}$`), commit(message))
    github.on('GET', /\/pulls\/31$/, { status: 200, body: pull(31, { merge_commit_sha: sha }) })
    expect(await open().findPullRequest(live)).toEqual({ number, how: 'title' })
    expect(naps).toEqual([])
  })

  test.each([
    ['names another merge', commit('Oops (#31)'), pull(31)],
    ['names an open one', commit('Oops (#31)'), pull(31, { merged_at: null, merge_commit_sha: sha })],
    ['names none', commit('Oops'), pull(31, { merge_commit_sha: sha })],
    ['names one in its body only', commit('Oops\n\n(#31)'), pull(31, { merge_commit_sha: sha })],
  ])('a title that %s proves nothing', async (_name, answer, found) => {
    github.on('GET', new RegExp(`/commits/${sha}$`), answer)
    github.on('GET', /\/pulls\/31$/, { status: 200, body: found })
    expect(await open().findPullRequest(live)).toBeNull()
  })

  test('a 403 names the permission to read', async () => {
    github.on('GET', pulls, { status: 403, body: { message: 'Resource not accessible by integration' } })
    expect((await failureOf(open().findPullRequest(live))).message).toContain('pull-requests: read')
  })

  test('waiting ends with the caller', async () => {
    const caller = new AbortController()
    github.on('GET', pulls, { status: 200, body: [] })
    const forge = createGithubForge(
      {
        kind: 'github',
        token: 't',
        apiUrl: url,
        serverUrl: '',
        owner: 'shop',
        repository: 'my-api',
        sha,
        pullRequest: null,
        branch: null,
      },
      {
        random: () => 0,
        callTimeout: 5000,
        userAgent: 'x',
        sleep: async (_ms, signal) => {
          caller.abort(new Error('cancelled'))
          signal.throwIfAborted()
        },
      },
    )
    expect((await failureOf(forge.findPullRequest(caller.signal))).code).toBe('aborted')
  })
})
