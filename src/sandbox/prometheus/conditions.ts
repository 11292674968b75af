import { hashText } from '../../simulation/random.ts'
import { firstAfter, labelsKey, type Storage, type StoredSeries } from './storage.ts'
import type { ExposedSample, Labels, ScrapeTarget } from './target.ts'

/** metricsConditions are set-ups of Prometheus whose numbers are not one canary's, whole and counted once, in a sentence each. */
export const metricsConditions = {
  'ha-pair': 'Two replicas write to one store, and nobody takes out what they say twice.',
  'balanced-pair':
    'Each question goes to one of two replicas, which scrape at other moments and carry no label.',
  'two-clusters': 'A second cluster with the same names writes to the same store; v2 fails there.',
  partial: 'Ninety seconds into the release the store with half of the proxies vanishes, without a warning.',
  late: 'Samples are there two minutes after their scrape.',
  sparse: 'Every proxy is scraped once a minute.',
  recorded: 'The store has only sums over all proxies, as recording rules make them.',
  spike: 'One scrape of one proxy shows 30 million requests too many.',
  unlabelled: "The mesh's Telemetry has removed the label destination_service.",
} as const satisfies Record<string, string>

export type MetricsCondition = keyof typeof metricsConditions

/** ConditionWorld is what conditions depend on. Times in ms since the epoch. */
export interface ConditionWorld {
  condition: MetricsCondition
  /** The version that goes out. */
  canary: string
  /** Second 0 of the scenario. */
  origin: number
  now(): number
}

/** conditionTargets gives what is scraped under a condition in the place of what the mesh has. */
export function conditionTargets(
  world: ConditionWorld,
  targets: () => readonly ScrapeTarget[],
): () => readonly ScrapeTarget[] {
  switch (world.condition) {
    case 'ha-pair':
      return () => targets().flatMap((target) => copies(target, 'prometheus_replica', ['a', 'b']))
    case 'balanced-pair':
      return () => targets().flatMap((target) => copies(target, replicaLabel, ['a', 'b']))
    case 'two-clusters':
      return twoClusters(world, targets)
    case 'recorded':
      return () => [recordedSums(targets)]
    case 'spike':
      return spikeOnce(world, targets)
    case 'unlabelled':
      return relabelled(targets, ({ destination_service: _, ...labels }) => labels)
    case 'partial':
    case 'late':
    case 'sparse':
      return targets
  }
}

/** conditionStorage gives what each question sees of a store: call it for each. */
export function conditionStorage(world: ConditionWorld, storage: Storage): () => Storage {
  switch (world.condition) {
    case 'partial':
      return () => selecting(storage, (series) => (isGone(world, series) ? null : series))
    case 'late':
      return () => selecting(storage, (series) => upTo(series, world.now() - lateBy))
    case 'balanced-pair':
      return balanced(storage)
    case 'ha-pair':
    case 'two-clusters':
    case 'sparse':
    case 'recorded':
    case 'spike':
    case 'unlabelled':
      return () => storage
  }
}

/** conditionInterval is how often targets are scraped under a condition, ms, where they usually are every `usual` ms. */
export function conditionInterval(condition: MetricsCondition | undefined, usual: number): number {
  return condition === 'sparse' ? 60_000 : usual
}

const lateBy = 120_000
const vanishesAfter = 90_000
const spikeAfter = 90_000
const spike = 30_000_000

/** A label of the sandbox's own, which no answer shows. */
const replicaLabel = '__replica'

function copies(target: ScrapeTarget, label: string, values: readonly string[]): ScrapeTarget[] {
  return values.map((value) => ({ ...target, labels: { ...target.labels, [label]: value } }))
}

/** mappedLabels changes labels, and gives the same object for the same labels, as a page does. */
function mappedLabels(change: (labels: Labels) => Labels): (labels: Labels) => Labels {
  const known = new WeakMap<Labels, Labels>()
  return (labels) => {
    const found = known.get(labels) ?? change(labels)
    known.set(labels, found)
    return found
  }
}

function relabelled(
  targets: () => readonly ScrapeTarget[],
  change: (labels: Labels) => Labels,
): () => readonly ScrapeTarget[] {
  const mapped = mappedLabels(change)
  return () => targets().map((target) => ({ ...target, scrape: () => scrapeMapped(target, mapped) }))
}

function scrapeMapped(target: ScrapeTarget, mapped: (labels: Labels) => Labels): ExposedSample[] | null {
  const page = target.scrape()
  return page?.map(({ labels, value }) => ({ labels: mapped(labels), value })) ?? null
}

function twoClusters(
  { canary }: ConditionWorld,
  targets: () => readonly ScrapeTarget[],
): () => readonly ScrapeTarget[] {
  const failing = mappedLabels((labels) =>
    labels.destination_version === canary && labels.response_code === '200'
      ? { ...labels, response_code: '503' }
      : labels,
  )
  return () =>
    targets().flatMap((target) => {
      const { pod = '', instance = '' } = target.labels
      const away = { pod: `${pod}-east`, instance: instance.replace(/^10\./, '11.'), cluster: 'east' }
      return [
        { ...target, labels: { ...target.labels, cluster: 'west' } },
        { labels: { ...target.labels, ...away }, scrape: () => scrapeMapped(target, failing) },
      ]
    })
}

/** recordedSums is one page with the sums of what all proxies count. */
function recordedSums(targets: () => readonly ScrapeTarget[]): ScrapeTarget {
  const byKey = new Map<string, Labels>()
  return {
    labels: { job: 'recorded' },
    scrape() {
      const sums = new Map<Labels, number>()
      for (const { labels, value } of targets().flatMap((target) => target.scrape() ?? [])) {
        if (!labels.__name__?.startsWith('istio_request')) continue
        const key = labelsKey(labels)
        const own = byKey.get(key) ?? labels
        byKey.set(key, own)
        sums.set(own, (sums.get(own) ?? 0) + value)
      }
      return [...sums].map(([labels, value]) => ({ labels, value }))
    },
  }
}

/** spikeOnce shows, in the first scrape after a while that shows good answers of the canary, far too many of them. */
function spikeOnce(
  { canary, origin, now }: ConditionWorld,
  targets: () => readonly ScrapeTarget[],
): () => readonly ScrapeTarget[] {
  let done = false
  const isVictim = ({ labels }: ExposedSample) =>
    labels.__name__ === 'istio_requests_total' &&
    labels.destination_version === canary &&
    labels.response_code === '200'
  const scrape = (target: ScrapeTarget): readonly ExposedSample[] | null => {
    const page = target.scrape()
    if (done || page === null || now() < origin + spikeAfter) return page
    const victim = page.find(isVictim)
    if (victim === undefined) return page
    done = true
    return page.map((sample) => (sample === victim ? { ...sample, value: sample.value + spike } : sample))
  }
  return () => targets().map((target) => ({ ...target, scrape: () => scrape(target) }))
}

function selecting(storage: Storage, view: (series: StoredSeries) => StoredSeries | null): Storage {
  return {
    ...storage,
    select: (matchers) =>
      storage.select(matchers).flatMap((series) => {
        const seen = view(series)
        return seen === null ? [] : [seen]
      }),
  }
}

function isGone({ origin, now }: ConditionWorld, { labels }: StoredSeries): boolean {
  return now() >= origin + vanishesAfter && hashText(labels.instance ?? '', 3) % 2 === 1
}

function upTo(series: StoredSeries, time: number): StoredSeries {
  const count = firstAfter(series.times, time)
  return { ...series, times: series.times.slice(0, count), values: series.values.slice(0, count) }
}

/** balanced lets each question see one of two replicas, in turn, without the label that tells them apart. */
function balanced(storage: Storage): () => Storage {
  let turn = 0
  const plain = mappedLabels(({ [replicaLabel]: _, ...labels }) => labels)
  return () => {
    turn += 1
    const replica = turn % 2 === 0 ? 'a' : 'b'
    return selecting(storage, (series) =>
      series.labels[replicaLabel] === replica ? { ...series, labels: plain(series.labels) } : null,
    )
  }
}
