import { createRandom, type Random } from '../../simulation/random.ts'
import { arrivals } from '../../simulation/traffic.ts'
import type { TrafficModel } from '../../simulation/traffic-model.ts'
import type { ScrapeTarget } from '../prometheus/target.ts'
import { createAnswers } from './answers.ts'
import { type CallerProxy, createCallerProxy } from './caller-proxy.ts'
import { callerPods } from './callers.ts'
import {
  type ControlPlane,
  createControlPlane,
  defaultPropagation,
  type MeshStore,
  type Propagation,
} from './config-view.ts'
import { createFlow } from './flow.ts'
import { createIstiod } from './istiod.ts'
import type { PlanContext } from './plan.ts'
import { createPodFleet, type PodFleet } from './pod-fleet.ts'
import { createTruth, type Truth } from './truth.ts'

/** MeshOptions say which service is called, by whom, and how fast the mesh learns. */
export interface MeshOptions {
  store: MeshStore
  /** now gives virtual time in ms since the epoch, also between ticks: the moment of a store's change. */
  now(): number
  random?: Random
  model: TrafficModel
  /** ms since the epoch of the model's second 0. */
  origin: number
  service: { namespace: string; name: string; port?: number }
  clusterDomain?: string
  rootNamespace?: string
  propagation?: Partial<Propagation>
  /** Value of the `tag` label of `istio_build`. */
  istioVersion?: string
}

/** DataPlane lives through virtual time and counts what its proxies would count. */
export interface DataPlane {
  /** tick lives through the `seconds` that end at `now` (ms since the epoch). */
  tick(now: number, seconds: number): void
  /** call sends one request now, through the first caller's proxy, and gives how it ended for the caller. */
  call(): CallAnswer
  targets(): ScrapeTarget[]
  truth(): Truth
  close(): void
}

/** CallAnswer is what one request came to; `version` is the label of the pod that was chosen, null without one. */
export interface CallAnswer {
  code: string
  flag: string
  version: string | null
}

/** createDataPlane makes a mesh over a cluster's store; requests flow only in ticks. */
export function createDataPlane(options: MeshOptions): DataPlane {
  const random = options.random ?? createRandom(1)
  const tag = options.istioVersion ?? '1.30.3'
  const propagation = { ...defaultPropagation, ...options.propagation }
  const istiod = createIstiod(tag, options.now)
  const control = createControlPlane(options.store, options.now, propagation, istiod.pushed)
  const truth = createTruth()
  const fleet = createPodFleet(options.store, options.now, tag)
  let heard: CallAnswer = { code: '0', flag: '-', version: null }
  const flow = createFlow({
    model: options.model,
    random: random.fork('flow'),
    answers: createAnswers(options.model, random.fork('answers')),
    fleet,
    truth,
    onAnswer(answer, from) {
      heard = { code: answer.code, flag: answer.flag, version: from?.labels['version'] ?? null }
    },
  })
  const callers = createCallers(options, control, fleet, random)
  const live = (proxy: CallerProxy, from: number, until: number): void => {
    const start = (from - options.origin) / 1000
    const end = (until - options.origin) / 1000
    const n = arrivals(callers.luck, options.model.rate, start, end, proxy.who.share)
    flow(proxy, n, (start + end) / 2)
  }
  return {
    tick(now, seconds) {
      callers.refresh()
      const began = now - seconds * 1000
      for (const proxy of callers.proxies()) {
        let cursor = began
        for (let next = proxy.view.nextArrival(); next <= now; next = proxy.view.nextArrival()) {
          if (next > cursor) live(proxy, cursor, next)
          cursor = Math.max(cursor, next)
          proxy.view.applyUntil(next)
        }
        if (now > cursor) live(proxy, cursor, now)
      }
      fleet.bury()
    },
    call() {
      const now = options.now()
      callers.refresh()
      const [proxy] = callers.proxies()
      if (proxy === undefined) throw new Error('The model has no caller to send a request for.')
      proxy.view.applyUntil(now)
      flow(proxy, 1, (now - options.origin) / 1000)
      return heard
    },
    targets: () => [...fleet.targets(), istiod.target],
    truth: () => truth.read(),
    close() {
      control.close()
      fleet.close()
    },
  }
}

interface Callers {
  luck: Random
  /** refresh follows the callers' own pods as they come and go. */
  refresh(): void
  proxies(): readonly CallerProxy[]
}

function createCallers(
  options: MeshOptions,
  control: ControlPlane,
  fleet: PodFleet,
  random: Random,
): Callers {
  const context: PlanContext = {
    clusterDomain: options.clusterDomain ?? 'cluster.local',
    rootNamespace: options.rootNamespace ?? 'istio-system',
  }
  const service = { ...options.service, port: options.service.port ?? null }
  const known = new Map<string, CallerProxy>()
  let proxies: CallerProxy[] = []
  let seen = -1
  const refresh = (): void => {
    if (seen === fleet.version()) return
    seen = fleet.version()
    proxies = callerPods(fleet.pods(), options.model).map((who) => {
      const before = known.get(who.pod.incarnation)
      if (before !== undefined && before.who.share === who.share) return before
      const view = before?.view ?? control.view(random.fork(`view/${who.pod.uid}`))
      return createCallerProxy(who, view, fleet.metrics(who.pod), service, context)
    })
    for (const [incarnation, proxy] of known) {
      if (!proxies.some((other) => other.view === proxy.view)) control.forget(proxy.view)
      known.delete(incarnation)
    }
    for (const proxy of proxies) known.set(proxy.who.pod.incarnation, proxy)
  }
  refresh()
  return { luck: random.fork('arrivals'), refresh, proxies: () => proxies }
}
