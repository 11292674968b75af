import { createRandom } from '../../simulation/random.ts'
import { arrivals } from '../../simulation/traffic.ts'
import type { ScrapeTarget } from '../prometheus/target.ts'
import { createAnswers } from './answers.ts'
import { createControlPlane, defaultPropagation } from './config/config-view.ts'
import { createFlow, versionOf } from './flow.ts'
import { createIstiod } from './istiod.ts'
import type { MeshOptions } from './options.ts'
import { createCallerFleet } from './proxies/caller-fleet.ts'
import type { CallerProxy } from './proxies/caller-proxy.ts'
import { createPodFleet } from './proxies/pod-fleet.ts'
import { createTruth, type Truth } from './truth.ts'

/** DataPlane lives through virtual time and counts what its proxies would count. */
export interface DataPlane {
  /** tick lives through the `seconds` that end at `now` (ms since the epoch). */
  tick(now: number, seconds: number): void
  /** call sends one request now, through the first caller's proxy, and gives how it ended for the caller. */
  call(): CallAnswer
  targets(): ScrapeTarget[]
  /** served gives how many requests a pod has answered so far. */
  served(podUid: string): number
  truth(): Truth
  close(): void
}

/** CallAnswer is what one request came to; `version` is that of the pod that was chosen, null without one. */
interface CallAnswer {
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
  const { flow, heard } = createHeardFlow(options, random, fleet, truth)
  const callers = createCallerFleet(options, control, fleet, random)
  return {
    tick(now, seconds) {
      callers.refresh()
      const live = (proxy: CallerProxy, from: number, until: number): void => {
        const [start, end] = [from, until].map((time) => (time - options.origin) / 1000) as [number, number]
        const n = arrivals(callers.luck, options.model.rate, start, end, proxy.who.share)
        flow(proxy, n, (start + end) / 2)
      }
      for (const proxy of callers.proxies()) liveThrough(proxy, now - seconds * 1000, now, live)
      fleet.bury()
    },
    call() {
      const now = options.now()
      callers.refresh()
      const [proxy] = callers.proxies()
      if (proxy === undefined) throw new Error('The model has no caller to send a request for.')
      proxy.view.applyUntil(now)
      flow(proxy, 1, (now - options.origin) / 1000)
      return heard()
    },
    targets: () => [...fleet.targets(), istiod.target],
    served: fleet.served,
    truth: () => truth.read(),
    close() {
      control.close()
      fleet.close()
    },
  }
}

/** createHeardFlow makes the flow of requests, and remembers how the last one ended. */
function createHeardFlow(
  { model }: MeshOptions,
  random: ReturnType<typeof createRandom>,
  fleet: ReturnType<typeof createPodFleet>,
  truth: ReturnType<typeof createTruth>,
): { flow: ReturnType<typeof createFlow>; heard(): CallAnswer } {
  let last: CallAnswer = { code: '0', flag: '-', version: null }
  const flow = createFlow({
    model,
    random: random.fork('flow'),
    answers: createAnswers(model, random.fork('answers')),
    fleet,
    truth,
    onAnswer({ code, flag }, from) {
      last = { code, flag, version: from === null ? null : versionOf(model, from) }
    },
  })
  return { flow, heard: () => last }
}

/** liveThrough lets a proxy's time pass in pieces, cut where a change of config reaches it. */
function liveThrough(
  proxy: CallerProxy,
  from: number,
  until: number,
  live: (proxy: CallerProxy, from: number, until: number) => void,
): void {
  const { view } = proxy
  let cursor = from
  for (let next = view.nextArrival(); next <= until; next = view.nextArrival()) {
    if (next > cursor) live(proxy, cursor, next)
    cursor = Math.max(cursor, next)
    view.applyUntil(next)
  }
  if (until > cursor) live(proxy, cursor, until)
}
