/** ReachedPods is who is served by a destination of a route. */
export interface ReachedPods {
  /** The version, else the destination as its route writes it. */
  name: string
  /** null: pods without a version label, or another host's. */
  version: string | null
  /** 0–1 of the route's requests. */
  share: number
}

/** LostTraffic is a destination that serves nobody. */
export interface LostTraffic {
  name: string
  /** Why nobody is reached, as a clause: `no DestinationRule defines it`. */
  why: string
  /** 0–1 of the route's requests, which fail. */
  share: number
}

/** ReachedRoute is one rule that takes requests of the target, resolved down to ready pods. */
export interface ReachedRoute {
  /** As people write it, with the object that holds it. */
  name: string
  /** It takes requests whatever they look like; else only those that its match describes. */
  any: boolean
  reached: ReachedPods[]
  lost: LostTraffic[]
}

/** Reach is where the requests of a target end, over all of its routes. */
export interface Reach {
  routes: ReachedRoute[]
}

/** reachedShare gives the smallest and largest share (0–1) of a version over the routes that take any request. */
export function reachedShare({ routes }: Reach, version: string): { min: number; max: number } {
  const shares = routes.filter(({ any }) => any).map((route) => shareOn(route, version))
  return shares.length === 0 ? { min: 0, max: 0 } : { min: Math.min(...shares), max: Math.max(...shares) }
}

/**
 * strayTraffic says, in one sentence a route, what does not reach `version`: by name and share. Empty: every request of
 * the target reaches it.
 */
export function strayTraffic({ routes }: Reach, version: string): string[] {
  return routes.flatMap(({ name, any, reached, lost }) => {
    const away = [
      ...reached
        .filter((pods) => pods.version !== version)
        .map(({ name: to, share }) => `${percent(share)} to ${to}`),
      ...lost.map(({ name: to, why, share }) => `${percent(share)} to ${to}, where nobody answers (${why})`),
    ]
    if (away.length === 0) return []
    return [`${name} sends ${any ? '' : 'of the requests that it matches '}${away.join(', ')}.`]
  })
}

function shareOn({ reached }: ReachedRoute, version: string): number {
  return reached.filter((pods) => pods.version === version).reduce((sum, { share }) => sum + share, 0)
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10}%`
}
