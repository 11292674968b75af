import type { KubeObject } from '../../release/kubernetes.ts'
import type { KubeApi } from '../api/kube-api.ts'
import { withQuery } from '../api/paths.ts'

/** Name that our changes have in an object's managedFields. */
const fieldManager = 'shiftgate'

/** WriteResult is an object as the server has it after a write, or would have it after a dry run. */
export interface WriteResult {
  object: KubeObject
  warnings: string[]
}

/** sendWrite sends a POST, a PUT or a JSON Patch under our field manager. Throws Failure. */
export async function sendWrite(
  api: KubeApi,
  method: 'POST' | 'PUT' | 'PATCH',
  path: string,
  body: unknown,
  { dryRun }: { dryRun: boolean },
  signal: AbortSignal,
): Promise<WriteResult> {
  const answer = await api.send(
    {
      method,
      // Strict in the dry run only: an unknown field is then an error before anything is written. In the write
      // itself it would refuse, in the middle of a release, an object that somebody else wrote with it.
      path: withQuery(path, {
        fieldManager,
        ...(dryRun ? { dryRun: 'All', fieldValidation: 'Strict' } : { fieldValidation: 'Warn' }),
      }),
      body: JSON.stringify(body),
      contentType: method === 'PATCH' ? 'application/json-patch+json' : 'application/json',
    },
    signal,
  )
  return { object: answer.body as unknown as KubeObject, warnings: answer.warnings }
}
