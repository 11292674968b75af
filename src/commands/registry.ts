import type { CommandName } from '../release/commands.ts'
import type { ClusterCommand } from './command.ts'
import { planCommand } from './inspect/plan.ts'
import { preflightCommand } from './inspect/preflight.ts'
import { statusCommand } from './inspect/status.ts'
import { abortCommand } from './release/abort.ts'
import { pauseCommand } from './release/pause.ts'
import { pinCommand } from './release/pin.ts'
import { promoteCommand } from './release/promote.ts'
import { reconcileCommand } from './release/reconcile.ts'
import { resumeCommand } from './release/resume.ts'
import { rollbackCommand } from './release/rollback.ts'
import { rolloutCommand } from './release/rollout.ts'

/** registry holds every command: a name without its command doesn't compile. */
export const registry: { readonly [Name in CommandName]: ClusterCommand<Name> } = {
  rollout: rolloutCommand,
  rollback: rollbackCommand,
  promote: promoteCommand,
  pause: pauseCommand,
  resume: resumeCommand,
  abort: abortCommand,
  status: statusCommand,
  reconcile: reconcileCommand,
  preflight: preflightCommand,
  plan: planCommand,
  pin: pinCommand,
}
