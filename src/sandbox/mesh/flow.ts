import { meanLatency } from '../../simulation/latency.ts'
import type { Random } from '../../simulation/random.ts'
import { binomial, poisson, split } from '../../simulation/sampling.ts'
import { arrivalRate, versionModel } from '../../simulation/traffic.ts'
import type { TrafficModel, VersionModel } from '../../simulation/traffic-model.ts'
import { type AnswerClass, type Answers, proxyAnswer, spreadIn } from './answers.ts'
import type { Leg, MeshReach } from './config/plan.ts'
import type { CallerProxy } from './proxies/caller-proxy.ts'
import type { MeshPod } from './proxies/pod.ts'
import type { PodFleet } from './proxies/pod-fleet.ts'
import { type MeshResponse, requestLabels } from './proxies/telemetry.ts'
import type { TruthKeeper } from './truth.ts'

/** Flow lets `n` requests leave a proxy around the time `t` (seconds since the model's origin). */
type Flow = (proxy: CallerProxy, n: number, t: number) => void

interface FlowParts {
  model: TrafficModel
  random: Random
  answers: Answers
  fleet: PodFleet
  truth: TruthKeeper
  /** onAnswer hears how requests ended for their caller; `from` is the pod that was chosen, if any. */
  onAnswer(answer: MeshResponse, from: MeshPod | null): void
}

/**
 * versionOf says by which model a pod answers: that of its image's tag, where the model has one, so that versions
 * without labels of their own can be told apart; else that of its `version` label.
 */
export function versionOf({ versions }: TrafficModel, pod: Pick<MeshPod, 'tag' | 'labels'>): string {
  if (pod.tag !== null && Object.hasOwn(versions, pod.tag)) return pod.tag
  return pod.labels.version ?? pod.tag ?? 'unknown'
}

/** createFlow makes the way of requests from a caller's proxy to their answers, counted on both sides. */
export function createFlow(parts: FlowParts): Flow {
  const { random, truth, model } = parts
  return (proxy, n, t) => {
    truth.sent(n)
    const chosen = proxy.choose(random, n)
    const amounts = [...chosen]
    for (const [index, leg] of proxy.legs().entries()) {
      const amount = amounts[index] ?? 0
      if (leg.outcome.kind === 'local') countLocal(parts, proxy, leg, amount)
      else {
        const perSecond = arrivalRate(model.rate, t) * proxy.who.share * leg.share
        loseInFlight(parts, proxy, leg.outcome, perSecond)
        if (amount > 0) sendUpstream(parts, proxy, leg.outcome, amount, t)
      }
    }
  }
}

function countLocal(parts: FlowParts, proxy: CallerProxy, leg: Leg, n: number): void {
  if (n === 0 || leg.outcome.kind !== 'local') return
  const { code, flag, service, host } = leg.outcome
  const grpc = parts.model.protocol === 'grpc'
  const failed = flag !== '-'
  const answer = failed ? proxyAnswer(code, flag, grpc) : { code, flag, grpcStatus: '' }
  const fallback = proxy.who.caller.through === 'gateway' ? 'unknown' : host
  if (failed) parts.truth.unreached(flag, n)
  countAtCaller(parts, proxy, { service, destination: null, fallback }, answer, n, spreadIn(n, 0.4))
}

/** sendUpstream spreads requests evenly over the endpoints that the proxy knows, dead ones included. */
function sendUpstream(parts: FlowParts, proxy: CallerProxy, reach: MeshReach, n: number, t: number): void {
  const living = reach.pods.filter((pod) => parts.fleet.pod(pod.uid)?.serving === true)
  if (living.length === 0) {
    failToConnect(parts, proxy, reach, n)
    return
  }
  // A connection that is refused is tried again on another endpoint: the default policy hides it from callers.
  const amounts = split(
    parts.random,
    n,
    new Array<number>(living.length).fill(1),
    new Array<number>(living.length),
  )
  for (const [index, pod] of living.entries()) {
    const amount = amounts[index] ?? 0
    if (amount > 0) answer(parts, proxy, reach, pod, amount, t)
  }
  for (const mirror of reach.mirrors) mirrorTo(parts, proxy, reach, mirror, n, t)
}

function answer(
  parts: FlowParts,
  proxy: CallerProxy,
  reach: MeshReach,
  pod: MeshPod,
  n: number,
  t: number,
): void {
  const version = versionOf(parts.model, pod)
  for (const { name, model, amount } of operationsOf(parts, version, n, modelOf(parts.model, pod, t))) {
    for (const group of parts.answers(model, amount, t, reach.timeoutMs)) {
      parts.truth.answered('callers', version, group.n, group.kind)
      const to = { service: reach.service, destination: pod, fallback: '', operation: name }
      countAtCaller(parts, proxy, to, group.caller, group.n, group.callerSpread)
      countAtPod(parts, proxy, reach, pod, group, name)
    }
  }
}

/** modelOf is how a pod answers at a time: as its version does, but for episodes. */
function modelOf(model: TrafficModel, pod: MeshPod, t: number): VersionModel {
  const version = versionOf(model, pod)
  const episode = model.episodes?.find(
    (one) =>
      t >= one.from &&
      t < one.until &&
      (one.version ?? version) === version &&
      (one.node ?? pod.node) === pod.node,
  )
  return episode?.model ?? versionModel(model, version)
}

/** operationsOf shares requests out among the operations; all of them are one where the model has none. */
function operationsOf(parts: FlowParts, version: string, n: number, usual: VersionModel) {
  const { operations } = parts.model
  if (operations === undefined) return [{ name: '', model: usual, amount: n }]
  const weights = operations.map(({ share }) => share)
  const amounts = split(parts.random, n, weights, new Array<number>(weights.length).fill(0))
  return operations
    .map(({ name, versions }, index) => ({
      name,
      model: versions?.[version] ?? usual,
      amount: amounts[index] ?? 0,
    }))
    .filter(({ amount }) => amount > 0)
}

function mirrorTo(
  parts: FlowParts,
  proxy: CallerProxy,
  reach: MeshReach,
  mirror: MeshReach['mirrors'][number],
  n: number,
  t: number,
): void {
  const count = binomial(parts.random, n, mirror.share)
  const amounts = evenly(parts.random, count, mirror.pods.length)
  for (const [index, pod] of mirror.pods.entries()) {
    const amount = amounts[index] ?? 0
    if (amount === 0 || parts.fleet.pod(pod.uid)?.serving !== true) continue
    for (const group of parts.answers(modelOf(parts.model, pod, t), amount, t, null))
      countAtPod(parts, proxy, reach, pod, group)
  }
}

/** loseInFlight fails what was under way to a pod whose app ended: 503 UC, once for each proxy and death. */
function loseInFlight(parts: FlowParts, proxy: CallerProxy, reach: MeshReach, perSecond: number): void {
  for (const pod of reach.pods) {
    if (!parts.fleet.mourn(pod.uid, proxy)) continue
    const version = versionOf(parts.model, pod)
    const latency = meanLatency(versionModel(parts.model, version).latency)
    const n = poisson(parts.random, (perSecond / reach.pods.length) * (latency / 1000))
    parts.truth.sent(n)
    parts.truth.answered('callers', version, n, 'bad')
    const reset = proxyAnswer('503', 'UC', parts.model.protocol === 'grpc')
    countAtCaller(
      parts,
      proxy,
      { service: reach.service, destination: pod, fallback: '' },
      reset,
      n,
      spreadIn(n, latency),
    )
  }
}

/** failToConnect: no endpoint that the proxy knows answers, so that every attempt fails. */
function failToConnect(parts: FlowParts, proxy: CallerProxy, reach: MeshReach, n: number): void {
  const amounts = evenly(parts.random, n, reach.pods.length)
  for (const [index, pod] of reach.pods.entries()) {
    const amount = amounts[index] ?? 0
    // Without a connection no metadata is exchanged: the pod is known by its workload only.
    const destination = { ...pod, injected: false }
    parts.truth.answered('callers', versionOf(parts.model, pod), amount, 'bad')
    const refused = proxyAnswer('503', 'UF,URX', parts.model.protocol === 'grpc')
    countAtCaller(
      parts,
      proxy,
      { service: reach.service, destination, fallback: '' },
      refused,
      amount,
      spreadIn(amount, 60),
    )
  }
}

function countAtCaller(
  parts: FlowParts,
  proxy: CallerProxy,
  to: {
    service: MeshReach['service'] | null
    destination: MeshPod | null
    fallback: string
    operation?: string
  },
  answer: MeshResponse,
  n: number,
  spread: ArrayLike<number>,
): void {
  if (n === 0) return
  const { destination } = to
  parts.onAnswer(answer, destination)
  const place = destination === null ? '-' : `${placeOf(destination)}/${destination.injected}`
  const { operation = '' } = to
  const key = `s|${place}|${to.service?.host ?? to.fallback}|${answer.code}|${answer.flag}|${answer.grpcStatus}|${operation}`
  const labels = () =>
    requestLabels({
      reporter: 'source',
      source: proxy.who.pod,
      destination,
      service: to.service,
      fallbackHost: to.fallback,
      answer,
      protocol: parts.model.protocol ?? 'http',
      operation,
    })
  proxy.metrics.record(key, labels, n, spread)
}

function countAtPod(
  parts: FlowParts,
  proxy: CallerProxy,
  reach: MeshReach,
  pod: MeshPod,
  group: AnswerClass,
  operation = '',
): void {
  const actual = parts.fleet.pod(pod.uid)
  parts.truth.answered('pods', versionOf(parts.model, pod), group.n, group.podKind)
  parts.fleet.serve(pod.uid, group.n)
  if (actual === null || !actual.injected) return
  const { pod: answer } = group
  const key = `d|${placeOf(proxy.who.pod)}|${reach.service.host}|${answer.code}|${answer.flag}|${answer.grpcStatus}|${operation}`
  const labels = () =>
    requestLabels({
      reporter: 'destination',
      source: proxy.who.pod,
      destination: actual,
      service: reach.service,
      fallbackHost: '',
      answer,
      protocol: parts.model.protocol ?? 'http',
      operation,
    })
  parts.fleet.metrics(actual).record(key, labels, group.n, group.podSpread)
}

function placeOf(pod: MeshPod): string {
  return `${pod.namespace}/${pod.workload}/${pod.labels['version'] ?? ''}`
}

function evenly(random: Random, n: number, parts: number): number[] {
  return split(random, n, new Array<number>(parts).fill(1), new Array<number>(parts).fill(0))
}
