import type { CiRun } from '../../release/ci-run.ts'
import { type CiSource, type CiSystem, localHolder, runHolder, sandboxClock } from '../ci.ts'
import { readSubject } from './event.ts'

/**
 * githubActions reads a run from GitHub's variables and the event file. Any of its variables counts, also outside
 * of a runner: a repository or commit set by hand says where to comment. A broken event counts as none: it only
 * helps to find the pull request.
 */
export const githubActions: CiSystem = {
  detects: (env) => Object.keys(env).some((name) => name.startsWith('GITHUB_')),
  readRun,
}

function readRun({ env, process, readFile }: CiSource): CiRun {
  const serverUrl = env.GITHUB_SERVER_URL || 'https://github.com'
  const slug = /^([^/\s]+)\/([^/\s]+)$/.exec(env.GITHUB_REPOSITORY ?? '')
  const repository = slug ? { owner: slug[1] as string, name: slug[2] as string } : null
  const runId = env.GITHUB_RUN_ID || null
  const runUrl = repository && runId ? `${serverUrl}/${slug?.[0]}/actions/runs/${runId}` : null
  const attemptUrl = runUrl === null ? null : `${runUrl}/attempts/${env.GITHUB_RUN_ATTEMPT || '1'}`
  return {
    holder: attemptUrl === null ? localHolder(process) : runHolder(attemptUrl, process),
    runUrl: attemptUrl,
    runId: runId ?? `${process.pid}${process.nonce}`,
    serverUrl,
    repository,
    subject: readSubject({
      eventName: env.GITHUB_EVENT_NAME ?? '',
      payload: parseEvent(env.GITHUB_EVENT_PATH ? readFile(env.GITHUB_EVENT_PATH) : null),
      sha: env.GITHUB_SHA ?? null,
      ref: env.GITHUB_REF ?? null,
      repository: slug?.[0] ?? null,
    }),
    sandboxClock: sandboxClock(env),
  }
}

function parseEvent(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
}
