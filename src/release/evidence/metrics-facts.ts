export type SeriesLabels = Readonly<Record<string, string>>

/** MetricsFactsQuery asks what the store has about a host before a release. Times in ms since the epoch. */
export interface MetricsFactsQuery {
  /** FQDN, or several joined by a comma. */
  host: string
  namespace: string
  service: string
  /** Names of the Deployments; stable is null for a first version. */
  workloads: { canary: string; stable: string | null }
  /** Names of the pods that are ready and old enough to have been scraped. */
  readyPods: readonly string[]
  from: number
  until: number
}

/** MetricsFacts are what the store has about a host before a release, as the preflight checks need it. */
export interface MetricsFacts {
  host: string
  /** Labels of every request series of the host in the time asked for. */
  series: readonly SeriesLabels[]
  /** Whether the store has any series of Istio's proxies; null where the host's own were found. */
  hasIstio: boolean | null
  /** Requests of our workloads or pods that are there under other labels; null where the host's own were found, or none. */
  similar: { labels: SeriesLabels; query: string } | null
  /** Time of the newest sample of the host, ms; null: none within the last five minutes. */
  newest: number | null
  /** Time asked for, ms. */
  asOf: number
  /** How often the host's series are scraped, ms; null: not known. */
  interval: number | null
  /** Pods that are ready, and those of them that were scraped; `scraped` is null where no pod's label is known. */
  pods: { ready: readonly string[]; scraped: readonly string[] | null }
  /** Requests that the canary's pods got within the last two minutes; null: nothing tells them from stable's. */
  canaryRequests: number | null
  /** The same question about the past gets the same answer; false: a balancer asks one replica and then another. */
  repeatable: boolean
  /** The selector that a release counts by, to be tried by hand. */
  selector: string
}
