import type { RunSubject } from '../../release/ci-run.ts'

/** GithubEvent is what a run knows of the event that started it. */
export interface GithubEvent {
  /** GITHUB_EVENT_NAME. */
  eventName: string
  /** The parsed event file; anything that isn't an object counts as empty. */
  payload: unknown
  /** GITHUB_SHA. */
  sha: string | null
  /** GITHUB_REF, e.g. `refs/heads/main`. */
  ref: string | null
  /** GITHUB_REPOSITORY, `owner/name`. */
  repository: string | null
}

type Fields = Record<string, unknown>

/** Events of a fork's pull request that run with a read-only token; `pull_request_target` does not. */
const readOnlyForForks = ['pull_request', 'pull_request_review', 'pull_request_review_comment']

/** readSubject reads from an event which commit, pull request and branch a run is about. It never throws. */
export function readSubject(event: GithubEvent): RunSubject {
  const payload = fields(event.payload)
  const plain: RunSubject = {
    sha: shaOf(event.sha),
    pullRequest: null,
    branch: branchOf(event.ref),
    fromFork: false,
  }
  if (event.eventName === 'merge_group') return ofMergeGroup(fields(payload.merge_group), event.ref, plain)
  if (event.eventName === 'workflow_run') return ofWorkflowRun(fields(payload.workflow_run), plain)
  if (event.eventName === 'deployment' || event.eventName === 'deployment_status') {
    return { ...plain, sha: shaOf(fields(payload.deployment).sha) ?? plain.sha }
  }
  if ('pull_request' in payload) return ofPullRequest(fields(payload.pull_request), event, plain)
  const issue = fields(payload.issue)
  if ('pull_request' in issue) return { ...plain, pullRequest: numberOf(issue.number) }
  return { ...plain, pullRequest: queuedNumber(event.ref) }
}

// GITHUB_SHA is a test merge here, which nobody pushed: the head is what was built.
function ofPullRequest(pull: Fields, event: GithubEvent, plain: RunSubject): RunSubject {
  const head = fields(pull.head)
  // A deleted fork has no repository any more.
  const home = fields(head.repo).full_name ?? null
  const own = fields(fields(pull.base).repo).full_name ?? event.repository
  return {
    sha: shaOf(head.sha) ?? plain.sha,
    pullRequest: numberOf(pull.number),
    branch: null,
    fromFork: readOnlyForForks.includes(event.eventName) && 'head' in pull && home !== own,
  }
}

function ofMergeGroup(group: Fields, ref: string | null, plain: RunSubject): RunSubject {
  return {
    ...plain,
    sha: shaOf(group.head_sha) ?? plain.sha,
    pullRequest: queuedNumber(textOf(group.head_ref) ?? ref),
    branch: branchOf(textOf(group.base_ref)),
  }
}

// GitHub lists every pull request whose branch this is, and none of a fork's.
function ofWorkflowRun(run: Fields, plain: RunSubject): RunSubject {
  const sha = shaOf(run.head_sha) ?? plain.sha
  const listed = Array.isArray(run.pull_requests) ? run.pull_requests.map(fields) : []
  const same = listed.filter((pull) => fields(pull.head).sha === sha)
  const one = same.length === 1 ? same[0] : listed.length === 1 ? listed[0] : undefined
  return {
    sha,
    pullRequest: one === undefined ? null : numberOf(one.number),
    branch: run.event === 'push' ? textOf(run.head_branch) : null,
    fromFork: false,
  }
}

function queuedNumber(ref: string | null): number | null {
  const match = /(?:^|\/)gh-readonly-queue\/.+\/pr-(\d{1,10})-[0-9a-f]+$/.exec(ref ?? '')
  return match === null ? null : numberOf(Number(match[1]))
}

function branchOf(ref: string | null): string | null {
  const branch = /^refs\/heads\/(.+)$/.exec(ref ?? '')?.[1] ?? null
  return branch?.startsWith('gh-readonly-queue/') ? null : branch
}

function shaOf(value: unknown): string | null {
  return typeof value === 'string' && /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/i.test(value)
    ? value.toLowerCase()
    : null
}

function numberOf(value: unknown): number | null {
  return Number.isSafeInteger(value) && (value as number) > 0 ? (value as number) : null
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function fields(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {}
}
