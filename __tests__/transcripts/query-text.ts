import type { LoggedQuery } from '../../src/sandbox/prometheus/prometheus.ts'

/** queryLines counts what was asked of Prometheus at one moment, by kind and span; times in s after `start` (ms). */
export function queryLines(queries: readonly LoggedQuery[], start: number): string[] {
  const groups = Map.groupBy(queries.map((query) => kindOf(query, start)).sort(), (kind) => kind)
  return [...groups].map(([kind, all]) => `  Prometheus: ${all.length} × ${kind}`)
}

function kindOf({ path, parameters }: LoggedQuery, start: number): string {
  const given = Object.fromEntries(parameters) as Record<string, string>
  const after = (text: string | undefined): string => `${Math.round(Number(text) * 1000 - start) / 1000} s`
  const name = path.replace('/api/v1/', '')
  if (name === 'query_range') {
    return `query_range from ${after(given.start)} to ${after(given.end)}, step ${given.step}`
  }
  if (name === 'query') return given.time === undefined ? name : `query at ${after(given.time)}`
  return given['match[]'] === undefined ? name : `${name} ${given['match[]']}`
}
