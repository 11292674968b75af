import type { Api } from './api.ts'
import { labelName, portName } from './names.ts'
import { callOf, withQuery } from './paths.ts'
import { failureOf, isStatus, parseJson } from './status.ts'

/** ProxyAnswer is what the program behind the Service answered. */
export interface ProxyAnswer {
  status: number
  contentType: string
  text: string
  /** The `Retry-After` header. */
  retryAfter: string | null
}

/** ProxyTransport GETs a path of a Service through the API server. Query values are encoded here. */
export type ProxyTransport = (
  path: string,
  query: Readonly<Record<string, string>>,
  options: { signal: AbortSignal; timeoutMs: number },
) => Promise<ProxyAnswer>

/**
 * proxyTo gives a transport to a Service's port. Answers of the program behind it come back whatever their status;
 * what the API server itself says (no right, no such Service, no endpoint) is thrown as Failure.
 */
export function proxyTo(
  api: Api,
  namespace: string,
  service: string,
  port: string | number,
  scheme?: 'http' | 'https',
): ProxyTransport {
  // `http:` is the default, and left out: the segment is the resourceName that a Role must name.
  const prefix = scheme === 'https' ? 'https:' : ''
  const segment = `${prefix}${labelName(service, 'service')}:${portName(port, 'port')}`
  const root = `/api/v1/namespaces/${labelName(namespace, 'namespace')}/services/${segment}/proxy`
  return async (path, query, { signal, timeoutMs }) => {
    const place = root + path.split('/').map(encodeURIComponent).join('/')
    const full = withQuery(place, query)
    const { status, contentType, text, retryAfter } = await api.answer(full, signal, timeoutMs)
    if (status >= 400) {
      const body = parseJson(text)
      if (body !== undefined && isStatus(body)) {
        throw failureOf({ method: 'GET', path: place, status, contentType, text, call: callOf('GET', full) })
      }
    }
    return { status, contentType, text, retryAfter: retryAfter === null ? null : String(retryAfter) }
  }
}
