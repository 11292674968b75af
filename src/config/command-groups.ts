import type { CommandName } from '../release/request.ts'

/** commandNames are the commands that the action and the command line share. */
export const commandNames = [
  'rollout',
  'rollback',
  'promote',
  'pause',
  'resume',
  'abort',
  'status',
  'reconcile',
  'preflight',
  'plan',
  'pin',
] as const satisfies readonly CommandName[]

/** judging commands ask Prometheus. */
export const judging = [
  'rollout',
  'resume',
  'reconcile',
  'preflight',
  'plan',
] as const satisfies readonly CommandName[]

/** driving commands carry a release on, step by step. */
export const driving = ['rollout', 'resume', 'reconcile'] as const satisfies readonly CommandName[]

/** shifting commands may move traffic themselves. */
export const shifting = [
  'rollout',
  'rollback',
  'promote',
  'pause',
  'resume',
  'abort',
  'reconcile',
  'pin',
] as const satisfies readonly CommandName[]
