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
  const repository = repositoryOf(env.GITHUB_REPOSITORY ?? '')
  const slug = repository === null ? null : `${repository.owner}/${repository.name}`
  const runId = env.GITHUB_RUN_ID || null
  const runUrl = slug && runId ? `${serverUrl}/${slug}/actions/runs/${runId}` : null
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
      repository: slug,
    }),
    sandboxClock: sandboxClock(env),
  }
}

function repositoryOf(text: string): CiRun['repository'] {
  const [, owner, name] = /^([^/\s]+)\/([^/\s]+)$/.exec(text) ?? []
  return owner === undefined || name === undefined ? null : { owner, name }
}

function parseEvent(text: string | null): unknown {
  try {
    return JSON.parse(text ?? '{}')
  } catch {
    return {}
  }
}
