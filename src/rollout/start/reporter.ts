/** ReporterCounts is how many requests each kind of reporter saw over the same time. */
interface ReporterCounts {
  source: number
  destination: number
}

/** minSourceShare is the share of what `destination` sees that `source` must see to be the one that counts. */
const minSourceShare = 0.9

/**
 * chooseReporter picks whose counts a release goes by: `source`, what callers saw, if it sees at least 90% of
 * what `destination` sees. Where neither saw a request it is `destination`: callers may be outside the mesh,
 * the pods' own proxies are not.
 */
export function chooseReporter({ source, destination }: ReporterCounts): 'source' | 'destination' {
  return source > 0 && source >= minSourceShare * destination ? 'source' : 'destination'
}
