/** ResultSeries is one series that a query gave: its labels and its samples, time in ms since the epoch. */
export interface ResultSeries {
  labels: Readonly<Record<string, string>>
  samples: readonly (readonly [time: number, value: number])[]
}

/** QueryResult is what a query gave, with what the store had to say about it. */
export interface QueryResult {
  series: ResultSeries[]
  warnings: string[]
}

/**
 * QuerySource evaluates queries of the user's: a gate's `query` or the counters of a ratio. Both methods throw Failure:
 * `unreachable`, `timeout`, `unauthorized`, `forbidden`, `bad-query`, `bad-answer`, `too-large`, `server-error`,
 * `aborted`. Times and steps in ms.
 */
export interface QuerySource {
  instant(query: string, at: number, signal: AbortSignal): Promise<QueryResult>
  /** range evaluates at `from`, `from + step`, … up to `until`. */
  range(query: string, from: number, until: number, step: number, signal: AbortSignal): Promise<QueryResult>
}
