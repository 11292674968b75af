import { Failure, sentenceOf } from '../../release/failure.ts'
import { rejectOnAbort } from './abort.ts'
import type { ApiSession } from './session.ts'

/** RenewableSession holds the login in force and renews it when the cluster refuses it. */
interface RenewableSession {
  current(): ApiSession
  /** renew reads the credentials anew, unless that happened since `stale` was in force. Throws Failure `unauthorized`. */
  renew(stale: ApiSession, signal: AbortSignal): Promise<void>
  /** secrets are the values to mask, of every login that was in force. */
  secrets(): string[]
}

/** createRenewableSession starts with a login; `reopen` reads the next one, within a time limit of its own. */
export function createRenewableSession(
  first: ApiSession,
  reopen: () => Promise<ApiSession>,
): RenewableSession {
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
      await rejectOnAbort(reopening, signal)
    },
    secrets: () => [...secrets],
  }
}
