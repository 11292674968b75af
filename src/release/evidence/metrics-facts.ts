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
  /** Names of all pods behind the Service, whatever their state. */
  knownPods: readonly string[]
  from: number
  until: number
}

/** SimilarSeries are requests that a release's own question does not find, and what hides them from it. */
export interface SimilarSeries {
  /**
   * `match`: the conditions of prometheus-match, whose labels alone are shown; `host`: the label that names the host;
   * `metric`: the counter's name; `dropped`: the counter, beside which the rest of the same requests is there;
   * `namespace`: they are another namespace's.
   */
  differs: 'match' | 'host' | 'metric' | 'dropped' | 'namespace'
  labels: SeriesLabels
  /** Finds them. */
  query: string
}

/** LongRequests say how long requests last that show only when they end, over the time asked for. */
export interface LongRequests {
  /** Requests of any kind that ended, per second. */
  perSecond: number
  /** Those of one kind, and how long they had lasted on average; null: not known. */
  websockets: { perSecond: number; meanSeconds: number | null }
  grpc: { perSecond: number; meanSeconds: number | null }
  /** gRPC messages per second, of the direction with more of them. */
  messagesPerSecond: number
}

/** MetricsFacts are what the store has about a host before a release, as the preflight checks need it. */
export interface MetricsFacts {
  host: string
  /** Labels of every request series of the host in the time asked for. */
  series: readonly SeriesLabels[]
  /** What each of the series showed last, in the same order. */
  heights: readonly number[]
  /** What the store has of Istio: anybody's requests, pages of proxies alone, nothing; null where the host's own were found. */
  mesh: 'requests' | 'proxies' | 'none' | null
  /** Requests of our workloads or pods that are there under other labels; null where the host's own were found, or none. */
  similar: SimilarSeries | null
  /** Time of the newest sample of the host, ms; null: none within the last five minutes. */
  newest: number | null
  /** Time asked for, ms. */
  asOf: number
  /** How often the host's series are scraped, ms; null: not known. */
  interval: number | null
  /** Pods that are ready, and those of them that were scraped; `scraped` is null where no pod's label is known. */
  pods: { ready: readonly string[]; scraped: readonly string[] | null }
  /** Pods that report to answer requests to the host now, though none of them is behind the Service. */
  foreignPods: readonly string[]
  /** Requests that the canary's pods got within the last two minutes; null: nothing tells them from stable's. */
  canaryRequests: number | null
  /** The same question about the past gets the same answer; false: a balancer asks one replica and then another. */
  repeatable: boolean
  /** By how many ms the store's clock is ahead of ours; null where it doesn't show it. */
  clockSkew: number | null
  /** How often the target that is scraped most seldom is, ms; null: not known. */
  slowestInterval: number | null
  /** How long requests last; null where none were found. */
  longRequests: LongRequests | null
  /** The selector that a release counts by, to be tried by hand. */
  selector: string
}
