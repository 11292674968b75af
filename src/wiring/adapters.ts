import { type Cluster, connect } from '../cluster/cluster.ts'
import { isLoopback } from '../cluster/login/endpoint.ts'
import type { Forge } from '../forge/forge.ts'
import { parsePrometheusUrl } from '../metrics/http/address.ts'
import { type Metrics, openMetrics } from '../metrics/metrics.ts'
import { type Probed, probe } from '../probe/probe.ts'
import type { Clock } from '../release/clock.ts'
import { Failure } from '../release/failure.ts'
import type { PrometheusAccess, Request } from '../release/request.ts'
import type { Routing } from '../routing/routing.ts'
import { type CallPace, callPace } from './call-pace.ts'
import { createSystemClock } from './clock.ts'
import { forges } from './forges.ts'
import { isDeadHolder } from './holder.ts'
import { createRouting } from './routing.ts'
import { attachClock } from './sandbox-clock.ts'

/** Adapters are all ways to the outside of one run, joined up. */
interface Adapters {
  cluster: Cluster
  routing: Routing
  /** null: the request names no Prometheus. */
  metrics: Metrics | null
  /** probe asks an address once, within `timeout` ms of real time. */
  probe(url: string, timeout: number, signal: AbortSignal): Promise<Probed>
  /** null: the request names no repository. */
  forge: Forge | null
  clock: Clock
  /** isDeadHolder tells whether a holder was a process of this machine that has ended; false where unknown. */
  isDeadHolder(holder: string): boolean
  /** secrets are the values to mask in any output; more can come when credentials are renewed. */
  secrets(): string[]
  /** close ends what stays open: a part in the sandbox's time. */
  close(): void
}

interface AdapterOptions {
  env: Readonly<Record<string, string | undefined>>
  userAgent: string
  /** A number from 0 up to, not including, 1. */
  random: () => number
}

/**
 * openAdapters opens what a request needs. It reads the kubeconfig and its credentials, and makes no call but to a
 * credential plugin and, where one is named, the sandbox's clock. Throws Failure, `invalid-input` for what the user
 * gave.
 */
export async function openAdapters(request: Request, options: AdapterOptions): Promise<Adapters> {
  const { env, userAgent, random } = options
  const pace = callPace(request.sandboxClock !== null, env)
  const cluster = await connect(request.cluster, { env, userAgent, random, ...pace })
  const { clock, close } = await clockOf(request, cluster.server)
  const metrics =
    request.prometheus === null
      ? null
      : metricsOf(request.prometheus, request, cluster, clock, { ...options, ...pace })
  const forge =
    request.forge === null ? null : forges[request.forge.kind](request.forge, { userAgent, random, ...pace })
  return {
    cluster,
    routing: createRouting(cluster),
    metrics,
    probe: (url, timeout, signal) => probe(url, { timeout, userAgent }, signal),
    forge,
    clock,
    isDeadHolder: (holder) => isDeadHolder(holder),
    close,
    secrets: () => [
      ...new Set([...cluster.secrets(), ...(metrics?.secrets() ?? []), ...(forge?.secrets() ?? [])]),
    ],
  }
}

function metricsOf(
  access: PrometheusAccess,
  request: Request,
  cluster: Cluster,
  clock: Clock,
  { userAgent, random, env, callTimeout }: AdapterOptions & CallPace,
): Metrics {
  const address = parsePrometheusUrl(access.url)
  const common = {
    userAgent,
    random,
    env,
    callTimeout,
    deadline: request.settings.queryTimeout,
    // Waiting between tries is the release's own time: in the sandbox it is virtual like every other wait.
    now: clock.now,
    sleep: clock.sleep,
  }
  if (address.kind === 'http') return openMetrics(access, common)
  const { namespace, service, port, scheme } = address
  return openMetrics(access, {
    ...common,
    transport: cluster.proxyTransport(namespace, service, port, scheme),
  })
}

async function clockOf(request: Request, server: string): Promise<{ clock: Clock; close: () => void }> {
  if (request.sandboxClock === null) return { clock: createSystemClock(), close: () => {} }
  refuseOutside(request, server)
  const clock = await attachClock(request.sandboxClock)
  return { clock, close: clock.detach }
}

/** Virtual time against a real cluster would judge minutes of traffic in seconds. */
function refuseOutside(request: Request, server: string): void {
  const address = request.prometheus === null ? null : parsePrometheusUrl(request.prometheus.url)
  const places: [string, string][] = [
    ['SHIFTGATE_SANDBOX_CLOCK', request.sandboxClock ?? ''],
    ['the API server', server],
    ...(address?.kind === 'http' ? [['Prometheus', address.url] as [string, string]] : []),
    ...(request.forge === null ? [] : [['the GitHub API', request.forge.apiUrl] as [string, string]]),
  ]
  for (const [what, text] of places) {
    const url = URL.canParse(text) ? new URL(text) : null
    if (url !== null && /^https?:$/.test(url.protocol) && isLoopback(url.hostname)) continue
    throw new Failure(
      'invalid-input',
      `SHIFTGATE_SANDBOX_CLOCK is for the sandbox only, but ${what} is not on this machine's loopback address; unset it`,
      { details: { field: 'SHIFTGATE_SANDBOX_CLOCK' } },
    )
  }
}
