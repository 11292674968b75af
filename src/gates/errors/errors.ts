import { countedGate } from '../gate-type.ts'

/** Longest name of a route that is judged: it is kept in the release's annotation. */
const longestRoute = 200

/** errors counts failed requests. Every release has it; an entry of the config tunes it. */
export const errors = countedGate({
  type: 'errors',
  summary: 'Failed requests, canary against stable.',
  name: 'errors',
  countsFailedRequests: true,
  fields: {
    routes: {
      kind: 'map',
      asks: true,
      what: 'judge single routes too, by a label of `istio_requests_total` that names them',
      fields: {
        label: { kind: 'label-name', required: true, what: 'the label' },
        top: {
          kind: 'integer',
          least: 1,
          greatest: 20,
          default: 5,
          what: 'how many of the busiest routes are judged',
        },
      },
    },
  },
  question: () => 'failed requests, compared with stable',
  badEvents: () => 'failed',
  engine: ({ gate: { maxErrorRate } }) =>
    maxErrorRate === null ? {} : { slo: maxErrorRate, promisedLimit: maxErrorRate },
  fixedMargin: ({ gate: { passMargin } }) => (passMargin === 'auto' ? null : passMargin),
  routes: ({ routes }, baseline) => (routes === null ? [] : baseline.routes.filter(({ share }) => share > 0)),
  asksMetrics: ({ routes }) => routes !== null,
  async ask({ name, routes }, { source, baseline }) {
    if (routes === null || baseline.routes.length === 0) return []
    const wanted = new Set(baseline.routes.map(({ route }) => route))
    const counted = await source.requestsByRoute(routes.label)
    return counted
      .filter(({ route }) => wanted.has(route))
      .map(({ route, series }) => ({ gate: name, route, kind: 'counts', series }))
  },
  async prepare({ routes }, history) {
    if (routes === null) return {}
    const seen = await history.requestsByRoute(routes.label)
    const all = seen.reduce((sum, { calibration }) => sum + calibration.n, 0)
    if (all === 0) {
      const text = `no request before the release carries the label ${routes.label}: only the total is judged`
      return { routes: [], note: { wrong: false, text } }
    }
    const named = seen.filter(
      ({ route, calibration }) => calibration.n > 0 && route.length <= longestRoute && !/\p{Cc}/u.test(route),
    )
    return {
      routes: named
        .slice(0, routes.top)
        .map(({ route, calibration }) => ({ route, share: calibration.n / all, calibration })),
    }
  },
})
