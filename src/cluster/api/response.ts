import { Failure } from '../../release/failure.ts'
import type { Json, JsonObject } from '../../release/kubernetes.ts'
import type { KubeRequest, KubeResponse } from './exchange.ts'
import { type ApiCall, toApiCall } from './paths.ts'
import { isStatus, parseJsonText, toApiFailure } from './status.ts'

/**
 * readResponse gives the object that an answer holds, or the Failure that it is. What a proxy or a broken server
 * answers in place of the API server is `bad-answer`: it says nothing about the object, so it must not be taken for
 * a `not-found`, a `forbidden` or an object.
 */
export function readResponse(ask: KubeRequest, response: KubeResponse): JsonObject | Failure {
  const call = toApiCall(ask.method, ask.path)
  const path = ask.path.split('?', 1)[0] ?? ask.path
  const { status, contentType, text } = response
  if (status < 200 || status > 299) {
    return toApiFailure({ method: ask.method, path, status, contentType, text, call })
  }
  const body = parseJsonText(text)
  const why = body === undefined ? notJson(response) : notAnswering(body, ask.method, call)
  if (why === null) return body as JsonObject
  return new Failure(
    'bad-answer',
    `what answered ${path} is not the Kubernetes API: ${why}; check \`server\` and \`proxy-url\` in the kubeconfig`,
    { details: { status } },
  )
}

function notJson({ status, contentType, text }: KubeResponse): string {
  if (text === '') return `it sent nothing (${status})`
  return `it sent ${contentType || 'no content type'} that is not JSON`
}

/** notAnswering says why a body can't be the answer to a call; null where it can. */
function notAnswering(body: Json, method: string, call: ApiCall | null): string | null {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return 'it sent no object'
  if (call === null) return null
  if (typeof body.kind !== 'string') return 'it sent an object without a kind'
  const named = call.name !== null && !call.resource.includes('/') && method !== 'DELETE'
  if (!named) return isStatus(body) && method !== 'DELETE' ? 'it sent a status in place of an object' : null
  const metadata = body.metadata as JsonObject | null | undefined
  return metadata?.name === call.name ? null : `it sent another object than ${call.resource}/${call.name}`
}
