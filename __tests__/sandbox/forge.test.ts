import { getOctokit } from '@actions/github'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type ForgeServer, rateLimited, serveForge } from '../../src/sandbox/forge/server.ts'
import { releaseCommit, releasePull } from '../../src/sandbox/forge/state.ts'
import type { LoggedRequest } from '../../src/sandbox/http/request-log.ts'

let forge: ForgeServer
let log: LoggedRequest[]

beforeEach(async () => {
  log = []
  forge = await serveForge(log, () => Date.UTC(2026, 0, 12, 9))
})
afterEach(() => forge.close())

const repository = { owner: 'example', repo: 'shop' }
const client = (token = forge.state.token, prefix = '') =>
  getOctokit(token, { baseUrl: `${forge.url}${prefix}` })

describe("GitHub's API, as far as a release uses it", () => {
  test('the pull request of a commit', async () => {
    const octokit = client()
    const found = await octokit.rest.repos.listPullRequestsAssociatedWithCommit({
      ...repository,
      commit_sha: releaseCommit,
    })
    expect(found.data.map(({ number, merge_commit_sha }) => [number, merge_commit_sha])).toEqual([
      [releasePull, releaseCommit],
    ])
    const commit = await octokit.rest.repos.getCommit({ ...repository, ref: releaseCommit })
    expect(commit.data.commit.message).toBe('Answer faster (#42)')
    const pull = await octokit.rest.pulls.get({ ...repository, pull_number: releasePull })
    expect(pull.data).toMatchObject({ merged: true, base: { ref: 'main' } })
    await expect(octokit.rest.repos.getCommit({ ...repository, ref: 'abc' })).rejects.toMatchObject({
      status: 422,
    })
  })

  test.each(['', '/api/v3'])('comments are written, read and edited, under the prefix%j', async (prefix) => {
    const octokit = client(undefined, prefix)
    const place = { ...repository, issue_number: releasePull }
    const made = await octokit.rest.issues.createComment({ ...place, body: 'one' })
    expect(made.status).toBe(201)
    expect(made.data.user).toEqual({ login: 'github-actions[bot]', type: 'Bot' })
    const edited = await octokit.rest.issues.updateComment({
      ...repository,
      comment_id: made.data.id,
      body: 'two',
    })
    expect(edited.data.html_url).toBe(`${forge.url}/example/shop/pull/42#issuecomment-${made.data.id}`)
    expect(forge.state.comments.map(({ body }) => body)).toEqual(['two'])
    await octokit.rest.issues.deleteComment({ ...repository, comment_id: made.data.id })
    await expect(
      octokit.rest.issues.getComment({ ...repository, comment_id: made.data.id }),
    ).rejects.toMatchObject({ status: 404 })
  })

  test('many comments come page by page', async () => {
    const octokit = client()
    const place = { ...repository, issue_number: releasePull }
    for (let index = 0; index < 7; index++)
      await octokit.rest.issues.createComment({ ...place, body: `c${index}` })
    const all = await octokit.paginate(octokit.rest.issues.listComments, { ...place, per_page: 3 })
    expect(all.map(({ body }) => body)).toEqual(['c0', 'c1', 'c2', 'c3', 'c4', 'c5', 'c6'])
    expect(log.filter(({ method }) => method === 'GET').map(({ query }) => query)).toEqual([
      'per_page=3',
      'per_page=3&page=2',
      'per_page=3&page=3',
    ])
  })

  test('the latest comments of all pull requests, those that were changed since a time', async () => {
    const octokit = client()
    const [first] = forge.state.pulls
    if (first) forge.state.pulls.push({ ...first, number: 43 })
    for (const issue_number of [42, 43, 42])
      await octokit.rest.issues.createComment({ ...repository, issue_number, body: `on ${issue_number}` })
    const [old, changed] = forge.state.comments
    if (old) old.updatedAt = '2026-01-01T00:00:00Z'
    if (changed) changed.updatedAt = '2026-02-01T00:00:00Z'
    const since = '2026-01-12T00:00:00Z'
    const query = { ...repository, since, sort: 'updated', direction: 'desc' } as const
    const { data } = await octokit.rest.issues.listCommentsForRepo(query)
    expect(data.map(({ issue_url }) => issue_url?.split('/').at(-1))).toEqual(['43', '42'])
  })

  test('who the token is', async () => {
    await expect(client().rest.users.getAuthenticated()).rejects.toMatchObject({ status: 403 })
    const { viewer } = await client().graphql<{ viewer: { login: string } }>('query { viewer { login } }')
    expect(viewer.login).toBe('github-actions[bot]')
    Object.assign(forge.state, { installation: false, account: { login: 'somebody', type: 'User' } })
    expect((await client().rest.users.getAuthenticated()).data.login).toBe('somebody')
  })

  test.each<[string, () => void, () => Promise<unknown>, number, string]>([
    [
      'a wrong token',
      () => {},
      () => client('guess').rest.pulls.get({ ...repository, pull_number: 42 }),
      401,
      'Bad credentials',
    ],
    [
      'a missing permission',
      () => {
        Object.assign(forge.state.permissions, { issues: 'none', 'pull-requests': 'read' })
      },
      () => client().rest.issues.createComment({ ...repository, issue_number: 42, body: 'x' }),
      403,
      'Resource not accessible by integration',
    ],
    [
      'another repository',
      () => {},
      () => client().rest.pulls.get({ owner: 'a', repo: 'b', pull_number: 1 }),
      404,
      'Not Found',
    ],
    [
      'a comment that is too long',
      () => {},
      () => client().rest.issues.createComment({ ...repository, issue_number: 42, body: 'x'.repeat(65_537) }),
      422,
      'Validation Failed',
    ],
    [
      'a rate limit',
      () => {
        forge.faults.fail(() => true, rateLimited(60, 0))
      },
      () => client().rest.pulls.get({ ...repository, pull_number: 42 }),
      403,
      'API rate limit exceeded for installation.',
    ],
    [
      'a bad gateway',
      () => {
        forge.faults.fail(() => true, { status: 502 })
      },
      () => client().rest.pulls.get({ ...repository, pull_number: 42 }),
      502,
      'Server Error',
    ],
  ])('%s', async (_what, arrange, act, status, message) => {
    arrange()
    await expect(act()).rejects.toMatchObject({ status, message: expect.stringContaining(message) })
    expect(log.at(-1)).toMatchObject({ server: 'github', status })
  })

  test('an answer that is lost after the comment was written', async () => {
    forge.faults.fail(({ method }) => method === 'POST', { reset: true, done: true })
    const place = { ...repository, issue_number: releasePull }
    await expect(client().rest.issues.createComment({ ...place, body: 'once' })).rejects.toThrow(
      /socket hang up|ECONNRESET|fetch failed|other side closed/,
    )
    expect(forge.state.comments.map(({ body }) => body)).toEqual(['once'])
  })
})
