import type { LoggedRequest } from '../../src/sandbox/http/request-log.ts'
import type { LoggedQuery } from '../../src/sandbox/prometheus/prometheus.ts'
import type { Sandbox } from '../../src/sandbox/sandbox.ts'
import { createBodyText } from './body-text.ts'
import { queryLines } from './query-text.ts'

/** WireText is what one process sent, as lines. */
export interface WireText {
  timeline: string[]
  github: string[]
  /** What was asked of Prometheus, each query once. */
  queries: string[]
}

/**
 * listen begins to listen; the function that it gives shows all requests since then. Requests of one moment that
 * only read may overtake each other, so they stand sorted on one line; writes keep their order.
 */
export function listen(sandbox: Sandbox): () => WireText {
  const seen = { requests: sandbox.requests.length, queries: sandbox.prometheus.requests.length }
  return () => {
    const requests = sandbox.requests.slice(seen.requests)
    const queries = sandbox.prometheus.requests.slice(seen.queries)
    // A comment is written beside the release: how far virtual time is by then, and how often, is left to chance.
    const github = requests.filter(({ server }) => server === 'github').map(githubLine)
    return {
      timeline: timelineOf(
        requests.filter(({ server }) => server === 'kubernetes'),
        queries,
        sandbox.start,
      ),
      github: [...new Set(github)],
      queries: [...new Set(queries.map(queryOf).filter((query) => query !== ''))].sort(),
    }
  }
}

const githubLine = ({ method, path, query, status }: LoggedRequest): string =>
  `${method} ${path}${query === '' ? '' : `?${query}`} → ${status}`

const queryOf = ({ parameters }: LoggedQuery): string =>
  parameters.find(([name]) => name === 'query')?.[1] ?? ''

function timelineOf(
  requests: readonly LoggedRequest[],
  queries: readonly LoggedQuery[],
  start: number,
): string[] {
  const moments = [...new Set([...requests, ...queries].map(({ at }) => at))].sort((a, b) => a - b)
  const textOf = createBodyText()
  const blocks: { times: string[]; lines: string }[] = []
  for (const at of moments) {
    const asked = requests.filter((request) => request.at === at)
    const counted = queries.filter((query) => query.at === at)
    const lines = [...kubernetesLines(asked, textOf), ...queryLines(counted, start)].join('\n')
    const time = `${(at - start) / 1000} s`
    const last = blocks.at(-1)
    if (last?.lines === lines) last.times.push(time)
    else blocks.push({ times: [time], lines })
  }
  return blocks.map(({ times, lines }) => `${times.join(', ')}\n${lines}`)
}

const asksForRights = ({ path }: LoggedRequest): boolean => path.endsWith('/selfsubjectaccessreviews')

function kubernetesLines(
  requests: readonly LoggedRequest[],
  textOf: (request: LoggedRequest) => string[],
): string[] {
  const lines: string[] = []
  let reads: LoggedRequest[] = []
  const showReads = (): void => {
    const [rights, objects] = [reads.filter(asksForRights), reads.filter((read) => !asksForRights(read))]
    if (objects.length > 0) lines.push(`  GET ${counted(objects.map(objectRead)).join(', ')}`)
    if (rights.length > 0) lines.push(`  may I ${counted(rights.map(rightAsked)).join(', ')}?`)
    reads = []
  }
  for (const request of requests) {
    if (request.method === 'GET' || asksForRights(request)) {
      reads.push(request)
      continue
    }
    showReads()
    lines.push(`  ${request.method} ${objectOf(request)} → ${request.status}`)
    lines.push(...textOf(request).map((line) => `    ${line}`))
  }
  showReads()
  return lines
}

function counted(texts: readonly string[]): string[] {
  const groups = Map.groupBy([...texts].sort(), (text) => text)
  return [...groups].map(([text, all]) => (all.length === 1 ? text : `${text} (${all.length} times)`))
}

const objectRead = (request: LoggedRequest): string =>
  request.status === 200 ? objectOf(request) : `${objectOf(request)} → ${request.status}`

function rightAsked({ body }: LoggedRequest): string {
  const { spec } = JSON.parse(body) as { spec: { resourceAttributes: Record<string, string> } }
  const { verb, resource, namespace } = spec.resourceAttributes
  return `${verb} ${resource}${namespace === 'shop' ? '' : ` in ${namespace}`}`
}

/** The object or list, without what is the same for all: API group, version, namespace, page size, field manager. */
function objectOf({ path, query }: LoggedRequest): string {
  const short = path.replace(
    /^\/apis?(\/[^/]*\.k8s\.io|\/[^/]*\.istio\.io|\/apps|\/autoscaling)?\/v\d+\//,
    '',
  )
  const parameters = new URLSearchParams(query)
  const shown = ['labelSelector', 'fieldSelector', 'dryRun', 'watch', 'container']
  const parts = shown.flatMap((name) => (parameters.has(name) ? [`${name}=${parameters.get(name)}`] : []))
  return [short.replace('namespaces/shop/', ''), ...parts].join(' ')
}
