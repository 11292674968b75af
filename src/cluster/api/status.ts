import { Failure, type FailureCode } from '../../release/failure.ts'
import type { Json, JsonObject } from '../../release/kubernetes.ts'
import { type ApiCall, describeCall } from './paths.ts'

/** ErrorResponse is an answer that isn't a success, as it came. */
interface ErrorResponse {
  method: string
  /** Without the query. */
  path: string
  status: number
  contentType: string
  text: string
  call: ApiCall | null
}

/** A JSON Patch whose `test` fails or whose path is missing is answered with this and nothing else. */
const patchMiss = 'the server rejected our request due to an error in our request'

interface Status {
  reason: string
  message: string
  causes: { field: string; message: string }[]
}

/** isStatus tells the API server's own error object from any other body. */
export function isStatus(body: Json): body is JsonObject {
  return typeof body === 'object' && body !== null && !Array.isArray(body) && body.kind === 'Status'
}

/** parseJsonText gives null for what isn't JSON. */
export function parseJsonText(text: string): Json | undefined {
  try {
    return JSON.parse(text) as Json
  } catch {
    return undefined
  }
}

/** toOneLine makes one line of printable characters out of a server's text and cuts it. */
export function toOneLine(text: string, limit = 400): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const line = text.replace(/[\u0000-\u001f\u007f-\u009f\s]+/g, ' ').trim()
  return line.length <= limit ? line : `${line.slice(0, limit)}…`
}

/** toApiFailure turns a refusal into the Failure that tells its reader what to do. */
export function toApiFailure(refusal: ErrorResponse): Failure {
  const status = statusOf(refusal.text)
  const details = detailsOf(refusal, status)
  const redirected = refusal.status < 400
  const [code, message] = status === null || redirected ? withoutStatus(refusal) : fromStatus(refusal, status)
  return new Failure(code, message, { details })
}

/** A strict refusal of a patch quotes the whole object first; what is wrong with it stands at the end. */
const strict = 'strict decoding error: '

function withoutQuotedObject(message: string): string {
  const at = message.lastIndexOf(strict)
  return at < 0 ? message : message.slice(at + strict.length)
}

function statusOf(text: string): Status | null {
  const body = parseJsonText(text)
  if (body === undefined || !isStatus(body)) return null
  const details = body.details
  const causes =
    typeof details === 'object' && details !== null && !Array.isArray(details) ? details.causes : null
  return {
    reason: typeof body.reason === 'string' ? body.reason : '',
    message: typeof body.message === 'string' ? withoutQuotedObject(body.message) : '',
    causes: (Array.isArray(causes) ? causes : []).flatMap((cause) =>
      typeof cause === 'object' && cause !== null && !Array.isArray(cause)
        ? [{ field: String(cause.field ?? ''), message: withoutQuotedObject(String(cause.message ?? '')) }]
        : [],
    ),
  }
}

function detailsOf(refusal: ErrorResponse, status: Status | null): Record<string, string | number | null> {
  const { call } = refusal
  const field = status?.causes.find((cause) => cause.field !== '' && cause.field !== '<nil>')?.field
  return {
    status: refusal.status,
    ...(status?.reason ? { reason: toOneLine(status.reason, 60) } : {}),
    ...(field === undefined ? {} : { field: toOneLine(field, 200) }),
    ...(call === null
      ? {}
      : {
          verb: call.verb,
          group: call.group,
          resource: call.resource,
          namespace: call.namespace,
          name: call.name,
        }),
  }
}

/** withoutStatus judges an answer that carries no Status: not from the API's handlers, or not from an API server. */
function withoutStatus(refusal: ErrorResponse): [FailureCode, string] {
  const { status, path } = refusal
  const text = toOneLine(refusal.text, 160)
  if (status === 404 && text === '404 page not found') {
    return [
      'kind-not-served',
      `the cluster does not serve ${path}: its kind, or this version of it, isn't installed`,
    ]
  }
  if (status === 401) return ['unauthorized', unauthorized]
  if (status >= 500 || status === 429)
    return ['server-error', `the API server answered ${status} to ${path}: ${text}`]
  return [
    'bad-answer',
    `what answered ${status} to ${path} is not a Kubernetes API server (${refusal.contentType || 'no content type'}): ` +
      'check `server` and `proxy-url` in the kubeconfig',
  ]
}

const unauthorized =
  'the cluster does not accept the credentials of the kubeconfig (401): the token or certificate is wrong or has expired; issue a new one'

function fromStatus(refusal: ErrorResponse, status: Status): [FailureCode, string] {
  const message = toOneLine(status.message)
  switch (refusal.status) {
    case 401:
      return ['unauthorized', unauthorized]
    case 403:
      return forbidden(refusal, status)
    case 404:
      return missing(refusal, status)
    case 409:
      return conflict(refusal, status)
    case 413:
      return ['too-large', `the API server finds the request too large: ${message}`]
    case 410:
      return ['conflict', `the API server no longer keeps what was requested: ${message}`]
    case 422:
      if (refusal.method === 'PATCH' && status.causes.length === 0 && status.message.startsWith(patchMiss)) {
        return [
          'conflict',
          `${objectText(refusal)} is no longer what the change was planned on: read it again and decide anew`,
        ]
      }
      return ['rejected', `the cluster rejects ${objectText(refusal)}: ${causesText(status) || message}`]
    case 429:
      return ['server-error', `the API server is overloaded and asks to come back later (429): ${message}`]
    default:
      if (refusal.status >= 500) {
        return ['server-error', `the API server failed (${refusal.status}) at ${refusal.path}: ${message}`]
      }
      return ['rejected', `the cluster rejects ${objectText(refusal)}: ${causesText(status) || message}`]
  }
}

function forbidden(refusal: ErrorResponse, status: Status): [FailureCode, string] {
  const message = toOneLine(status.message)
  if (status.message.includes('"system:anonymous"')) {
    return [
      'unauthorized',
      "the cluster saw no credentials (403 for system:anonymous): the kubeconfig's user needs a token, a client certificate or an exec plugin",
    ]
  }
  // Admission answers 403 too: a policy that says no isn't a missing right.
  if (!/ cannot \S+ /.test(status.message)) {
    return ['rejected', `the cluster rejects ${objectText(refusal)}: ${causesText(status) || message}`]
  }
  const { call } = refusal
  if (call === null) return ['forbidden', `not permitted: ${message}`]
  const user = /User "([^"]*)"/.exec(status.message)?.[1]
  const rule = `{apiGroups: ["${call.group}"], resources: ["${call.resource}"], verbs: ["${call.verb}"]}`
  const role = call.namespace === null ? 'ClusterRole' : `Role in ${call.namespace}`
  return [
    'forbidden',
    `${user === undefined ? "the kubeconfig's user" : `user "${toOneLine(user, 80)}"`} may not ${describeCall(call)}: ` +
      `give it a ${role} with ${rule}`,
  ]
}

function missing(refusal: ErrorResponse, status: Status): [FailureCode, string] {
  const message = toOneLine(status.message)
  if (refusal.method === 'POST') {
    const namespace = /^namespaces "([^"]*)" not found/.exec(status.message)?.[1] ?? refusal.call?.namespace
    return [
      'not-found',
      `there is no namespace ${namespace ?? '(none given)'}: create it, or correct the name`,
    ]
  }
  // A group that is served without this resource answers with a Status that names nothing.
  if (message.startsWith('the server could not find the requested resource')) {
    const remedy = refusal.path.includes('.istio.io/')
      ? '; install Istio, or reach the cluster that has it'
      : ''
    return [
      'kind-not-served',
      `the cluster does not serve ${refusal.path}: its kind isn't installed${remedy}`,
    ]
  }
  return ['not-found', message || `${refusal.path} does not exist`]
}

function conflict(refusal: ErrorResponse, status: Status): [FailureCode, string] {
  if (status.reason === 'AlreadyExists') return ['already-exists', `${objectText(refusal)} exists already`]
  return [
    'conflict',
    `${objectText(refusal)} was changed by somebody else meanwhile: ${toOneLine(status.message, 200)}`,
  ]
}

function objectText(refusal: ErrorResponse): string {
  const { call, path } = refusal
  if (call === null) return path
  const name = call.name === null ? '' : `/${call.name}`
  return `${call.resource}${name}${call.namespace === null ? '' : ` in namespace ${call.namespace}`}`
}

function causesText(status: Status): string {
  const shown = status.causes.slice(0, 3).map(({ field, message }) => {
    return toOneLine(field === '' || field === '<nil>' ? message : `${field}: ${message}`, 200)
  })
  const more = status.causes.length - shown.length
  return shown.join('; ') + (more > 0 ? `; and ${more} more` : '')
}
