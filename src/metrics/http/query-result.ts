import type { QueryResult, ResultSeries } from '../../release/evidence/query-source.ts'
import { Failure } from '../../release/failure.ts'

/** HttpReply is an HTTP answer as it came. */
export interface HttpReply {
  status: number
  contentType: string
  text: string
  /** Value of the header Retry-After; null where absent. */
  retryAfter: string | null
  /** Value of the header Date; null where absent. */
  date: string | null
}

const hint = 'check prometheus-url: it must be the root of a Prometheus, without /graph or /api/v1'

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null
}

/** flattenText makes outside text fit for a message: no control characters, at most `limit` characters. */
export function flattenText(text: string, limit = 300): string {
  const flat = text.replace(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ').trim()
  return flat.length > limit ? `${flat.slice(0, limit - 1)}…` : flat
}

function notPrometheus(reply: HttpReply, cause?: unknown): Failure {
  const type = flattenText(reply.contentType, 80) || 'no content type'
  return new Failure(
    'bad-answer',
    `this is not a Prometheus API: it answered ${reply.status} with ${type}; ${hint}`,
    {
      ...(cause === undefined ? {} : { cause }),
      details: { status: reply.status, contentType: type },
    },
  )
}

function parseBody(reply: HttpReply): Record<string, unknown> | null {
  try {
    const body = record(JSON.parse(reply.text))
    return body !== null && (body.status === 'success' || body.status === 'error') ? body : null
  } catch {
    return null
  }
}

/** replyFailure turns an HTTP answer that is no success into a Failure; null where the answer is a success. */
export function replyFailure(reply: HttpReply): Failure | null {
  const { status } = reply
  const body = parseBody(reply)
  if (status === 200 && body?.status === 'success') return null
  const reason = flattenText(typeof body?.error === 'string' ? body.error : '')
  const rule = statusRules.find(({ covers }) => covers(status))
  if (rule === undefined || (rule.apiOnly && body === null)) return notPrometheus(reply)
  return new Failure(rule.code, rule.sentence(reason === '' ? `it answered ${status}` : reason), {
    details: { status },
  })
}

interface StatusRule {
  covers(status: number): boolean
  code: Failure['code']
  /** Only an answer in Prometheus' own form means this; anything else is not a Prometheus. */
  apiOnly?: boolean
  sentence(reason: string): string
}

const statusRules: readonly StatusRule[] = [
  {
    covers: (status) => status >= 300 && status < 400,
    code: 'bad-answer',
    sentence: (reason) =>
      `Prometheus' address redirects (${reason}); redirects are not followed, because they could carry credentials elsewhere: give the final address as prometheus-url`,
  },
  {
    covers: (status) => status === 401,
    code: 'unauthorized',
    sentence: (reason) =>
      `Prometheus rejects the credentials (${reason}): give valid ones by prometheus-token-file or prometheus-token-command (read anew when they end), prometheus-token, or user and password`,
  },
  {
    covers: (status) => status === 403,
    code: 'forbidden',
    sentence: (reason) =>
      `Prometheus, or the proxy before it, forbids the query (${reason}): allow these credentials to query, or give others by prometheus-token`,
  },
  {
    covers: (status) => status === 400 || status === 422,
    code: 'bad-query',
    apiOnly: true,
    sentence: (reason) => `Prometheus refuses the query: ${reason}`,
  },
  {
    covers: (status) => status === 404,
    code: 'not-found',
    apiOnly: true,
    sentence: (reason) => `Prometheus: ${reason}`,
  },
  {
    covers: (status) => status === 408 || status === 504,
    code: 'timeout',
    sentence: (reason) => `Prometheus took too long (${reason})`,
  },
  {
    covers: (status) => status === 429 || status >= 500,
    code: 'server-error',
    sentence: (reason) => `Prometheus can't answer now (${reason})`,
  },
]

function parseSample(value: unknown): readonly [number, number] {
  if (Array.isArray(value) && typeof value[0] === 'number' && typeof value[1] === 'string') {
    const text = value[1]
    const number = text === '+Inf' ? Infinity : text === '-Inf' ? -Infinity : Number(text)
    if (text === 'NaN' || (!Number.isNaN(number) && text.trim() !== ''))
      return [Math.round(value[0] * 1000), number]
  }
  throw new Failure('bad-answer', 'Prometheus gave a sample that is not a pair of a time and a number')
}

function parseLabels(value: unknown): Record<string, string> {
  const labels = record(value)
  if (labels === null || Object.values(labels).some((text) => typeof text !== 'string')) {
    throw new Failure('bad-answer', 'Prometheus gave a series whose labels are not texts')
  }
  return labels as Record<string, string>
}

/**
 * refuseIncomplete throws Failure `incomplete` where the store itself says that something is missing: VictoriaMetrics by
 * `isPartial`, all others by a warning. What begins with `PromQL` is about the query, not about the data.
 */
function refuseIncomplete(body: Record<string, unknown> | null, warnings: readonly string[]): void {
  const missing = warnings.filter((text) => !/^PromQL (info|warning):/.test(text))
  if (body?.isPartial !== true && missing.length === 0) return
  const reason = missing.length === 0 ? 'isPartial is true' : flattenText(missing.join('; '))
  throw new Failure('incomplete', `Prometheus' answer is incomplete: ${reason}`, { details: { reason } })
}

/** parseQueryResult reads the body of a query: instant vectors, raw ranges and range queries alike. */
export function parseQueryResult(reply: HttpReply): QueryResult {
  const failure = replyFailure(reply)
  if (failure !== null) throw failure
  const body = parseBody(reply)
  const data = record(body?.data)
  const texts = [body?.warnings, body?.infos].flatMap((list) => (Array.isArray(list) ? list : []))
  const warnings = texts.filter((text) => typeof text === 'string').map((text) => flattenText(text))
  refuseIncomplete(body, warnings)
  if (data?.resultType === 'scalar')
    return { series: [{ labels: {}, samples: [parseSample(data.result)] }], warnings }
  if ((data?.resultType !== 'vector' && data?.resultType !== 'matrix') || !Array.isArray(data.result)) {
    throw notPrometheus(reply)
  }
  const series = data.result.map((one): ResultSeries => {
    const row = record(one)
    const labels = parseLabels(row?.metric)
    if (data.resultType === 'vector') return { labels, samples: [parseSample(row?.value)] }
    if (!Array.isArray(row?.values))
      throw new Failure('bad-answer', 'Prometheus gave a series without values')
    return { labels, samples: row.values.map(parseSample) }
  })
  return { series, warnings }
}

/** seriesKey names a series by its labels, whatever their order. */
export function seriesKey(labels: Readonly<Record<string, string>>): string {
  return JSON.stringify(Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** joinResults puts the answers of consecutive ranges together, series by series. */
export function joinResults(answers: readonly QueryResult[]): QueryResult {
  const series = new Map<string, { labels: ResultSeries['labels']; samples: [number, number][] }>()
  for (const one of answers.flatMap((answer) => answer.series)) {
    const key = seriesKey(one.labels)
    const known = series.get(key) ?? { labels: one.labels, samples: [] }
    for (const [time, value] of one.samples) known.samples.push([time, value])
    series.set(key, known)
  }
  return {
    series: [...series.values()],
    warnings: [...new Set(answers.flatMap((answer) => answer.warnings))],
  }
}
