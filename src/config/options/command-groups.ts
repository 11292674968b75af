import type { CommandName } from '../../release/request.ts'

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

/** metricsCommands commands ask Prometheus. */
export const metricsCommands = [
  'rollout',
  'resume',
  'reconcile',
  'preflight',
  'plan',
] as const satisfies readonly CommandName[]

/** rolloutCommands commands carry a release on, step by step. */
export const rolloutCommands = ['rollout', 'resume', 'reconcile'] as const satisfies readonly CommandName[]

/** trafficCommands commands may move traffic themselves. */
export const trafficCommands = [
  'rollout',
  'rollback',
  'promote',
  'pause',
  'resume',
  'abort',
  'reconcile',
  'pin',
] as const satisfies readonly CommandName[]
