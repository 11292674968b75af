import { type ResolvedRequest, resolveRequest } from '../../src/config/resolve.ts'
import type { RawValue } from '../../src/config/sources/raw-value.ts'
import type { CiRun } from '../../src/release/ci-run.ts'
import type { CommandName } from '../../src/release/commands.ts'

export const facts: CiRun = {
  holder: 'https://github.com/octo/shop/actions/runs/7/attempts/1#42-cafe',
  runUrl: 'https://github.com/octo/shop/actions/runs/7/attempts/1',
  runId: '7',
  serverUrl: 'https://github.com',
  repository: { owner: 'octo', name: 'shop' },
  subject: { sha: 'a'.repeat(40), pullRequest: null, branch: 'main', fromFork: false },
  sandboxClock: null,
}

/** The least that a rollout needs. */
export const least: Record<string, string> = {
  namespace: 'shop',
  service: 'my-api',
  version: 'v2',
  'prometheus-url': 'http://prometheus.test:9090',
}

interface More {
  command?: CommandName
  fallback?: Record<string, string>
  yaml?: string
  files?: Record<string, string>
  facts?: Partial<CiRun>
}

/** resolve reads inputs as the action would; `yaml` is the text of shiftgate.yml. */
export function resolve(inputs: Record<string, string>, more: More = {}): ResolvedRequest {
  return resolveRequest({
    command: more.command ?? 'rollout',
    inputs: givens(inputs),
    environment: givens(more.fallback ?? {}),
    file: more.yaml === undefined ? null : { path: 'shiftgate.yml', text: more.yaml },
    context: { ...facts, ...more.facts },
    nameOf: (name) => name,
    readFile: (path) => more.files?.[path] ?? null,
    absolute: (path) => (path.startsWith('/') ? path : `/workspace/${path}`),
  })
}

function givens(texts: Record<string, string>): Map<string, RawValue> {
  return new Map(
    Object.entries(texts).map(([name, text]) => [name, { text, label: name, position: null }] as const),
  )
}
