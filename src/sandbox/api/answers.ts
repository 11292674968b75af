import type { KubeObject } from '../../release/kubernetes.ts'
import { type Kind, kindNamed, qualifiedName } from '../cluster/kinds.ts'

/** Cause is one finding about one field, as `details.causes` carries it. */
export interface Cause {
  reason: string
  message: string
  field: string
}

interface Details {
  name?: string
  group?: string
  kind?: string
  uid?: string
  causes?: Cause[]
}

/** ApiAnswer is what the API says instead of an object: a Status, or plain text where no handler took the path. */
export class ApiAnswer extends Error {
  readonly code: number
  readonly body: Record<string, unknown> | null
  readonly headers: Record<string, string>

  constructor(code: number, body: Record<string, unknown> | null, text: string, headers = {}) {
    super(text)
    this.name = 'Answer'
    this.code = code
    this.body = body
    this.headers = headers
  }
}

function status(code: number, reason: string | null, message: string, details: Details | null): ApiAnswer {
  const body = {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Failure',
    message,
    ...(reason === null ? {} : { reason }),
    ...(details === null ? {} : { details }),
    code,
  }
  return new ApiAnswer(code, body, message)
}

function about(kind: Pick<Kind, 'group' | 'plural'>, name: string): Details {
  return { name, ...(kind.group === '' ? {} : { group: kind.group }), kind: kind.plural }
}

/** pageNotFound is the plain text for a path that no kind or handler owns. */
export function pageNotFound(): ApiAnswer {
  return new ApiAnswer(404, null, '404 page not found\n')
}

/** notFound says that an object isn't there. */
export function notFound(kind: Pick<Kind, 'group' | 'plural'>, name: string): ApiAnswer {
  return status(404, 'NotFound', `${qualifiedName(kind)} "${name}" not found`, about(kind, name))
}

/** alreadyExists says that the name of a new object is taken. */
export function alreadyExists(kind: Kind, name: string): ApiAnswer {
  return status(409, 'AlreadyExists', `${qualifiedName(kind)} "${name}" already exists`, about(kind, name))
}

/** conflict says that a write was made from something that no longer holds. */
export function conflict(kind: Kind, name: string, why: string): ApiAnswer {
  const message = `Operation cannot be fulfilled on ${qualifiedName(kind)} "${name}": ${why}`
  return status(409, 'Conflict', message, about(kind, name))
}

/** modified is the conflict of a stale resourceVersion. */
export function modified(kind: Kind, name: string): ApiAnswer {
  return conflict(
    kind,
    name,
    'the object has been modified; please apply your changes to the latest version and try again',
  )
}

/** badRequest says that a request can't be read. */
export function badRequest(message: string): ApiAnswer {
  return status(400, 'BadRequest', message, null)
}

/** denied is a validating webhook's no: it carries no reason. */
export function denied(webhook: string, why: string): ApiAnswer {
  return status(400, null, `admission webhook "${webhook}" denied the request: ${why}`, null)
}

/** methodNotAllowed says that a path doesn't know a method. */
export function methodNotAllowed(): ApiAnswer {
  return status(
    405,
    'MethodNotAllowed',
    'the server does not allow this method on the requested resource',
    {},
  )
}

export function unsupportedMedia(accepted: string[]): ApiAnswer {
  return status(
    415,
    'UnsupportedMediaType',
    `the body of the request was in an unknown format - accepted media types include: ${accepted.join(', ')}`,
    null,
  )
}

/** unprocessable is the bare 422 of a JSON Patch that doesn't apply. */
export function unprocessable(): ApiAnswer {
  return status(422, 'Invalid', 'the server rejected our request due to an error in our request', {})
}

function listed(causes: Cause[]): string {
  const texts = causes.map((cause) => `${cause.field}: ${cause.message}`)
  return texts.length === 1 ? (texts[0] as string) : `[${texts.join(', ')}]`
}

/** invalid is a 422 about fields; validation names the kind (`VirtualService`), update rules the plural. */
export function invalid(
  kind: Kind,
  name: string,
  causes: Cause[],
  as: 'kind' | 'plural' = 'kind',
): ApiAnswer {
  const label = as === 'kind' ? kind.kind : kind.plural
  const qualified = kind.group === '' ? label : `${label}.${kind.group}`
  return status(422, 'Invalid', `${qualified} "${name}" is invalid: ${listed(causes)}`, {
    name,
    ...(kind.group === '' ? {} : { group: kind.group }),
    kind: label,
    causes,
  })
}

/** invalidPatch is a 422 about a patch as a whole: no kind, no name, the patch itself in the message. */
export function invalidPatch(patch: string, why: string): ApiAnswer {
  const message = `Invalid value: ${JSON.stringify(patch)}: ${why}`
  return status(422, 'Invalid', ` "" is invalid: patch: ${message}`, {
    causes: [{ reason: 'FieldValueInvalid', message, field: 'patch' }],
  })
}

/** undecodable is a body that the kind's own types can't hold. */
export function undecodable(code: 400 | 422, kind: Kind, version: string, why: string): ApiAnswer {
  const reason = code === 400 ? 'BadRequest' : 'Invalid'
  const message = `${kind.kind} in version "${version}" cannot be handled as a ${kind.kind}: ${why}`
  return status(code, reason, message, code === 400 ? null : { group: kind.group, kind: kind.kind })
}

/** unauthorized says that the token is unknown. */
export function unauthorized(): ApiAnswer {
  return status(401, 'Unauthorized', 'Unauthorized', null)
}

/** serviceUnavailable says that nothing answers behind a proxy. */
export function serviceUnavailable(message: string): ApiAnswer {
  return status(503, 'ServiceUnavailable', message, null)
}

/** webhookDown is what a write meets while a webhook that must be asked can't be. */
export function webhookDown(webhook: string, url: string): ApiAnswer {
  const why = `failed calling webhook ${JSON.stringify(webhook)}: failed to call webhook: Post ${JSON.stringify(url)}: no endpoints available`
  return status(500, 'InternalError', `Internal error occurred: ${why}`, {
    causes: [{ reason: '', message: why, field: '' }],
  })
}

/** injected is a failure that a test asked for. */
export function injected(code: number): ApiAnswer {
  const reasons: Record<number, string> = {
    401: 'Unauthorized',
    403: 'Forbidden',
    409: 'Conflict',
    429: 'TooManyRequests',
    500: 'InternalError',
    503: 'ServiceUnavailable',
    504: 'Timeout',
  }
  return status(code, reasons[code] ?? 'InternalError', `the sandbox was ordered to answer ${code}`, null)
}

/** applyConflict says whose fields a server-side apply would take. */
export function applyConflict(conflicts: { manager: string; using: string; field: string }[]): ApiAnswer {
  const causes = conflicts.map(({ manager, using, field }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with "${manager}"${using}`,
    field,
  }))
  const plural = causes.length === 1 ? '' : 's'
  const byManager = Map.groupBy(causes, (cause) => cause.message)
  const texts = [...byManager].map(([message, items]) =>
    items.length === 1
      ? `${message}: ${items[0]?.field}`
      : `${message.replace('conflict', 'conflicts')}:${items.map((item) => `\n- ${item.field}`).join('')}`,
  )
  const list = texts.join('\n')
  return status(409, 'Conflict', `Apply failed with ${causes.length} conflict${plural}: ${list}`, { causes })
}

/** forbidden says that a user may not do something to a resource, or to a path. */
export function forbidden(
  user: string,
  what: {
    verb: string
    group: string
    resource: string
    subresource: string
    name: string
    namespace: string
  },
): ApiAnswer {
  const resource = what.subresource === '' ? what.resource : `${what.resource}/${what.subresource}`
  const qualified = what.group === '' ? what.resource : `${what.resource}.${what.group}`
  const where = what.namespace === '' ? 'at the cluster scope' : `in the namespace "${what.namespace}"`
  const subject = what.name === '' ? qualified : `${qualified} "${what.name}"`
  const message =
    `${subject} is forbidden: User "${user}" cannot ${what.verb} resource "${resource}" ` +
    `in API group "${what.group}" ${where}`
  return status(403, 'Forbidden', message, {
    ...(what.name === '' ? {} : { name: what.name }),
    ...(what.group === '' ? {} : { group: what.group }),
    kind: what.resource,
  })
}

/** refusedByAdmission says that the API server's own policies don't let an object in. */
export function refusedByAdmission(object: KubeObject, why: string): ApiAnswer {
  const kind = kindNamed(object.kind)
  const { name } = object.metadata
  return status(403, 'Forbidden', `${qualifiedName(kind)} "${name}" is forbidden: ${why}`, about(kind, name))
}

/** forbiddenPath says that a user may not read a path that names no resource. */
export function forbiddenPath(user: string, verb: string, path: string): ApiAnswer {
  return status(403, 'Forbidden', `forbidden: User "${user}" cannot ${verb} path "${path}"`, {})
}
