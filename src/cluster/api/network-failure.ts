import { Failure, sentenceOf } from '../../release/failure.ts'
import { toOneLine } from './status.ts'

const certificateCodes = new Set([
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
  'UNABLE_TO_GET_ISSUER_CERT',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'CERT_SIGNATURE_FAILURE',
  'CERT_UNTRUSTED',
  'CERT_REJECTED',
  'INVALID_CA',
  'PATH_LENGTH_EXCEEDED',
  'INVALID_PURPOSE',
])

/** ApiServerPeer is whom a call spoke to and what a mistake in it would be called by its user. */
export interface ApiServerPeer {
  /** Scheme, host, port. */
  server: string
  /** Where the CA came from: `clusters[prod].cluster.certificate-authority-data`; null: the system's. */
  caField: string | null
  /** Host and port of the proxy; null without one. */
  proxy: string | null
}

/** networkFailure says what went wrong before any answer came: name, connection, TLS. */
export function networkFailure(error: unknown, peer: ApiServerPeer): Failure {
  const code = errorCode(error)
  const message = toOneLine(sentenceOf(error), 200)
  const through = peer.proxy === null ? '' : ` through the proxy ${peer.proxy}`
  const certificate = certificateText(code, message, peer)
  if (certificate !== null)
    return new Failure('bad-certificate', certificate, { cause: error, details: { code } })
  if (code.startsWith('HPE_')) {
    return new Failure(
      'bad-answer',
      `what answers at ${peer.server}${through} does not speak HTTP: ${message}`,
      {
        cause: error,
        details: { code },
      },
    )
  }
  return new Failure(
    'unreachable',
    `the API server ${peer.server} can't be reached${through}: ${reasonText(code, message)}; check \`server\`, the network and the proxy`,
    { cause: error, details: { code } },
  )
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nothing listens there (connection refused)',
  ENOTFOUND: 'its name does not resolve',
  EAI_AGAIN: 'the name service gives no answer',
  ECONNRESET: 'the connection was cut',
  EPIPE: 'the connection was cut',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'the connection timed out',
}

function reasonText(code: string, message: string): string {
  if (/wrong version number|packet length too long/.test(message))
    return 'it does not speak TLS (is it http:// ?)'
  return reasons[code] ?? message
}

/** errorCode gives the system's code of an error (`ECONNREFUSED`), `unknown` where it has none. */
export function errorCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'unknown'
  if ('code' in error && typeof error.code === 'string') return error.code
  // Several addresses were tried and all failed: the first tells most.
  if ('errors' in error && Array.isArray(error.errors)) return errorCode(error.errors[0])
  return 'unknown'
}

function certificateText(code: string, message: string, peer: ApiServerPeer): string | null {
  const ca = peer.caField === null ? "the system's authorities" : `the authority in ${peer.caField}`
  if (certificateCodes.has(code)) {
    const remedy =
      peer.caField === null
        ? "give the cluster's CA as certificate-authority-data in the kubeconfig"
        : 'put the CA of this very cluster there'
    return `wrong CA: ${ca} did not sign the certificate of ${peer.server}; ${remedy}`
  }
  if (code === 'CERT_HAS_EXPIRED')
    return `the certificate of ${peer.server} (or its CA's) has expired; renew it`
  if (code === 'CERT_NOT_YET_VALID')
    return `the certificate of ${peer.server} is not valid yet; check the clocks`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `the certificate of ${peer.server} is for other names; set tls-server-name in the kubeconfig (${message})`
  }
  if (/alert (bad certificate|certificate|unknown ca|handshake failure)/.test(message)) {
    return `${peer.server} refused the client's certificate; check client-certificate-data and client-key-data (${message})`
  }
  return null
}
