import type { CommandName } from '../release/commands.ts'
import type { Command } from './command.ts'
import { defineCommand } from './command.ts'
import { plan, preflight } from './inspect/plan.ts'
import { status } from './inspect/status.ts'
import { failedOutcome } from './outcomes.ts'
import { pauseOrPromote } from './release/pause-promote.ts'
import { pin } from './release/pin.ts'
import { reconcile } from './release/reconcile.ts'
import { abort, rollback } from './release/rollback.ts'
import { rollout } from './release/rollout.ts'

/** registry holds every command: a name without its command doesn't compile. */
export const registry: { readonly [Name in CommandName]: Command<Name> } = {
  rollout: defineCommand('rollout', rollout),
  rollback: defineCommand('rollback', rollback),
  promote: defineCommand('promote', (session) => pauseOrPromote(session, 'promote')),
  pause: defineCommand('pause', (session) => pauseOrPromote(session, 'pause')),
  resume: defineCommand('resume', rollout),
  abort: defineCommand('abort', (session) =>
    abort(session).catch((error) => failedOutcome(session.request, null, error)),
  ),
  status: defineCommand('status', status),
  reconcile: defineCommand('reconcile', reconcile),
  preflight: defineCommand('preflight', preflight),
  plan: defineCommand('plan', plan),
  pin: defineCommand('pin', pin),
}
