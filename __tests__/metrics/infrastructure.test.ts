import { describe, expect, test } from '@jest/globals'
import { infrastructurePoints, periodsQuery } from '../../src/metrics/operations/infrastructure.ts'
import { latencyQuantile, latencyView } from '../../src/metrics/operations/latency/latency-quantiles.ts'
import type { QueryResult, ResultSeries } from '../../src/release/evidence/query-source.ts'

const grid = { start: 1_000_000, interval: 15_000, last: 9 }
const at = (index: number) => grid.start + index * grid.interval

function series(labels: Record<string, string>, values: (number | null)[]): ResultSeries {
  const samples = values.flatMap((value, index) => (value === null ? [] : [[at(index), value] as const]))
  return { labels, samples }
}

const answer = (...all: ResultSeries[]): QueryResult => ({ series: all, warnings: [] })
const none = answer()

describe('trouble of nodes and sidecars', () => {
  const workloads = {
    canary: { workload: 'api-v2', nodes: [{ name: 'node-1', ip: '10.0.0.1' }] },
    stable: { workload: 'api-v1', nodes: [{ name: 'node-2', ip: null }] },
  }
  const nothing = { steal: null, names: null, throttled: null, periods: null }

  test('nothing measured is nothing known', () => {
    expect(infrastructurePoints(grid, nothing, workloads)).toEqual([])
    expect(
      infrastructurePoints(grid, { steal: none, names: none, throttled: none, periods: none }, workloads),
    ).toEqual([])
  })

  test.each([
    ['10.0.0.1:9100', none],
    ['node-1', none],
    ['exporter-x:9100', answer(series({ instance: 'exporter-x:9100', nodename: 'node-1' }, [1]))],
  ])('the node behind %s is found', (instance, names) => {
    const steal = answer(series({ instance }, [0.3]), series({ instance: '10.9.9.9:9100' }, [0.9]))
    const [point] = infrastructurePoints(grid, { ...nothing, steal, names }, workloads)
    expect(point?.canary).toEqual({ steal: 0.3, throttled: null })
    expect(point?.stable).toEqual({ steal: null, throttled: null })
  })

  test('throttling is that of a side’s own pods, all of them together', () => {
    const pods = ['api-v2-6c9d5b7f4-abcde', 'api-v2-6c9d5b7f4-fghij', 'api-v2-other-thing-xx']
    const throttled = answer(
      series({ pod: pods[0] as string }, [4]),
      series({ pod: pods[2] as string }, [10]),
    )
    const periods = answer(...pods.map((pod) => series({ pod }, [10])))
    const [point] = infrastructurePoints(grid, { ...nothing, throttled, periods }, workloads)
    expect(point?.canary).toEqual({ steal: null, throttled: 0.2 })
    expect(point?.stable.throttled).toBeNull()
    expect(periodsQuery('throttled_', 'shop', ['api-v2'])).toContain('container="istio-proxy"')
  })
})

describe('percentiles for information', () => {
  test('are estimated within their bucket, and never beyond the last bound', () => {
    const buckets = [
      [10, 50],
      [20, 90],
      [Number.POSITIVE_INFINITY, 100],
    ] as const
    expect(latencyQuantile(buckets, 0.5)).toBe(10)
    expect(latencyQuantile(buckets, 0.7)).toBe(15)
    expect(latencyQuantile(buckets, 0.95)).toBe(20)
  })

  test('both sides apart, and nothing where nothing was asked', () => {
    const bucket = (destination_workload: string, le: string, value: number) =>
      series({ destination_workload, le }, [value])
    const view = latencyView(
      answer(bucket('api-v2', '100', 10), bucket('api-v2', '200', 10), bucket('api-v2', '+Inf', 10)),
      { label: 'destination_workload', canary: 'api-v2', stable: 'api-v1' },
    )
    expect(view).toEqual({ canary: [50, 95, 99], stable: null })
  })
})
