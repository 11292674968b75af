import type { ReleaseState } from '../../release/state/state.ts'
import type { RemoteCommandName } from '../decision/decision-input.ts'

/** RemoteCommand is what another workflow asks of a running release, bound to the release's id. */
interface RemoteCommand {
  release: string
  name: RemoteCommandName
  by: string
}

const commandNames: readonly RemoteCommandName[] = ['pause', 'abort', 'promote', 'supersede']

/** encodeCommand writes a command as the annotation's text. */
export function encodeCommand(command: RemoteCommand): string {
  return JSON.stringify(command)
}

/** readCommand reads a command for this release from an annotation's text; null for none, another's or a broken one. */
export function readCommand(
  text: string | null,
  state: Pick<ReleaseState, 'id'>,
): { command: RemoteCommand; text: string } | null {
  if (text === null) return null
  try {
    const command = JSON.parse(text) as Partial<RemoteCommand> | null
    if (command?.release !== state.id || !commandNames.includes(command.name as RemoteCommandName))
      return null
    return {
      command: { release: command.release, name: command.name as RemoteCommandName, by: String(command.by) },
      text,
    }
  } catch {
    return null
  }
}
