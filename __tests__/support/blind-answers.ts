import type { ProxyFault } from './fault-proxy.ts'

const json = { 'content-type': 'application/json' }
const answer = (status: number, body: unknown): ProxyFault => ({
  kind: 'answer',
  status,
  headers: json,
  body: JSON.stringify(body),
})

/** changed changes every sample of an answer: `[seconds, text]`. */
const changed = (change: (time: number, value: string) => [number, string | null]): ProxyFault => ({
  kind: 'change',
  change: (body) => {
    const parsed = JSON.parse(body)
    for (const series of parsed.data?.result ?? []) {
      if (series.values)
        series.values = series.values.map(([at, value]: [number, string]) => change(at, value))
      if (series.value) series.value = change(series.value[0], series.value[1])
    }
    return JSON.stringify(parsed)
  },
})

/** blindAnswers are answers of a Prometheus that show nothing of the requests that there are. */
export const blindAnswers = {
  nothing: answer(200, { status: 'success', data: { resultType: 'matrix', result: [] } }),
  NaN: changed((at) => [at, 'NaN']),
  'error status': answer(200, { status: 'error', errorType: 'internal', error: 'expanding series: broken' }),
  null: answer(200, { status: 'success', data: null }),
  '10 minutes ahead': changed((at, value) => [at + 600, value]),
  'status 500': answer(500, { status: 'error', errorType: 'internal', error: 'broken' }),
  'cut connection': { kind: 'cut', done: true },
  '11,000 points': answer(400, {
    status: 'error',
    errorType: 'bad_data',
    error:
      'exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)',
  }),
} as const satisfies Record<string, ProxyFault>
