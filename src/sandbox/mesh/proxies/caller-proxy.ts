import type { Random } from '../../../simulation/random.ts'
import { split } from '../../../simulation/sampling.ts'
import type { ConfigView } from '../config/config-view.ts'
import { type Leg, legsOf, type PlanContext } from '../config/plan.ts'
import { type CallerPod, requestsOf } from './callers.ts'
import type { ProxyMetrics } from './proxy-metrics.ts'

/** CallerProxy is the proxy of one calling pod: what it knows of the config, and its counters. */
export interface CallerProxy {
  readonly who: CallerPod
  readonly view: ConfigView
  readonly metrics: ProxyMetrics
  /** legs gives where its requests go, as far as it knows now. */
  legs(): readonly Leg[]
  /** choose shares n requests out among the legs. The answer is overwritten by the next call. */
  choose(random: Random, n: number): readonly number[]
}

/** createCallerProxy makes a proxy whose routes are worked out anew only when its view changed. */
export function createCallerProxy(
  who: CallerPod,
  view: ConfigView,
  metrics: ProxyMetrics,
  service: { namespace: string; name: string; port: number | null },
  context: PlanContext,
): CallerProxy {
  let known = -1
  let legs: Leg[] = []
  let shares: number[] = []
  const parts: number[] = []
  const refresh = (): void => {
    if (known === view.version()) return
    known = view.version()
    legs = requestsOf(who.caller, who.pod, view, service, context).flatMap(({ share, request }) =>
      legsOf(view, request, context).map((leg) => ({ ...leg, share: leg.share * share })),
    )
    shares = legs.map((leg) => leg.share)
  }
  return {
    who,
    view,
    metrics,
    legs() {
      refresh()
      return legs
    },
    choose(random, n) {
      refresh()
      parts.length = legs.length
      return split(random, n, shares, parts)
    },
  }
}
