import { Failure, sentenceOf } from '../release/failure.ts'
import { raced } from './abort.ts'
import type { Session } from './session.ts'

/** Logins holds the login in force and renews it when the cluster refuses it. */
export interface Logins {
  current(): Session
  /** renew reads the credentials anew, unless that happened since `stale` was in force. Throws Failure `unauthorized`. */
  renew(stale: Session, signal: AbortSignal): Promise<void>
  /** secrets are the values to mask, of every login that was in force. */
  secrets(): string[]
}

/** loginsOf starts with a login; `reopen` reads the next one, within a time limit of its own. */
export function loginsOf(first: Session, reopen: () => Promise<Session>): Logins {
  let session = first
  let reopening: Promise<void> | null = null
  const secrets = new Set(first.secrets)

  async function next(): Promise<void> {
    try {
      session = await reopen()
      for (const secret of session.secrets) secrets.add(secret)
    } catch (error) {
      throw new Failure(
        'unauthorized',
        `the cluster does not accept the credentials any more (401), and no newer ones are to be had: ${sentenceOf(error)}`,
        { cause: error },
      )
    } finally {
      reopening = null
    }
  }

  return {
    current: () => session,
    async renew(stale, signal) {
      if (session !== stale) return
      // Several calls can meet the same refusal: the credentials are read once for all of them.
      reopening ??= next()
      await raced(reopening, signal)
    },
    secrets: () => [...secrets],
  }
}
