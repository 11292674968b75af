import type { Finding } from '../../../release/record/record.ts'
import type { ReleaseState } from '../../../release/state/state.ts'

/** readyMessage says that a release could begin. */
export const readyMessage = 'Nothing stands in the way; nothing was written.'

/** servesEverythingMessage says that there is nothing to release: the version serves already. */
export function servesEverythingMessage(service: string, version: string): string {
  return `${version} already serves all of ${service}: a rollout would change nothing.`
}

/** wouldResumeMessage says that the release is in flight already. */
export function wouldResumeMessage({ id, weight }: ReleaseState): string {
  return `Release ${id} is in flight at ${weight}%: a rollout would go on with it.`
}

/** findingLine says what a check found, with what to do about it on a line of its own. */
export function findingLine({ level, id, text, remedy }: Finding): string {
  return `${level.padEnd(8)} ${id}: ${text}${remedy ? `\n         → ${remedy}` : ''}`
}

/** noWritesLine says that a release would write nothing. */
export const noWritesLine = 'write    nothing'

/** routeErrorLine says why a change of the routes can't be planned. */
export function routeErrorLine({ code, text }: { code: string; text: string }): string {
  return `error    ${code}: ${text}`
}

/** writeLine shows one thing that would be written. */
export function writeLine(text: string): string {
  return `write    ${text}`
}

/** writeLines shows one planned write, with what it changes in the object that it is written to. */
export function writeLines(
  { action, object, summary }: { action: string; object: string; summary: string },
  diff: readonly string[],
): string[] {
  return [writeLine(`${action} ${object}: ${summary}`), ...diff.map((line) => `         ${line}`)]
}
