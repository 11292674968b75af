/** Labels of a series; a label with an empty value is the same as no label. */
export type Labels = Readonly<Record<string, string>>

/** ExposedSample is one line of a metrics page. Its `labels` (with `__name__`) stay the same object while it lives. */
export interface ExposedSample {
  labels: Labels
  value: number
}

/** ScrapeTarget is an endpoint that Prometheus reads. */
export interface ScrapeTarget {
  /** What Prometheus adds to every series: `job`, `instance`, `namespace`, `pod`. They identify the target. */
  labels: Labels
  /** scrape gives what the page shows now; null where the endpoint doesn't answer. */
  scrape(): readonly ExposedSample[] | null
}
