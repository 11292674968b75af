import type { KubeObject } from '../release/kubernetes.ts'
import type { ReleaseState } from '../release/state/state.ts'
import { commandKey } from '../release/target.ts'
import type { CommandWord } from './view.ts'

/** Order is what another workflow asks of a running release, bound to the release's id. */
export interface Order {
  release: string
  word: CommandWord
  by: string
}

const words: readonly CommandWord[] = ['pause', 'abort', 'promote']

/** encodeOrder writes an order as the annotation's text. */
export function encodeOrder(order: Order): string {
  return JSON.stringify(order)
}

/** readOrder gives the order that an object carries for this release; null for none, another's or a broken one. */
export function readOrder(
  object: KubeObject,
  scope: { service: string; namespace: string },
  state: Pick<ReleaseState, 'id'>,
): { order: Order; text: string } | null {
  const text = object.metadata.annotations?.[commandKey(scope)]
  if (text === undefined) return null
  try {
    const order = JSON.parse(text) as Partial<Order> | null
    if (order?.release !== state.id || !words.includes(order.word as CommandWord)) return null
    return { order: { release: order.release, word: order.word as CommandWord, by: String(order.by) }, text }
  } catch {
    return null
  }
}
