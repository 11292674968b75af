import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type MetricsOptions, openMetrics } from '../../src/metrics/metrics.ts'
import { Failure } from '../../src/release/failure.ts'
import type { PrometheusAccess } from '../../src/release/request.ts'

/** wholeAnswers is what every query says beside itself: no partial answers, no moved times. */
export const wholeAnswers = { partial_response: 'false', deny_partial_response: '1', nocache: '1' }

export const never = new AbortController().signal
export const plain: PrometheusAccess = { url: '', bearerToken: null, basic: null, headers: {}, ca: null }
export const open: { close: () => void }[] = []

/** closeServers ends all that a test opened. */
export function closeServers(): void {
  for (const one of open.splice(0)) one.close()
}

export function keep(server: Server): void {
  open.push({
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  })
}

export async function serve(listener: RequestListener): Promise<string> {
  const server = createServer(listener)
  keep(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** slept remembers waits instead of waiting. */
export function door(access: Partial<PrometheusAccess>, options: Partial<MetricsOptions> = {}) {
  const slept: number[] = []
  const metrics = openMetrics(
    { ...plain, ...access },
    {
      random: () => 0.5,
      userAgent: 'shiftgate/test',
      sleep: async (ms) => {
        slept.push(ms)
      },
      ...options,
    },
  )
  return { metrics, slept }
}

export async function failure(promise: Promise<unknown>): Promise<Failure> {
  const error = await promise.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (!(error instanceof Failure)) throw new Error(`no Failure but ${String(error)}`)
  return error
}

export const good =
  '{"status":"success","data":{"resultType":"vector","result":[{"metric":{"a":"b"},"value":[1.5,"7"]}]}}'
export const json = { 'content-type': 'application/json' }
