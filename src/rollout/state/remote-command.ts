import type { KubeObject } from '../../release/kubernetes.ts'
import type { ReleaseState } from '../../release/state/state.ts'
import { commandKey } from '../../release/target.ts'
import type { RemoteCommandName } from '../decision/decision-input.ts'

/** RemoteCommand is what another workflow asks of a running release, bound to the release's id. */
export interface RemoteCommand {
  release: string
  name: RemoteCommandName
  by: string
}

const words: readonly RemoteCommandName[] = ['pause', 'abort', 'promote']

/** encodeCommand writes an order as the annotation's text. */
export function encodeCommand(order: RemoteCommand): string {
  return JSON.stringify(order)
}

/** readCommand gives the order that an object carries for this release; null for none, another's or a broken one. */
export function readCommand(
  object: KubeObject,
  scope: { service: string; namespace: string },
  state: Pick<ReleaseState, 'id'>,
): { order: RemoteCommand; text: string } | null {
  const text = object.metadata.annotations?.[commandKey(scope)]
  if (text === undefined) return null
  try {
    const order = JSON.parse(text) as Partial<RemoteCommand> | null
    if (order?.release !== state.id || !words.includes(order.name as RemoteCommandName)) return null
    return {
      order: { release: order.release, name: order.name as RemoteCommandName, by: String(order.by) },
      text,
    }
  } catch {
    return null
  }
}
