import { anyOf, type LabelMatcher, rangeOf, selector } from '../../release/promql.ts'
import type { PrometheusApi } from '../http/api.ts'
import { requestsMetric, startMetrics } from '../istio-queries.ts'

/** Labels that may hold a pod's name, the usual one first; the others are those of older or foreign scrape rules. */
export const podLabels = ['pod', 'pod_name', 'kubernetes_pod_name', 'exported_pod'] as const

/**
 * ScrapeSign is how the store shows that a pod's proxy was scraped: by metrics that each proxy's page has whether it has
 * traffic or not, else by `up`, else (a federation that keeps nothing more) by its requests.
 */
export interface ScrapeSign {
  label: (typeof podLabels)[number]
  kind: 'page' | 'up' | 'requests'
}

const kinds = ['page', 'up', 'requests'] as const

/** Most pods that one query names: the API server's proxy takes queries as addresses only. */
const podsPerQuery = 50

/** seriesAbout asks one question about pods, so many at a time as an address has room for. */
async function seriesAbout(
  api: PrometheusApi,
  pods: readonly string[],
  at: number,
  query: (some: readonly string[]) => string,
  signal: AbortSignal,
) {
  const chunks = Array.from({ length: Math.ceil(pods.length / podsPerQuery) }, (_, index) =>
    pods.slice(index * podsPerQuery, (index + 1) * podsPerQuery),
  )
  const answers = await Promise.all(chunks.map((some) => api.instant(query(some), at, signal)))
  return answers.flatMap(({ series }) => series)
}

function namesOf(label: ScrapeSign['label'], pods: readonly string[]): LabelMatcher {
  return { label, op: '=~', value: anyOf([...pods].sort()) }
}

/** scrapeTimesQuery: the time (s) of the newest good scrape of each of the pods. */
function scrapeTimesQuery({ label, kind }: ScrapeSign, pods: readonly string[]): string {
  const named = [namesOf(label, pods)]
  const time = (metric: string, more: readonly LabelMatcher[] = []) =>
    `timestamp(${selector(metric, [...named, ...more])})`
  const proxies: LabelMatcher = { label: 'component', op: '=', value: 'proxy' }
  const times = {
    page: `${time(startMetrics.proxy)} or ${time('istio_build', [proxies])}`,
    up: `${time('up')} and (${selector('up', named)} == 1)`,
    requests: time(requestsMetric),
  }
  return `max by (${label}) (${times[kind]})`
}

/** scrapeTimesOf gives the time (ms) of each pod's newest good scrape; one that isn't in it has none. */
export async function scrapeTimesOf(
  api: PrometheusApi,
  sign: ScrapeSign,
  pods: readonly string[],
  at: number,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const found = await seriesAbout(api, pods, at, (some) => scrapeTimesQuery(sign, some), signal)
  const times = new Map<string, number>()
  for (const { labels, samples } of found) {
    const seconds = samples.at(-1)?.[1]
    if (seconds !== undefined) times.set(labels[sign.label] ?? '', seconds * 1000)
  }
  return times
}

/**
 * scrapedWithin gives those of the pods that had a good scrape within the last `window` ms, by the raw samples: one failed
 * scrape hides a page from all other questions.
 */
export async function scrapedWithin(
  api: PrometheusApi,
  { label, kind }: ScrapeSign,
  pods: readonly { name: string }[],
  { until, window }: { until: number; window: number },
  signal: AbortSignal,
): Promise<Set<string>> {
  const names = pods.map(({ name }) => name)
  const metrics = { page: [startMetrics.proxy, 'istio_build'], up: ['up'], requests: [requestsMetric] }
  const samplesOf = (metric: string) => (some: readonly string[]) =>
    `${selector(metric, [namesOf(label, some)])}[${rangeOf(window)}]`
  const found = await Promise.all(
    metrics[kind].map((metric) => seriesAbout(api, names, until, samplesOf(metric), signal)),
  )
  const good = found.flat().filter(({ samples }) => kind !== 'up' || samples.some(([, value]) => value === 1))
  return new Set(good.map(({ labels }) => labels[label] ?? ''))
}

/** How far back a pod's requests say that it is a busy one, ms. */
const busyTime = 3_600_000

/** requestedPodsOf gives those of the pods whose proxies had counted any request within the last hour. */
export async function requestedPodsOf(
  api: PrometheusApi,
  { label }: ScrapeSign,
  pods: readonly string[],
  at: number,
  signal: AbortSignal,
): Promise<Set<string>> {
  const counted = (some: readonly string[]) =>
    `count by (${label}) (last_over_time(${selector(requestsMetric, [namesOf(label, some)])}[${rangeOf(busyTime)}]))`
  const found = await seriesAbout(api, pods, at, counted, signal)
  return new Set(found.map(({ labels }) => labels[label] ?? ''))
}

/** scrapeSignOf finds how the store shows that pods were scraped; null where nothing in it carries their names. */
export async function scrapeSignOf(
  api: PrometheusApi,
  pods: readonly string[],
  at: number,
  signal: AbortSignal,
): Promise<ScrapeSign | null> {
  if (pods.length === 0) return null
  for (const label of podLabels) {
    const found = await Promise.all(
      kinds.map(async (kind) => (await scrapeTimesOf(api, { label, kind }, pods, at, signal)).size > 0),
    )
    const kind = kinds.find((_, index) => found[index])
    if (kind !== undefined) return { label, kind }
  }
  return null
}

/**
 * scrapedPodsOf lists which of the pods were scraped well at a time (ms). null where nothing carries a pod's name, or
 * only requests do, which an idle pod has none of: then nothing is known. Throws Failure as PrometheusApi.
 */
export async function scrapedPodsOf(
  api: PrometheusApi,
  pods: readonly string[],
  at: number,
  signal: AbortSignal,
): Promise<string[] | null> {
  const sign = await scrapeSignOf(api, pods, at, signal)
  if (sign === null || sign.kind === 'requests') return null
  return [...(await scrapeTimesOf(api, sign, pods, at, signal)).keys()]
}
