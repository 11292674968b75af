import type { ReleaseState } from '../state/state.ts'

/** Obstacle is what stands in the way of a release that shall begin: another one in flight, or a process at work. */
export type Obstacle =
  | { kind: 'release'; id: string; version: string; stable: string | null; weight: number; holder: string }
  | { kind: 'process'; holder: string }

/** obstacleOf gives a release in flight as an obstacle. */
export function obstacleOf({
  id,
  canary,
  stable,
  weight,
  holder,
}: ReleaseState): Extract<Obstacle, { kind: 'release' }> {
  return { kind: 'release', id, version: canary.version, stable: stable?.version ?? null, weight, holder }
}
