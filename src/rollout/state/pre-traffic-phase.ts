import type { CountSource } from '../../release/evidence/counts.ts'
import { metricsLag, type Settings } from '../../release/settings.ts'
import type { PreTrafficKind, ReleaseState } from '../../release/state/state.ts'
import type { RouteChange } from '../../routing/routing.ts'
import { nextGridPoint } from './transitions.ts'

/**
 * nextPreTrafficPhase gives the phase that is still to come before the first weight, in which testers or copies of
 * requests reach the canary; null: none. A first version has none.
 */
export function nextPreTrafficPhase(state: ReleaseState, settings: Settings): PreTrafficKind | null {
  if (state.stable === null) return null
  const wanted: PreTrafficKind[] = [
    ...(settings.preview === undefined ? [] : ['preview' as const]),
    ...(settings.mirror === undefined ? [] : ['mirror' as const]),
  ]
  return wanted.find((kind) => !(state.completedPreTraffic ?? []).includes(kind)) ?? null
}

/**
 * preTrafficEnd gives the time (ms) at which the phase in force has lasted long enough; what a mirror showed in its time
 * is looked at before it ends. `interval`: between polls, ms.
 */
export function preTrafficEnd(
  { kind, since }: NonNullable<ReleaseState['preTraffic']>,
  interval: number,
  settings: Settings,
): number {
  const lasts = since + (settings.preTrafficDuration ?? settings.minStepDuration)
  return kind === 'mirror' ? lasts + metricsLag(settings) + interval : lasts
}

/** preTrafficStarted notes that a phase is in the routes; the next wait for pods begins anew. */
export function preTrafficStarted(state: ReleaseState, kind: PreTrafficKind, now: number): ReleaseState {
  return { ...state, preTraffic: { kind, since: now }, deadline: null }
}

/** preTrafficEnded notes that it is over. */
export function preTrafficEnded(state: ReleaseState, capacityTimeout: number, now: number): ReleaseState {
  const { preTraffic, ...rest } = state
  if (!preTraffic) return state
  return {
    ...rest,
    completedPreTraffic: [...(state.completedPreTraffic ?? []), preTraffic.kind],
    deadline: now + capacityTimeout,
  }
}

/** preTrafficChange puts a phase before the first weight into the routes. */
export function preTrafficChange(
  kind: PreTrafficKind,
  { preview, mirror }: Settings,
  restore: ReleaseState['restore'],
): RouteChange {
  return kind === 'preview' ? { kind, testers: preview ?? null } : { kind, percent: mirror ?? 0, restore }
}

/** preTrafficEndChange takes it out again. */
export function preTrafficEndChange(kind: PreTrafficKind): RouteChange {
  return kind === 'preview' ? { kind, testers: null } : { kind, percent: 0, restore: null }
}

/**
 * toCountedState gives the state by which counts are judged. Copies of requests are seen by the pods' own proxies alone,
 * so while a mirror is in force both versions are counted there, and compared as at a step. Nothing else is judged
 * before the first weight: what testers do on purpose says nothing about the version.
 */
export function toCountedState(state: ReleaseState, settings: Settings): ReleaseState {
  if (state.preTraffic?.kind !== 'mirror' || state.source === null) return state
  const { since } = state.preTraffic
  const source: CountSource = { ...state.source, reporter: 'destination' }
  const entry = {
    // Both versions have traffic, whatever part of it is copied: a comparison, as at any share below 100.
    weight: Math.min(settings.mirror ?? 1, 99),
    writtenAt: since,
    timerStart: nextGridPoint(state, since + settings.settleMin),
    margin: settings.gate.maxPassMargin,
    outOfReach: false,
    actualShare: 'as-asked' as const,
    end: null,
  }
  return { ...state, source, stepStates: [entry] }
}
