import { Failure } from '../../release/failure.ts'

/** PrometheusAddress is where Prometheus answers: directly, or behind the API server's service proxy. */
type PrometheusAddress =
  | { kind: 'http'; url: string }
  | { kind: 'k8s'; namespace: string; service: string; port: string; scheme: 'http' | 'https' }

const allowed = 'http(s)://host[:port][/prefix] or k8s://namespace/service:port'
const dnsLabel = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/

function refuse(value: string, why: string): Failure {
  return new Failure('invalid-input', `prometheus-url: ${why}; give ${allowed}`, {
    details: { field: 'prometheus-url', value, allowed },
  })
}

/**
 * parsePrometheusUrl reads the input `prometheus-url`. Of `k8s://namespace/service:port[?scheme=https]` the port
 * is a number or the name of a Service's port; no port means 9090. Throws Failure `invalid-input`; credentials
 * inside the URL are refused without being repeated, for URLs end up in logs.
 */
export function parsePrometheusUrl(text: string): PrometheusAddress {
  const trimmed = text.trim()
  let parsed: URL
  try {
    parsed = new URL(trimmed)
  } catch {
    throw refuse(shown(trimmed), `'${shown(trimmed)}' is not a URL`)
  }
  if (parsed.username !== '' || parsed.password !== '') {
    throw refuse('(hidden)', 'it holds credentials: use the inputs for a token, or for user and password')
  }
  if (parsed.protocol === 'k8s:') return parseServiceProxy(trimmed)
  if (parsed.protocol !== 'http:' && parsed.protocol !== 'https:') {
    throw refuse(shown(trimmed), `the scheme '${parsed.protocol.slice(0, -1)}' is not known`)
  }
  if (parsed.search !== '' || parsed.hash !== '') {
    throw refuse(shown(trimmed), 'it must end with the path: no ? and no #')
  }
  const prefix = parsed.pathname.replace(/\/+$/, '').replace(/\/api\/v1$/, '')
  return { kind: 'http', url: `${parsed.origin}${prefix}` }
}

function parseServiceProxy(text: string): PrometheusAddress {
  const match = /^k8s:\/\/([^/?#]+)\/([^/:?#]+)(?::([^/?#]+))?\/?(?:\?scheme=(https?))?$/.exec(text)
  if (match === null) throw refuse(shown(text), `'${shown(text)}' does not name namespace, service and port`)
  const [, namespace = '', service = '', port = '9090', scheme = 'http'] = match
  if (!dnsLabel.test(namespace)) throw refuse(shown(text), `'${shown(namespace)}' is no namespace's name`)
  if (!dnsLabel.test(service)) throw refuse(shown(text), `'${shown(service)}' is no Service's name`)
  const number = /^\d+$/.test(port) ? Number(port) : null
  const good =
    number === null ? /^[a-z0-9]([-a-z0-9]{0,13}[a-z0-9])?$/.test(port) : number > 0 && number < 65536
  if (!good) throw refuse(shown(text), `'${shown(port)}' is no port's number or name`)
  return { kind: 'k8s', namespace, service, port, scheme: scheme === 'https' ? 'https' : 'http' }
}

/** shown makes outside text fit for one line of a message. */
function shown(text: string): string {
  return text
    .replace(/\p{Cc}/gu, ' ')
    .replace(/\/\/[^/@]*@/, '//(hidden)@')
    .slice(0, 120)
}
