import type { CommandName } from '../release/commands.ts'
import type { Command } from './command.ts'
import { plan } from './inspect/plan.ts'
import { preflight } from './inspect/preflight.ts'
import { status } from './inspect/status.ts'
import { abort } from './release/abort.ts'
import { pause } from './release/pause.ts'
import { pin } from './release/pin.ts'
import { promote } from './release/promote.ts'
import { reconcile } from './release/reconcile.ts'
import { resume } from './release/resume.ts'
import { rollback } from './release/rollback.ts'
import { rollout } from './release/rollout.ts'

/** registry holds every command: a name without its command doesn't compile. */
export const registry: { readonly [Name in CommandName]: Command<Name> } = {
  rollout,
  rollback,
  promote,
  pause,
  resume,
  abort,
  status,
  reconcile,
  preflight,
  plan,
  pin,
}
