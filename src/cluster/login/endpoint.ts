import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import type { Environment } from '../../release/ci-run.ts'
import { sentenceOf } from '../../release/failure.ts'
import type { EntryFields } from './kubeconfig-entry.ts'
import { proxyFromEnvironment } from './proxy-environment.ts'

/** ApiEndpoint is where an API server answers and how it is trusted. */
export interface ApiEndpoint {
  server: URL
  /** PEM; null: the system's authorities. */
  ca: Buffer | null
  /** Field of the kubeconfig that the CA came from. */
  caField: string | null
  proxy: URL | null
  skipVerify: boolean
  serverName: string | null
}

/** readEndpoint reads a kubeconfig's cluster. Throws Failure `invalid-input` that names the field. */
export function readEndpoint(cluster: EntryFields, env: Environment): ApiEndpoint {
  const server = serverOf(cluster)
  return {
    server,
    ca: caOf(cluster),
    caField: cluster.source('certificate-authority'),
    proxy: proxyOf(cluster, server, env),
    skipVerify: cluster.flag('insecure-skip-tls-verify'),
    serverName: cluster.text('tls-server-name'),
  }
}

function serverOf(cluster: EntryFields): URL {
  const text = cluster.required('server')
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^https?:$/.test(url.protocol))
    throw cluster.mistake('server', 'is not an http(s) URL')
  if (url.username || url.password) throw cluster.mistake('server', 'must not hold a user name or password')
  if (url.protocol === 'http:' && !isLoopback(url.hostname) && !cluster.flag('insecure-skip-tls-verify')) {
    throw cluster.mistake('server', 'is http://, which would send credentials in the clear; use https://')
  }
  return url
}

/** isLoopback tells addresses (and `localhost`) that never leave this machine. */
export function isLoopback(hostname: string): boolean {
  const host = hostname.replace(/^\[|\]$/g, '').toLowerCase()
  return host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))
}

function caOf(cluster: EntryFields): Buffer | null {
  const ca = cluster.bytes('certificate-authority')
  if (ca === null) return null
  const field =
    cluster.text('certificate-authority-data') === null
      ? 'certificate-authority'
      : 'certificate-authority-data'
  // OpenSSL passes over what isn't a certificate without a word.
  const blocks = ca
    .toString('latin1')
    .match(/-----BEGIN [A-Z ]*CERTIFICATE-----[\s\S]*?-----END [A-Z ]*CERTIFICATE-----/g)
  if (blocks === null) throw cluster.mistake(field, 'holds no PEM certificate')
  for (const block of blocks) {
    try {
      new X509Certificate(block)
    } catch (error) {
      throw cluster.mistake(field, `holds a certificate that can't be read: ${sentenceOf(error)}`, error)
    }
  }
  return ca
}

function proxyOf(cluster: EntryFields, server: URL, env: Environment): URL | null {
  const text = cluster.text('proxy-url')
  if (text === null) return proxyFromEnvironment(server, env)
  const url = URL.canParse(text) ? new URL(text) : null
  if (url === null || !/^(https?|socks[45]?[ah]?):$/.test(url.protocol)) {
    throw cluster.mistake('proxy-url', 'is not an http://, https:// or socks5:// URL')
  }
  return url
}
