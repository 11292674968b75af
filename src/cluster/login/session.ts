import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Agent } from 'node:http'
import type { RequestOptions } from 'node:https'
import { createSecureContext } from 'node:tls'
import type { Environment } from '../../release/ci-run.ts'
import { Failure, sentenceOf } from '../../release/failure.ts'
import type { ApiServerPeer } from '../api/network-failure.ts'
import { rejectOnAbort } from './abort.ts'
import { type ApiEndpoint, readEndpoint } from './endpoint.ts'
import { type ExecCredential, runExecPlugin } from './exec-plugin.ts'
import type { KubeconfigContext } from './kubeconfig.ts'
import type { EntryFields } from './kubeconfig-entry.ts'

/** ApiSession is a login made ready for calls: where to, over which TLS, as whom. */
export interface ApiSession {
  name: string
  namespace: string | null
  server: URL
  agent: Agent
  /** Options of every request: TLS, basic authentication. */
  options: RequestOptions
  headers: Record<string, string>
  peer: ApiServerPeer
  /** When the credential ends, ms since the epoch; null where it doesn't say. */
  expiresAt: number | null
  /** Values that must never be shown. */
  secrets: string[]
}

/** createSession turns a login into a session: reads files, runs the credential plugin, checks the certificates. */
export async function createSession(
  login: KubeconfigContext,
  env: Environment,
  signal: AbortSignal,
): Promise<ApiSession> {
  const endpoint = readEndpoint(login.cluster, env)
  const { server, proxy } = endpoint
  const credential = await credentialOf(login.user, endpoint, env, signal)
  checkClientCertificate(login.user, credential)
  const { headers, agent, ...options } = await requestOptions(endpoint, login.user, credential, signal)
  const bearer = bearerOf(headers)
  return {
    name: login.name,
    namespace: login.namespace,
    server,
    agent: agent as Agent,
    options,
    headers: Object.fromEntries(Object.entries(headers ?? {}).map(([name, value]) => [name, String(value)])),
    peer: { server: server.origin, caField: endpoint.caField, proxy: proxy?.host ?? null },
    expiresAt: credential.expiresAt ?? expiryOf(bearer) ?? certificateEnd(credential.certificate),
    secrets: secretsOf(login.user, credential, proxy, bearer),
  }
}

/** requestOptions has the Kubernetes client make the agent (TLS, proxy) and the headers that log in. */
async function requestOptions(
  endpoint: ApiEndpoint,
  user: EntryFields,
  credential: ExecCredential,
  signal: AbortSignal,
): Promise<RequestOptions> {
  // It takes long to load, and commands that need no cluster shouldn't pay for it.
  const { KubeConfig } = await import('@kubernetes/client-node')
  const config = new KubeConfig()
  config.loadFromClusterAndUser(
    {
      name: 'cluster',
      server: endpoint.server.origin,
      // Of a server without TLS the client asks for this word; `endpointOf` has seen to the rest.
      skipTLSVerify: endpoint.skipVerify || endpoint.server.protocol === 'http:',
      ...given('caData', endpoint.ca?.toString('base64') ?? null),
      ...given('tlsServerName', endpoint.serverName),
      ...given('proxyUrl', endpoint.proxy?.href ?? null),
    },
    {
      name: 'user',
      ...given('token', credential.token),
      ...given('certData', base64(credential.certificate)),
      ...given('keyData', base64(credential.key)),
      ...given('username', user.text('username')),
      ...given('password', user.text('password')),
      ...given('impersonateUser', user.text('as')),
      ...(user.raw('auth-provider') === null ? {} : { authProvider: user.raw('auth-provider') }),
    },
  )
  const options: RequestOptions = {}
  await applied(config.applyToHTTPSOptions(options), user, signal)
  return options
}

function given<K extends string>(key: K, value: string | null): { [key in K]?: string } {
  return value === null ? {} : ({ [key]: value } as { [key in K]: string })
}

function base64(text: string | null): string | null {
  return text === null ? null : Buffer.from(text).toString('base64')
}

async function credentialOf(
  user: EntryFields,
  endpoint: ApiEndpoint,
  env: Environment,
  signal: AbortSignal,
): Promise<ExecCredential> {
  for (const key of ['as-groups', 'as-uid', 'as-user-extra']) {
    // Left out in silence it would make us somebody else.
    if (user.raw(key) !== null) throw user.mistake(key, 'is not supported')
  }
  const certificate = user.bytes('client-certificate')?.toString('utf8') ?? null
  const key = user.bytes('client-key')?.toString('utf8') ?? null
  const token = user.text('token') ?? tokenFrom(user)
  if (token !== null || user.raw('exec') === null) return { token, certificate, key, expiresAt: null }
  const printed = await runExecPlugin(user, endpoint, env, signal)
  return { ...printed, certificate: printed.certificate ?? certificate, key: printed.key ?? key }
}

function tokenFrom(user: EntryFields): string | null {
  const file = user.file('tokenFile')
  if (file === null) return null
  let token: string
  try {
    token = readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw user.mistake('tokenFile', `names a file that can't be read: ${sentenceOf(error)}`, error)
  }
  if (!/^[\x21-\x7e]+$/.test(token)) throw user.mistake('tokenFile', 'names a file that holds no token')
  return token
}

function checkClientCertificate(user: EntryFields, credential: ExecCredential): void {
  const { certificate, key } = credential
  if (certificate === null && key === null) return
  if (certificate === null) throw user.mistake('client-certificate-data', 'is missing beside the client key')
  if (key === null) throw user.mistake('client-key-data', 'is missing beside the client certificate')
  try {
    createSecureContext({ cert: certificate, key })
  } catch (error) {
    const field = /key/i.test(sentenceOf(error)) ? 'client-key-data' : 'client-certificate-data'
    throw user.mistake(field, `can't be used: ${sentenceOf(error)}`, error)
  }
}

async function applied(work: Promise<void>, user: EntryFields, signal: AbortSignal): Promise<void> {
  try {
    await rejectOnAbort(work, signal)
  } catch (error) {
    if (signal.aborted) throw signal.reason
    throw new Failure(
      'unauthorized',
      `${user.field('auth-provider')} gave no credential: ${sentenceOf(error)}`,
      {
        cause: error,
      },
    )
  }
}

function bearerOf(headers: RequestOptions['headers']): string | null {
  const value = (headers as Record<string, unknown> | undefined)?.Authorization
  return typeof value === 'string' && value.startsWith('Bearer ') ? value.slice('Bearer '.length) : null
}

/** expiryOf reads `exp` of a JWT without trusting it: only to warn. */
function expiryOf(token: string | null): number | null {
  const payload = token?.split('.')[1]
  if (payload === undefined) return null
  try {
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString('utf8')) as { exp?: unknown }
    return typeof claims.exp === 'number' && Number.isFinite(claims.exp) ? claims.exp * 1000 : null
  } catch {
    return null
  }
}

/** certificateEnd gives when a client certificate ends; the first of a chain is the client's own. */
function certificateEnd(certificate: string | null): number | null {
  return certificate === null ? null : new X509Certificate(certificate).validToDate.getTime()
}

function secretsOf(
  user: EntryFields,
  credential: ExecCredential,
  proxy: URL | null,
  bearer: string | null,
): string[] {
  const provider = (user.raw('auth-provider') as { config?: Record<string, unknown> } | null)?.config ?? {}
  const found = [
    bearer,
    credential.token,
    credential.key,
    user.text('client-key-data'),
    user.text('password'),
    proxy?.password ? decodeURIComponent(proxy.password) : null,
    ...['id-token', 'refresh-token', 'access-token', 'client-secret'].map((key) => provider[key]),
  ]
  return [...new Set(found.filter((value): value is string => typeof value === 'string' && value.length > 0))]
}
