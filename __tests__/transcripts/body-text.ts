import type { LoggedRequest } from '../../src/sandbox/http/request-log.ts'

interface Operation {
  op: string
  path: string
  value?: unknown
}

type Fields = Record<string, unknown>

const releaseKey = /\/annotations\/[^/]*~1release$/

/**
 * createBodyText gives a function that gives the gist of what was sent, request by request in their order: a JSON
 * Patch operation by operation, what it tests in one line; of a release's state and of a Lease the fields that differ
 * from what was sent before; any other body as JSON.
 */
export function createBodyText(): (request: LoggedRequest) => string[] {
  const last = { body: '', release: {} as Fields, lease: {} as Fields }
  return ({ path, body }) => {
    if (body === '') return []
    // A write that was tried first is sent again as it was.
    if (body === last.body) return ['the same body']
    last.body = body
    const parsed = JSON.parse(body) as unknown
    if (Array.isArray(parsed)) {
      return patchLines(parsed as Operation[], (state) => {
        const lines = changesOf(last.release, state)
        last.release = state
        return lines
      })
    }
    if (!path.includes('/leases')) return [JSON.stringify(gist(parsed as Fields))]
    const { spec } = parsed as { spec: Fields }
    const lines = changesOf(last.lease, spec)
    last.lease = spec
    return lines
  }
}

function patchLines(operations: readonly Operation[], stateLines: (state: Fields) => string[]): string[] {
  const tests = operations.filter(({ op, path }) => op === 'test' || path === '/metadata/resourceVersion')
  const changes = operations.filter((operation) => !tests.includes(operation))
  return [
    `tests ${tests.map(({ path }) => path.replace('/metadata/annotations/', '')).join(', ')}`,
    ...changes.flatMap(({ op, path, value }) => {
      if (releaseKey.test(path) && typeof value === 'string') {
        const lines = stateLines(JSON.parse(value) as Fields)
        return [`${op} the release:`, ...lines.map((line) => `  ${line}`)]
      }
      return [`${op} ${path}${value === undefined ? '' : ` ${JSON.stringify(value)}`}`]
    }),
  ]
}

function changesOf(old: Fields, now: Fields): string[] {
  const fields = [...new Set([...Object.keys(now), ...Object.keys(old)])]
  return fields
    .filter((field) => JSON.stringify(old[field]) !== JSON.stringify(now[field]))
    .map((field) => (field in now ? `${field}: ${JSON.stringify(now[field])}` : `${field} is gone`))
}

/** What the server keeps in an object, and what only names it, says nothing about a write. */
function gist({ apiVersion: _, kind: __, metadata, ...rest }: Fields): Fields {
  const { annotations, labels } = (metadata ?? {}) as { annotations?: Fields; labels?: Fields }
  return {
    ...(labels === undefined ? {} : { labels }),
    ...(annotations === undefined ? {} : { annotations: Object.keys(annotations) }),
    ...rest,
  }
}
