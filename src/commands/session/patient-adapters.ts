import type { MetricsPort } from '../../rollout/ports.ts'
import type { Adapters } from './adapters.ts'
import { createTryAgain, type PatienceTerms, patientPort, type TryAgain } from './patient-reads.ts'

/** PatientAdapters are the adapters of a session whose reads are tried again, and what does it. */
interface PatientAdapters extends Adapters {
  /** again tries a read of the cluster again. */
  again: TryAgain
}

/** metricsReads names all that a metrics port answers. */
export const metricsReads = Object.keys({
  probe: true,
  counts: true,
  reporters: true,
  facts: true,
  scrapeInterval: true,
  newestSample: true,
  baseline: true,
  separation: true,
  routeCounts: true,
  routeCalibrations: true,
  latencyBounds: true,
  latencyCounts: true,
  latencyCalibration: true,
  durationCounts: true,
  latencyQuantiles: true,
  failedRequests: true,
  slowPods: true,
  streamMessages: true,
  infrastructure: true,
  instant: true,
  range: true,
} satisfies Record<keyof MetricsPort, true>) as (keyof MetricsPort)[]

/**
 * patientAdapters gives the adapters of a run with reads that one odd answer doesn't end: of the cluster beside its routes
 * and pods, and of Prometheus, until a release is held. A right that is missing is asked about twice.
 */
export function patientAdapters(adapters: Adapters, terms: PatienceTerms): PatientAdapters {
  const again = createTryAgain(terms, 'cluster')
  const reads = ['get', 'list', 'startWatchdog', 'watchdogStatus'] as const
  const cluster = patientPort(adapters.cluster, reads, again)
  return {
    ...adapters,
    again,
    cluster: {
      ...cluster,
      async can(questions, signal) {
        const ask = (about: typeof questions) => again(() => adapters.cluster.can(about, signal), signal)
        const answers = await ask(questions)
        const denied = questions.filter((_, index) => answers[index] === false)
        const second = denied.length === 0 ? [] : await ask(denied)
        return answers.map((allowed) => allowed || second.shift() === true)
      },
    },
    metrics:
      adapters.metrics && patientPort(adapters.metrics, metricsReads, createTryAgain(terms, 'metrics')),
  }
}
