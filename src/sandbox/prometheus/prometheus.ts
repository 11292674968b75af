import { answerApi, type PrometheusAnswer, type PrometheusRequest } from './api.ts'
import { type ConditionWorld, conditionInterval, conditionStorage, conditionTargets } from './conditions.ts'
import type { EvaluationRules } from './engine/evaluator.ts'
import { createScraper, type TargetState } from './scraper.ts'
import {
  type PrometheusAuth,
  type PrometheusFault,
  type PrometheusServer,
  servePrometheus,
} from './server.ts'
import { createStorage, type Storage } from './storage.ts'
import type { ScrapeTarget } from './target.ts'

/** EmbeddedOptions say what is scraped, how often, and which Prometheus this pretends to be. */
export interface EmbeddedOptions {
  targets(): readonly ScrapeTarget[]
  /** now gives virtual time in ms since the epoch. */
  now(): number
  /** ms of virtual time; default 15 s. */
  scrapeInterval?: number
  /** `2`: 2.42, ranges closed at their start (default); `3`: 3.x, ranges and lookback open at their start. */
  major?: 2 | 3
  /** How long samples are kept, in ms; default 6 h. */
  retention?: number
  auth?: PrometheusAuth
  /** What is wrong with its numbers; absent: nothing. */
  condition?: Omit<ConditionWorld, 'now'>
}

/** LoggedQuery is one request that the server took, in the order of arrival. */
export interface LoggedQuery {
  /** Virtual time in ms since the epoch. */
  at: number
  path: string
  parameters: readonly (readonly [name: string, value: string])[]
}

/** EmbeddedPrometheus scrapes in virtual time and answers Prometheus's HTTP API on loopback. */
export interface EmbeddedPrometheus {
  /** tick scrapes what is due; call it after the data plane's tick. */
  tick(now: number, seconds: number): void
  /** answer gives what the API answers, without HTTP and without faults. */
  answer(request: PrometheusRequest): PrometheusAnswer
  /** listen serves the API; call it once. */
  listen(): Promise<string>
  setFault(fault: PrometheusFault | null): Promise<void>
  targets(): readonly TargetState[]
  storage: Storage
  /** What was asked over HTTP and answered by Prometheus itself, not by a fault. */
  requests: readonly LoggedQuery[]
  close(): Promise<void>
}

const day = 86_400_000

/** createPrometheus makes an embedded Prometheus with an empty store. */
export function createPrometheus(options: EmbeddedOptions): EmbeddedPrometheus {
  const storage = createStorage()
  const scrapeInterval = conditionInterval(options.condition?.condition, options.scrapeInterval ?? 15_000)
  const retention = options.retention ?? day / 4
  const world = options.condition === undefined ? null : { ...options.condition, now: options.now }
  const targets = world === null ? options.targets : conditionTargets(world, options.targets)
  const seen = world === null ? () => storage : conditionStorage(world, storage)
  const scraper = createScraper(storage, targets, scrapeInterval)
  const context = { scraper, ...behaviourOf(options.major), scrapeInterval, now: options.now }
  let server: PrometheusServer | null = null
  const requests: LoggedQuery[] = []
  let swept = options.now()
  const answer = (request: PrometheusRequest): PrometheusAnswer =>
    answerApi({ ...context, storage: seen() }, request)
  const logged = (request: PrometheusRequest): PrometheusAnswer => {
    requests.push({ at: options.now(), path: request.path, parameters: [...request.parameters] })
    return answer(request)
  }
  return {
    storage,
    requests,
    answer,
    targets: () => scraper.states(),
    tick(now, seconds) {
      if (server?.fault()?.kind === 'down') return
      scraper.tick(now, seconds)
      if (now - swept < retention / 12) return
      swept = now
      storage.forget(now - retention)
    },
    async listen() {
      server = await servePrometheus(logged, { auth: options.auth ?? null, now: options.now })
      return server.url
    },
    async setFault(fault) {
      await server?.setFault(fault)
    },
    async close() {
      await server?.close()
    },
  }
}

/** behaviourOf gives what differs between Prometheus' major versions. */
function behaviourOf(major: EmbeddedOptions['major']): { rules: EvaluationRules; version: string } {
  return major === 3
    ? { rules: { lookback: 300_000, rangeStart: 'open' }, version: '3.5.0' }
    : { rules: { lookback: 300_000, rangeStart: 'closed' }, version: '2.42.0' }
}
