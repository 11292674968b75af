import type { CountSeries, CountSource } from '../release/counts.ts'
import type { VersionLabels } from './separation.ts'

/** CountsQuery asks for the counts of a release on its grid `start + k·interval`. Times in ms since the epoch. */
export interface CountsQuery {
  /** FQDN. */
  host: string
  namespace: string
  source: CountSource
  start: number
  until: number
  interval: number
  /** ms since the epoch by pod name. */
  podBirths: Readonly<Record<string, number>>
}

export interface BaselineQuery {
  host: string
  namespace: string
  source: CountSource
  from: number
  until: number
  interval: number
}

export interface ReportersQuery {
  host: string
  namespace: string
  workloads: string[]
  from: number
  until: number
}

export interface RoutesQuery extends CountsQuery {
  /** Label that names the route or operation. */
  route: string
  /** Most routes to give. */
  most: number
}

export interface LatencyQuery extends CountsQuery {
  /** ms; judged at the nearest bound of the histogram. */
  threshold: number
}

/** Latency counts as bad the requests that took longer than `bound` ms. */
export interface Latency {
  bound: number
  /** All bounds that there are, for a message. */
  bounds: number[]
  series: CountSeries
}

export interface LabelQuery {
  host: string
  reporter: CountSource['reporter']
  versions: VersionLabels
  /** ms since the epoch. */
  from: number
  until: number
}
