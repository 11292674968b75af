/** EventFacts are what a run knows of the event that started it. */
export interface EventFacts {
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

/** EventSubject is what a run is about. */
export interface EventSubject {
  /** Commit that is released; null where nothing says so. */
  sha: string | null
  /** null: the event names none; it has to be looked up by commit. */
  pullRequest: number | null
  /** Branch that the commit is on, as a pull request's `base` would name it; null where it is on none yet. */
  branch: string | null
  /** The event comes from a fork's pull request *and* its token is read-only for that. */
  fromFork: boolean
}

type Fields = Record<string, unknown>

/** Events of a fork's pull request that run with a read-only token; `pull_request_target` does not. */
const readOnlyForForks = ['pull_request', 'pull_request_review', 'pull_request_review_comment']

/** subjectOf reads from an event which commit, pull request and branch a run is about. It never throws. */
export function subjectOf(facts: EventFacts): EventSubject {
  const payload = fields(facts.payload)
  const plain: EventSubject = {
    sha: shaOf(facts.sha),
    pullRequest: null,
    branch: branchOf(facts.ref),
    fromFork: false,
  }
  if (facts.eventName === 'merge_group') return ofMergeGroup(fields(payload.merge_group), facts.ref, plain)
  if (facts.eventName === 'workflow_run') return ofWorkflowRun(fields(payload.workflow_run), plain)
  if (facts.eventName === 'deployment' || facts.eventName === 'deployment_status') {
    return { ...plain, sha: shaOf(fields(payload.deployment).sha) ?? plain.sha }
  }
  if ('pull_request' in payload) return ofPullRequest(fields(payload.pull_request), facts, plain)
  const issue = fields(payload.issue)
  if ('pull_request' in issue) return { ...plain, pullRequest: numberOf(issue.number) }
  return { ...plain, pullRequest: queuedNumber(facts.ref) }
}

// GITHUB_SHA is a trial merge here, which nobody pushed: the head is what was built.
function ofPullRequest(pull: Fields, facts: EventFacts, plain: EventSubject): EventSubject {
  const head = fields(pull.head)
  // A deleted fork has no repository any more.
  const home = fields(head.repo).full_name ?? null
  const own = fields(fields(pull.base).repo).full_name ?? facts.repository
  return {
    sha: shaOf(head.sha) ?? plain.sha,
    pullRequest: numberOf(pull.number),
    branch: null,
    fromFork: readOnlyForForks.includes(facts.eventName) && 'head' in pull && home !== own,
  }
}

function ofMergeGroup(group: Fields, ref: string | null, plain: EventSubject): EventSubject {
  return {
    ...plain,
    sha: shaOf(group.head_sha) ?? plain.sha,
    pullRequest: queuedNumber(textOf(group.head_ref) ?? ref),
    branch: branchOf(textOf(group.base_ref)),
  }
}

// GitHub lists every pull request whose branch this is, and none of a fork's.
function ofWorkflowRun(run: Fields, plain: EventSubject): EventSubject {
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
