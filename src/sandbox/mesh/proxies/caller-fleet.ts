import type { Random } from '../../../simulation/random.ts'
import type { ControlPlane } from '../config/config-view.ts'
import type { PlanContext } from '../config/plan.ts'
import type { MeshOptions } from '../options.ts'
import { type CallerProxy, createCallerProxy } from './caller-proxy.ts'
import { callerPods } from './callers.ts'
import type { PodFleet } from './pod-fleet.ts'

/** CallerFleet is the proxies of all pods that call, as those pods come and go. */
interface CallerFleet {
  luck: Random
  /** refresh follows the callers' own pods as they come and go. */
  refresh(): void
  proxies(): readonly CallerProxy[]
}

/** createCallerFleet gives each calling pod a proxy with a view of the config of its own. */
export function createCallerFleet(
  options: MeshOptions,
  control: ControlPlane,
  fleet: PodFleet,
  random: Random,
): CallerFleet {
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
