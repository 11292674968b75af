import type { KubeApi } from '../api/kube-api.ts'
import { checkDnsLabel, checkServicePort } from '../api/names.ts'
import { toApiCall, withQuery } from '../api/paths.ts'
import { isStatus, parseJsonText, toApiFailure } from '../api/status.ts'

/** ServiceProxyResponse is what the program behind the Service answered. */
interface ServiceProxyResponse {
  status: number
  contentType: string
  text: string
  /** The `Retry-After` header. */
  retryAfter: string | null
  /** The `Date` header, which the API server passes on. */
  date: string | null
}

/** ServiceProxyTransport GETs a path of a Service through the API server. Query values are encoded here. */
export type ServiceProxyTransport = (
  path: string,
  query: Readonly<Record<string, string>>,
  options: { signal: AbortSignal; timeoutMs: number },
) => Promise<ServiceProxyResponse>

/**
 * createServiceProxy gives a transport to a Service's port. Answers of the program behind it come back whatever their status;
 * what the API server itself says (no right, no such Service, no endpoint) is thrown as Failure.
 */
export function createServiceProxy(
  api: KubeApi,
  namespace: string,
  service: string,
  port: string | number,
  scheme?: 'http' | 'https',
): ServiceProxyTransport {
  // `http:` is the default, and left out: the segment is the resourceName that a Role must name.
  const prefix = scheme === 'https' ? 'https:' : ''
  const segment = `${prefix}${checkDnsLabel(service, 'service')}:${checkServicePort(port, 'port')}`
  const root = `/api/v1/namespaces/${checkDnsLabel(namespace, 'namespace')}/services/${segment}/proxy`
  return async (path, query, { signal, timeoutMs }) => {
    const place = root + path.split('/').map(encodeURIComponent).join('/')
    const full = withQuery(place, query)
    const { status, contentType, text, retryAfter, date } = await api.answer(full, signal, timeoutMs)
    if (status >= 400) {
      const body = parseJsonText(text)
      if (body !== undefined && isStatus(body)) {
        throw toApiFailure({
          method: 'GET',
          path: place,
          status,
          contentType,
          text,
          call: toApiCall('GET', full),
        })
      }
    }
    return { status, contentType, text, date, retryAfter: retryAfter === null ? null : String(retryAfter) }
  }
}
