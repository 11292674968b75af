import { describe, expect, test } from '@jest/globals'
import type { Environment } from '../../src/release/ci-run.ts'
import { readRun } from '../../src/wiring/ci.ts'

const here = { hostname: 'runner-1', pid: 42, nonce: 'cafe' }
const actions = {
  GITHUB_ACTIONS: 'true',
  GITHUB_SERVER_URL: 'https://github.example.com',
  GITHUB_REPOSITORY: 'octo/shop',
  GITHUB_RUN_ID: '7',
  GITHUB_RUN_ATTEMPT: '2',
  GITHUB_SHA: 'b'.repeat(40),
  GITHUB_EVENT_NAME: 'push',
  GITHUB_REF: 'refs/heads/main',
}

/** read reads a run whose event file holds `text`; null: there is no such file. */
function read(env: Environment, text: string | null) {
  const readFile = (path: string) => (path === '/event.json' ? text : null)
  return readRun({ env: { ...env, GITHUB_EVENT_PATH: '/event.json' }, process: here, readFile })
}

describe('what the CI says of a run', () => {
  test('in a workflow the holder is the attempt, and the run outlives it', () => {
    const facts = read(actions, '{}')
    expect(facts).toEqual({
      holder: 'https://github.example.com/octo/shop/actions/runs/7/attempts/2#42-cafe@runner-1',
      runUrl: 'https://github.example.com/octo/shop/actions/runs/7/attempts/2',
      runId: '7',
      serverUrl: 'https://github.example.com',
      repository: { owner: 'octo', name: 'shop' },
      subject: { sha: 'b'.repeat(40), pullRequest: null, branch: 'main', fromFork: false },
      sandboxClock: null,
    })
  })

  test('outside of one it is the process', () => {
    const facts = readRun({ env: {}, process: here, readFile: () => null })
    expect(facts.holder).toBe('runner-1/42-cafe')
    expect(facts.runUrl).toBeNull()
    expect(facts.repository).toBeNull()
    expect(facts.subject).toEqual({ sha: null, pullRequest: null, branch: null, fromFork: false })
  })

  const head = 'c'.repeat(40)
  test.each([
    {
      name: 'a pull request: its number and its head, not the merge that nobody pushed',
      event: { pull_request: { number: 12, head: { sha: head } } },
      env: { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/12/merge' },
      expected: { pullRequest: 12, sha: head, branch: null },
    },
    {
      name: 'a comment on a pull request',
      event: { issue: { number: 9, pull_request: {} } },
      env: { GITHUB_EVENT_NAME: 'issue_comment' },
      expected: { pullRequest: 9, sha: 'b'.repeat(40), branch: 'main' },
    },
    {
      name: 'a comment on an issue',
      event: { issue: { number: 9 } },
      env: { GITHUB_EVENT_NAME: 'issue_comment' },
      expected: { pullRequest: null, sha: 'b'.repeat(40), branch: 'main' },
    },
    {
      name: 'a merge queue',
      event: {},
      env: {
        GITHUB_EVENT_NAME: 'merge_group',
        GITHUB_REF: `refs/heads/gh-readonly-queue/main/pr-31-${head}`,
      },
      expected: { pullRequest: 31, sha: 'b'.repeat(40), branch: null },
    },
    {
      name: 'a dispatch',
      event: { inputs: { 'to-version': 'v1' } },
      env: { GITHUB_EVENT_NAME: 'workflow_dispatch' },
      expected: { pullRequest: null, sha: 'b'.repeat(40), branch: 'main' },
    },
    {
      name: 'a workflow that follows another one: its commit, not the newest of the default branch',
      event: { workflow_run: { event: 'push', head_sha: head, head_branch: 'release', pull_requests: [] } },
      env: { GITHUB_EVENT_NAME: 'workflow_run' },
      expected: { pullRequest: null, sha: head, branch: 'release' },
    },
    {
      name: "a fork's pull request",
      event: { pull_request: { number: 12, head: { sha: head, repo: { full_name: 'mallory/shop' } } } },
      env: { GITHUB_EVENT_NAME: 'pull_request', GITHUB_REF: 'refs/pull/12/merge' },
      expected: { pullRequest: 12, sha: head, fromFork: true },
    },
    {
      name: 'a pushed tag',
      event: {},
      env: { GITHUB_REF: 'refs/tags/v1' },
      expected: { pullRequest: null, sha: 'b'.repeat(40), branch: null },
    },
  ])('$name', ({ event, env, expected }) => {
    expect(read({ ...actions, ...env }, JSON.stringify(event)).subject).toMatchObject(expected)
  })

  test.each(['', '[]', '{"pull_request": 5}', 'no json', '{"issue": {"pull_request": {}, "number": "1"}}'])(
    'a strange event (%s) counts as none',
    (text) => {
      expect(read(actions, text).subject.pullRequest).toBeNull()
    },
  )
})
