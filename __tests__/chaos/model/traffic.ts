import type { CountPoint } from '../../../src/release/evidence/counts.ts'
import type { RouteShare } from './objects.ts'

/** Segment is a time in which nothing about the traffic changes; shares 0–1 of all requests, times in ms. */
interface Segment {
  from: number
  canary: number
  nobody: number
  perSecond: number
  canaryFails: number
}

export type Pods = Record<'v1' | 'v2', number>

/** createModelTraffic counts what callers see, from the routes and the pods as they are at each moment. */
export function createModelTraffic(start: number) {
  const segments: Segment[] = [{ from: start, canary: 0, nobody: 0, perSecond: 50, canaryFails: 0.001 }]
  const change = (now: number, part: Partial<Segment>): void => {
    segments.push({ ...(segments.at(-1) as Segment), ...part, from: now })
  }
  return {
    change,
    /** follow takes over what the routes and pods make of the requests. */
    follow: (now: number, routes: readonly RouteShare[], pods: Pods) => change(now, dividedBy(routes, pods)),
    /** pointAt is what a Prometheus that misses nothing has counted since `from`. */
    pointAt: (from: number, at: number): CountPoint => pointAt(segments, from, at),
  }
}

function dividedBy(routes: readonly RouteShare[], pods: Pods): { canary: number; nobody: number } {
  const rules = Math.max(1, new Set(routes.map(({ rule }) => rule)).size)
  let canary = 0
  let nobody = 0
  const all = pods.v1 + pods.v2
  const any = { canary: all === 0 ? 0 : pods.v2 / all, nobody: all === 0 ? 1 : 0 }
  if (routes.length === 0) return any
  for (const { version, share } of routes) {
    if (version === 'v2' && pods.v2 > 0) canary += share
    else if (version === null) {
      canary += share * any.canary
      nobody += share * any.nobody
    } else if (
      version === 'nobody' ||
      (version === 'v2' && pods.v2 === 0) ||
      (version === 'v1' && pods.v1 === 0)
    )
      nobody += share
  }
  return { canary: canary / rules, nobody: nobody / rules }
}

function pointAt(segments: readonly Segment[], start: number, at: number): CountPoint {
  const canary = { total: 0, bad: 0 }
  const stable = { total: 0, bad: 0 }
  let unreached = 0
  segments.forEach((segment, index) => {
    const from = Math.max(start, segment.from)
    const until = Math.min(at, segments[index + 1]?.from ?? Number.POSITIVE_INFINITY)
    if (until <= from) return
    const requests = ((until - from) / 1000) * segment.perSecond
    const rest = Math.max(0, 1 - segment.canary - segment.nobody)
    canary.total += requests * segment.canary
    canary.bad += requests * segment.canary * segment.canaryFails
    stable.total += requests * rest
    stable.bad += requests * rest * 0.001
    unreached += requests * segment.nobody
  })
  const whole = (counts: { total: number; bad: number }) => ({
    total: Math.floor(counts.total),
    bad: Math.min(Math.floor(counts.total), Math.floor(counts.bad)),
  })
  return {
    t: (at - start) / 1000,
    canary: whole(canary),
    stable: whole(stable),
    unreached: Math.floor(unreached),
    abandoned: 0,
  }
}
