import type { Settings } from '../release/settings.ts'
import { type ReleaseRoutes, stickyAt } from '../routing/release-plan.ts'

/**
 * stickyOptions gives what the routes are asked for so that users stay on the canary; null: nothing. The cookie holds
 * the release's id, so that one of an earlier release sends nobody anywhere.
 */
export function stickyOptions(
  { sticky }: Pick<Settings, 'sticky'>,
  service: string,
  release: string,
): ReleaseRoutes['sticky'] {
  if (sticky === undefined) return null
  const { cookie, maxAge, from } = sticky
  return { cookie: cookie ?? `shiftgate-${service}`, maxAge: Math.round(maxAge / 1000), release, from }
}

/** keepsUsers tells whether users stay on the canary at a weight (percent): its share may then grow by itself. */
export function keepsUsers(settings: Pick<Settings, 'sticky'>, weight: number): boolean {
  return stickyAt(stickyOptions(settings, '', ''), weight) !== null
}
