import { BlockList, isIP, isIPv6 } from 'node:net'
import type { Environment } from '../../release/ci-run.ts'
import { Failure } from '../../release/failure.ts'

/**
 * proxyFromEnvironment gives the proxy that HTTPS_PROXY names for a server that NO_PROXY doesn't except, as kubectl
 * reads them; null where there is none. Loopback is never proxied. Throws Failure `invalid-input`.
 */
export function proxyFromEnvironment(server: URL, env: Environment): URL | null {
  const text = env.HTTPS_PROXY || env.https_proxy || ''
  if (text === '' || server.protocol !== 'https:') return null
  const host = server.hostname.replace(/^\[|\]$/g, '').toLowerCase()
  if (excepted(host, server.port || '443', env.NO_PROXY || env.no_proxy || '')) return null
  const full = text.includes('://') ? text : `http://${text}`
  if (URL.canParse(full) && /^(https?|socks5h?):$/.test(new URL(full).protocol)) return new URL(full)
  throw new Failure('invalid-input', 'HTTPS_PROXY is not an http://, https:// or socks5:// URL', {
    details: { field: 'HTTPS_PROXY' },
  })
}

function excepted(host: string, port: string, list: string): boolean {
  if (host === 'localhost' || host === '::1' || (isIP(host) === 4 && host.startsWith('127.'))) return true
  return list
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .some((entry) => entry === '*' || matches(host, port, entry))
}

function matches(host: string, port: string, entry: string): boolean {
  if (entry.includes('/')) return inRange(host, entry)
  const [, name = entry, only] = /^(.*?)(?::(\d+))?$/.exec(isIPv6(entry) ? '' : entry) ?? []
  if (only !== undefined && only !== port) return false
  const bare = isIPv6(entry) ? entry : name.replace(/^\[|\]$/g, '')
  if (bare === '') return false
  // `.example.com` excepts what is below it, `example.com` itself too.
  return bare.startsWith('.')
    ? host.endsWith(bare)
    : host === bare || (isIP(host) === 0 && host.endsWith(`.${bare}`))
}

function inRange(host: string, range: string): boolean {
  const [net = '', bits = ''] = range.split('/')
  const family = isIP(net)
  const length = Number(bits)
  if (family === 0 || isIP(host) !== family || !/^\d+$/.test(bits) || length > (family === 4 ? 32 : 128))
    return false
  const block = new BlockList()
  block.addSubnet(net, length, family === 4 ? 'ipv4' : 'ipv6')
  return block.check(host, family === 4 ? 'ipv4' : 'ipv6')
}
