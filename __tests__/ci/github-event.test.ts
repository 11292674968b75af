import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { type GithubEvent, readSubject } from '../../src/ci/github/event.ts'
import type { RunSubject } from '../../src/release/ci-run.ts'

const sha = 'a'.repeat(40)
const head = 'b'.repeat(40)
const pull = (over: object = {}) => ({
  number: 12,
  head: { sha: head, repo: { full_name: 'shop/my-api' } },
  base: { repo: { full_name: 'shop/my-api' } },
  ...over,
})
const fork = pull({ head: { sha: head, repo: { full_name: 'mallory/my-api' } } })
const run = (over: object = {}) => ({
  workflow_run: { event: 'push', head_sha: head, head_branch: 'main', pull_requests: [], ...over },
})

const cases: [string, Partial<GithubEvent>, Partial<RunSubject>][] = [
  [
    'a push to main',
    { eventName: 'push', payload: { after: sha } },
    { sha, pullRequest: null, branch: 'main', fromFork: false },
  ],
  ['a tag', { eventName: 'push', ref: 'refs/tags/v2' }, { sha, branch: null }],
  [
    'workflow_dispatch on a branch',
    { eventName: 'workflow_dispatch', ref: 'refs/heads/fix/a' },
    { sha, branch: 'fix/a', pullRequest: null },
  ],
  ['a schedule without a payload', { eventName: 'schedule', payload: null }, { sha, branch: 'main' }],
  [
    'a pull request: its head, not the test merge',
    { eventName: 'pull_request', ref: 'refs/pull/12/merge', payload: { pull_request: pull() } },
    { sha: head, pullRequest: 12, branch: null, fromFork: false },
  ],
  [
    "a fork's pull request",
    { eventName: 'pull_request', payload: { pull_request: fork } },
    { sha: head, pullRequest: 12, fromFork: true },
  ],
  [
    'a fork that was deleted',
    { eventName: 'pull_request', payload: { pull_request: pull({ head: { sha: head, repo: null } }) } },
    { fromFork: true },
  ],
  [
    "a fork's pull_request_target, whose token may write",
    { eventName: 'pull_request_target', payload: { pull_request: fork } },
    { sha: head, pullRequest: 12, fromFork: false },
  ],
  [
    "a review of a fork's",
    { eventName: 'pull_request_review', payload: { pull_request: fork } },
    { pullRequest: 12, fromFork: true },
  ],
  [
    'a comment on a pull request',
    { eventName: 'issue_comment', payload: { issue: { number: 9, pull_request: {} } } },
    { sha, pullRequest: 9, branch: 'main' },
  ],
  [
    'a comment on an issue',
    { eventName: 'issue_comment', payload: { issue: { number: 9 } } },
    { pullRequest: null },
  ],
  [
    'a merge queue',
    {
      eventName: 'merge_group',
      payload: {
        merge_group: {
          head_sha: head,
          head_ref: `refs/heads/gh-readonly-queue/main/pr-31-${sha}`,
          base_ref: 'refs/heads/main',
        },
      },
    },
    { sha: head, pullRequest: 31, branch: 'main' },
  ],
  [
    'a push to a queue’s branch',
    { eventName: 'push', ref: `refs/heads/gh-readonly-queue/rel/2/pr-31-${sha}` },
    { pullRequest: 31, branch: null },
  ],
  [
    'a workflow_run after a push',
    { eventName: 'workflow_run', payload: run() },
    { sha: head, pullRequest: null, branch: 'main' },
  ],
  [
    'a workflow_run of a pull request',
    {
      eventName: 'workflow_run',
      payload: run({ event: 'pull_request', pull_requests: [{ number: 4, head: { sha: head } }] }),
    },
    { pullRequest: 4, branch: null },
  ],
  [
    'a workflow_run: the one of several with its head',
    {
      eventName: 'workflow_run',
      payload: run({
        pull_requests: [
          { number: 4, head: { sha } },
          { number: 5, head: { sha: head } },
        ],
      }),
    },
    { pullRequest: 5 },
  ],
  [
    'a workflow_run: none of several',
    {
      eventName: 'workflow_run',
      payload: run({
        pull_requests: [
          { number: 4, head: { sha } },
          { number: 5, head: { sha } },
        ],
      }),
    },
    { pullRequest: null },
  ],
  ['a deployment', { eventName: 'deployment', payload: { deployment: { sha: head } } }, { sha: head }],
  [
    'a number that is none',
    { eventName: 'pull_request', payload: { pull_request: pull({ number: '12; rm' }) } },
    { pullRequest: null },
  ],
  ['a commit that is none', { eventName: 'push', sha: 'main' }, { sha: null }],
]

const facts = (over: Partial<GithubEvent>): GithubEvent => ({
  eventName: 'push',
  payload: {},
  sha,
  ref: 'refs/heads/main',
  repository: 'shop/my-api',
  ...over,
})

describe('readSubject', () => {
  test.each(cases)('%s', (_name, given, expected) => {
    expect(readSubject(facts(given))).toMatchObject(expected)
  })

  test('never throws, and never gives what is not a number or a commit', () => {
    const names = fc.constantFrom(
      'push',
      'pull_request',
      'merge_group',
      'workflow_run',
      'deployment',
      'issue_comment',
    )
    const keys = fc.constantFrom(
      'pull_request',
      'issue',
      'merge_group',
      'workflow_run',
      'deployment',
      'number',
      'head',
    )
    const payload = fc.oneof(fc.jsonValue(), fc.dictionary(keys, fc.dictionary(keys, fc.jsonValue())))
    fc.assert(
      fc.property(names, payload, fc.string(), (eventName, given, ref) => {
        const subject = readSubject(facts({ eventName, payload: given, ref }))
        expect(subject.sha).toMatch(/^[0-9a-f]{40}$/)
        expect(subject.pullRequest === null || subject.pullRequest > 0).toBe(true)
      }),
    )
  })
})
