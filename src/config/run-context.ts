import { type EventSubject, subjectOf } from '../release/event.ts'

/** RunContext are what the surroundings say about a run, beside its options. */
export interface RunContext {
  /** Who acts: unique to this process. */
  holder: string
  /** The run that the holder belongs to, the same for its later attempts. */
  run: string
  runUrl: string | null
  runId: string
  serverUrl: string
  repository: { owner: string; name: string } | null
  /** Commit, pull request and branch that the event is about. */
  subject: EventSubject
  /** Address of a sandbox's clock; null for real time. */
  sandboxClock: string | null
}

/** Env is an environment as Node gives it. */
export type Env = Readonly<Record<string, string | undefined>>

/** ProcessIdentity tell one process from all others. */
export interface ProcessIdentity {
  hostname: string
  pid: number
  /** A few random letters: pids come again. */
  nonce: string
}

/**
 * runContextFromEnv reads the facts of a run from GitHub's variables and the text of the event file (null: none), or,
 * outside of GitHub, from the process. A broken event counts as none: it only helps to find the pull request.
 */
export function runContextFromEnv(env: Env, eventText: string | null, process: ProcessIdentity): RunContext {
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
    subject: subjectOf({
      eventName: env.GITHUB_EVENT_NAME ?? '',
      payload: parsed(eventText),
      sha: env.GITHUB_SHA ?? null,
      ref: env.GITHUB_REF ?? null,
      repository: slug?.[0] ?? null,
    }),
    sandboxClock: env.SHIFTGATE_SANDBOX_CLOCK || null,
  }
}

function parsed(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
}
