import { Failure } from '../../release/failure.ts'
import { countedGate } from '../gate-type.ts'

/** latency counts requests that took longer than `over` ms, at the nearest bound of the histogram. */
export const latency = countedGate({
  type: 'latency',
  summary: 'Requests that took longer than a bound, canary against stable.',
  fields: {
    over: { kind: 'duration', required: true, asks: true, what: 'longer than this is slow' },
  },
  question: ({ over }, bound) => `requests over ${bound ?? over} ms, compared with stable`,
  badEvents: ({ over }, bound) => `took over ${bound ?? over} ms`,
  // Slow requests are common where failed ones are rare: ratios near one, margins of points.
  engine: () => ({ abortRatio: 1.25, passRatio: 1.25, passMargin: 0.02, margins: [0.02, 0.05, 0.1] }),
  fixedMargin: () => null,
  routes: () => [],
  asksMetrics: () => true,
  async ask({ name, over }, { source, baseline }) {
    const fixed = baseline.bounds[name]
    const slow = await source.slowRequests(fixed ?? over)
    // Before the first request there was no histogram to fix a bound by.
    if (slow !== null && fixed !== undefined && slow.bound !== fixed) {
      throw new Failure('bad-answer', `the histogram has lost its bound of ${fixed} ms`)
    }
    const series = slow?.series ?? { points: [], notes: [] }
    const quantiles = slow?.quantiles ?? { canary: null, stable: null }
    return [{ gate: name, route: null, kind: 'counts', series, quantiles }]
  },
  async prepare({ over }, history) {
    const seen = await history.slowRequests(over)
    if (seen === null) {
      return {
        note: { wrong: true, text: "the host has no histogram of durations: latency can't be judged" },
      }
    }
    const { bound, bounds, calibration } = seen
    const text = `the histogram has no bound at ${over} ms: judged at ${bound} ms, the nearest of ${bounds.join(', ')}`
    return {
      bound,
      ...(calibration === null ? {} : { calibration }),
      ...(bound === over ? {} : { note: { wrong: false, text } }),
    }
  },
})
