/** Facts are what the surroundings say about a run, beside its options. */
export interface Facts {
  /** Who acts: unique to this process. */
  holder: string
  /** The run that the holder belongs to, the same for its later attempts. */
  run: string
  runUrl: string | null
  runId: string
  serverUrl: string
  repository: { owner: string; name: string } | null
  sha: string | null
  /** The event's pull request; null where it has none. */
  pullRequest: number | null
  /** Branch that a push went to; null for other events. */
  branch: string | null
  /** Address of a sandbox's clock; null for real time. */
  sandboxClock: string | null
}

/** Env is an environment as Node gives it. */
export type Env = Readonly<Record<string, string | undefined>>

/** ProcessFacts tell one process from all others. */
export interface ProcessFacts {
  hostname: string
  pid: number
  /** A few random letters: pids come again. */
  nonce: string
}

/**
 * factsFromEnv reads the facts of a run from GitHub's variables and the text of the event file (null: none), or,
 * outside of GitHub, from the process. A broken event counts as none: it only helps to find the pull request.
 */
export function factsFromEnv(env: Env, eventText: string | null, process: ProcessFacts): Facts {
  const event = parseEvent(eventText)
  const serverUrl = env.GITHUB_SERVER_URL || 'https://github.com'
  const slug = /^([^/\s]+)\/([^/\s]+)$/.exec(env.GITHUB_REPOSITORY ?? '')
  const repository = slug ? { owner: slug[1] as string, name: slug[2] as string } : null
  const runId = env.GITHUB_RUN_ID || null
  const runUrl = repository && runId ? `${serverUrl}/${slug?.[0]}/actions/runs/${runId}` : null
  const alone = `${process.hostname}/${process.pid}-${process.nonce}`
  const attempt = env.GITHUB_RUN_ATTEMPT || '1'
  return {
    holder: runUrl ? `${runUrl}/attempts/${attempt}#${process.pid}-${process.nonce}` : alone,
    run: runUrl ?? alone,
    runUrl: runUrl ? `${runUrl}/attempts/${attempt}` : null,
    runId: runId ?? `${process.pid}${process.nonce}`,
    serverUrl,
    repository,
    sha: headSha(event) ?? env.GITHUB_SHA ?? null,
    pullRequest: pullRequestOf(event, env.GITHUB_REF ?? ''),
    branch: env.GITHUB_EVENT_NAME === 'push' ? branchOf(env.GITHUB_REF ?? '') : null,
    sandboxClock: env.SHIFTGATE_SANDBOX_CLOCK || null,
  }
}

type Event = Record<string, unknown>

function parseEvent(text: string | null): Event {
  try {
    return fieldsOf(JSON.parse(text ?? '{}'))
  } catch {
    return {}
  }
}

function fieldsOf(value: unknown): Event {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Event) : {}
}

/** For pull_request events GITHUB_SHA is a merge that nobody pushed; the head is what was built. */
function headSha(event: Event): string | null {
  const sha = fieldsOf(fieldsOf(event.pull_request).head).sha
  return typeof sha === 'string' ? sha : null
}

function pullRequestOf(event: Event, ref: string): number | null {
  const issue = fieldsOf(event.issue)
  const number = fieldsOf(event.pull_request).number ?? ('pull_request' in issue ? issue.number : undefined)
  if (Number.isSafeInteger(number)) return number as number
  const queued = /^refs\/heads\/gh-readonly-queue\/.+\/pr-(\d{1,10})-[0-9a-f]+$/.exec(ref)
  return queued ? Number(queued[1]) : null
}

function branchOf(ref: string): string | null {
  return ref.startsWith('refs/heads/') ? ref.slice('refs/heads/'.length) : null
}
