import { stringify } from 'yaml'
import type { EvaluationRules } from './engine/evaluator.ts'
import { instantQuery, rangeQuery } from './engine/query.ts'
import { BadParameter, spanOf, TooManyPoints, timeOf } from './parameters.ts'
import { PromqlError } from './promql/error.ts'
import { parsePromql } from './promql/parser.ts'
import type { Scraper } from './scraper.ts'
import { firstAfter, type Storage, type StoredSeries } from './storage.ts'

/** PrometheusRequest is a request to the HTTP API: `path` without the query, `parameters` of query and form together. */
export interface PrometheusRequest {
  method: string
  path: string
  parameters: URLSearchParams
}

export interface PrometheusAnswer {
  status: number
  contentType: 'application/json' | 'text/plain; charset=utf-8'
  body: string
}

/** ApiContext is what the API shows. */
interface ApiContext {
  storage: Storage
  scraper: Scraper
  rules: EvaluationRules
  /** ms. */
  scrapeInterval: number
  version: string
  /** ms since the epoch. */
  now(): number
}

/** answerApi answers as Prometheus's HTTP API does, bodies of errors included. */
export function answerApi(context: ApiContext, request: PrometheusRequest): PrometheusAnswer {
  if (request.path === '/-/ready') return text(200, 'Prometheus Server is Ready.\n')
  if (request.path === '/-/healthy') return text(200, 'Prometheus Server is Healthy.\n')
  const handler = handlerOf(request.path)
  if (handler === null) return text(404, '404 page not found\n')
  const methods = handler.post ? ['GET', 'POST'] : ['GET']
  if (!methods.includes(request.method)) return text(405, 'Method Not Allowed\n')
  try {
    return json(200, { status: 'success', data: handler.data(context, request.parameters) })
  } catch (error) {
    return failure(error)
  }
}

interface Handler {
  post: boolean
  data(context: ApiContext, parameters: URLSearchParams): unknown
}

const handlers: Readonly<Record<string, Handler>> = {
  query: { post: true, data: queryData },
  query_range: {
    post: true,
    data: (context, parameters) => {
      const span = spanOf(parameters)
      return rangeQuery(context.storage, parameters.get('query') ?? '', span, context.rules)
    },
  },
  series: { post: true, data: (context, parameters) => selected(context, parameters, true).map(labelsOf) },
  labels: {
    post: true,
    data: (context, parameters) =>
      sortedSet(selected(context, parameters, false).flatMap((series) => Object.keys(series.labels))),
  },
  targets: { post: false, data: targetsData },
  metadata: { post: false, data: () => ({}) },
  'status/buildinfo': { post: false, data: buildInfo },
  'status/config': { post: false, data: configData },
}

function handlerOf(path: string): Handler | null {
  const name = /^\/api\/v1\/(.+)$/.exec(path)?.[1] ?? ''
  if (Object.hasOwn(handlers, name)) return handlers[name] as Handler
  const label = /^label\/([^/]+)\/values$/.exec(name)?.[1]
  if (label === undefined) return null
  return {
    post: false,
    data: (context, parameters) => {
      if (!/^[a-zA-Z_][a-zA-Z0-9_]*$/.test(label)) {
        throw new PromqlError('bad_data', `invalid label name: ${JSON.stringify(label)}`)
      }
      const values = selected(context, parameters, false).map((series) => series.labels[label] ?? '')
      return sortedSet(values.filter((value) => value !== ''))
    },
  }
}

function queryData(context: ApiContext, parameters: URLSearchParams): unknown {
  const time = timeOf(parameters, 'time') ?? context.now()
  return instantQuery(context.storage, parameters.get('query') ?? '', time, context.rules)
}

/** selected gives the series with a sample between start and end that any of the `match[]` selectors takes. */
function selected(context: ApiContext, parameters: URLSearchParams, needsMatch: boolean): StoredSeries[] {
  const start = timeOf(parameters, 'start') ?? Number.NEGATIVE_INFINITY
  const end = timeOf(parameters, 'end') ?? Number.POSITIVE_INFINITY
  const texts = parameters.getAll('match[]')
  if (needsMatch && texts.length === 0) throw new PromqlError('bad_data', 'no match[] parameter provided')
  const found =
    texts.length === 0
      ? context.storage.select([])
      : new Set(texts.flatMap((query) => matched(context, query)))
  return [...found].filter((series) => {
    const index = firstAfter(series.times, end) - 1
    return (series.times[index] ?? Number.NEGATIVE_INFINITY) >= start && series.times[0] !== undefined
  })
}

function matched(context: ApiContext, query: string): StoredSeries[] {
  const expr = parsePromql(query)
  if (expr.kind !== 'selector' || expr.range !== null) {
    throw new BadParameter('match[]', `1:1: parse error: unexpected ${JSON.stringify(query)}`)
  }
  return context.storage.select(expr.matchers)
}

function labelsOf(series: StoredSeries): StoredSeries['labels'] {
  return series.labels
}

function sortedSet(values: string[]): string[] {
  return [...new Set(values)].sort()
}

function targetsData(context: ApiContext): unknown {
  const activeTargets = context.scraper.states().map((state) => ({
    discoveredLabels: { __address__: state.labels['instance'] ?? '', ...state.labels },
    labels: state.labels,
    scrapePool: state.labels['job'] ?? '',
    scrapeUrl: `http://${state.labels['instance']}/stats/prometheus`,
    globalUrl: `http://${state.labels['instance']}/stats/prometheus`,
    lastError: state.health === 'down' ? 'context deadline exceeded' : '',
    lastScrape: new Date(state.lastScrape ?? 0).toISOString(),
    lastScrapeDuration: 0.005,
    health: state.health,
    scrapeInterval: `${context.scrapeInterval / 1000}s`,
    scrapeTimeout: `${Math.min(10, context.scrapeInterval / 1000)}s`,
  }))
  return { activeTargets, droppedTargets: [] }
}

function buildInfo(context: ApiContext): unknown {
  return { version: context.version, revision: '', branch: '', buildUser: '', buildDate: '', goVersion: '' }
}

function configData(context: ApiContext): unknown {
  const interval = `${context.scrapeInterval / 1000}s`
  const jobs = sortedSet(context.scraper.states().map((state) => state.labels['job'] ?? ''))
  const config = {
    global: { scrape_interval: interval, evaluation_interval: interval },
    scrape_configs: jobs.map((job) => ({ job_name: job, scrape_interval: interval })),
  }
  return { yaml: stringify(config) }
}

function failure(error: unknown): PrometheusAnswer {
  if (error instanceof PromqlError) {
    const parse = /^\d+:\d+: parse error/.test(error.message)
    const message = parse ? `invalid parameter "query": ${error.message}` : error.message
    const status = error.type === 'execution' ? 422 : 400
    return json(status, { status: 'error', errorType: error.type, error: message })
  }
  if (error instanceof BadParameter || error instanceof TooManyPoints) {
    return json(400, { status: 'error', errorType: 'bad_data', error: error.message })
  }
  throw error
}

function json(status: number, body: unknown): PrometheusAnswer {
  return { status, contentType: 'application/json', body: JSON.stringify(body) }
}

function text(status: number, body: string): PrometheusAnswer {
  return { status, contentType: 'text/plain; charset=utf-8', body }
}
