import { Agent } from 'node:https'
import { rootCertificates } from 'node:tls'
import type { AxiosRequestConfig, AxiosResponse } from 'axios'
import { Failure } from '../../release/failure.ts'
import type { PrometheusAccess } from '../../release/request.ts'
import { formatDuration } from '../../release/text/duration.ts'
import { flattenText, type HttpReply } from './query-result.ts'
import type { TokenSource } from './token-source.ts'

/** PrometheusCall is one request to Prometheus' API. */
export interface PrometheusCall {
  /** Below the root, e.g. `/api/v1/query`. */
  path: string
  query: Readonly<Record<string, string>>
}

/** Transport performs one call within `timeoutMs`; every HTTP answer resolves, whatever its status. */
export type Transport = (
  call: PrometheusCall,
  options: { signal: AbortSignal; timeoutMs: number },
) => Promise<HttpReply>

/**
 * ServiceProxyGet reaches Prometheus through somebody else's connection (the API server's service proxy). It
 * throws Failure: `unreachable`, `timeout`, `aborted`, `unauthorized` and so on.
 */
export type ServiceProxyGet = (
  path: string,
  query: Record<string, string>,
  options: { signal: AbortSignal; timeoutMs: number },
) => Promise<{
  status: number
  contentType: string
  text: string
  retryAfter?: string | null
  date?: string | null
}>

/** Longest query that goes into an address line; longer ones are posted as a form. */
const maxGetLength = 2000
const maxAnswerBytes = 64 * 1024 * 1024

/** createProxyTransport speaks through a transport that only knows GET. */
export function createProxyTransport(transport: ServiceProxyGet): Transport {
  return async ({ path, query }, options) => {
    const reply = await transport(path, { ...query }, options)
    return { retryAfter: null, date: null, ...reply }
  }
}

/** accessSecrets lists every text of an access that must never be shown, in the forms in which it travels. */
export function accessSecrets(access: PrometheusAccess): string[] {
  const basic = access.basic
  const pair =
    basic === null
      ? []
      : [basic.password, Buffer.from(`${basic.username}:${basic.password}`).toString('base64')]
  const all = [access.bearerToken ?? '', ...pair, ...Object.values(access.headers)]
  return [...new Set(all.filter((text) => text.trim() !== ''))]
}

function headersOf(access: PrometheusAccess, userAgent: string): Record<string, string> {
  const headers: Record<string, string> = { accept: 'application/json', 'user-agent': userAgent }
  for (const [name, value] of Object.entries(access.headers)) {
    if (!/^[!#$%&'*+.^_`|~0-9a-zA-Z-]+$/.test(name) || /[\r\n\0]/.test(value)) {
      throw new Failure(
        'invalid-input',
        `prometheus-headers: '${flattenText(name, 60)}' can't be sent as a header`,
        {
          details: { field: 'prometheus-headers' },
        },
      )
    }
    headers[name.toLowerCase()] = value
  }
  if (access.bearerToken !== null && access.basic !== null) {
    throw new Failure('invalid-input', 'Prometheus takes a token, or user and password, not both', {
      details: { field: 'prometheus-token' },
    })
  }
  if (access.bearerToken !== null) {
    if (!/^[\x21-\x7e]+$/.test(access.bearerToken)) {
      throw new Failure(
        'invalid-input',
        'prometheus-token holds spaces, line ends or other characters that no token has',
        {
          details: { field: 'prometheus-token' },
        },
      )
    }
    headers.authorization = `Bearer ${access.bearerToken}`
  }
  return headers
}

function agentOf(access: PrometheusAccess): Agent | null {
  if (access.ca === null) return null
  if (!/-----BEGIN CERTIFICATE-----[\s\S]+-----END CERTIFICATE-----/.test(access.ca)) {
    throw new Failure('invalid-input', 'prometheus-ca is not a certificate in PEM form', {
      details: { field: 'prometheus-ca', allowed: '-----BEGIN CERTIFICATE----- …' },
    })
  }
  return new Agent({ ca: [...rootCertificates, access.ca], keepAlive: false })
}

/** createHttpTransport speaks HTTP(S) to `root`, without following redirects: they could carry credentials elsewhere. */
export function createHttpTransport(
  root: string,
  access: PrometheusAccess,
  userAgent: string,
  tokens: TokenSource | null,
): Transport {
  const agent = agentOf(access)
  const headers = headersOf(access, userAgent)
  const common: AxiosRequestConfig = {
    maxRedirects: 0,
    responseType: 'text',
    transformResponse: (body: unknown) => body,
    validateStatus: () => true,
    maxContentLength: maxAnswerBytes,
    ...(agent === null ? {} : { httpsAgent: agent }),
    ...(access.basic === null ? {} : { auth: access.basic }),
  }
  const send: Send = async (call, authorization, { signal, timeoutMs }) => {
    // Loaded with the first query: commands that ask no Prometheus shouldn't pay for it.
    const { default: axios } = await import('axios')
    const timeout = AbortSignal.timeout(timeoutMs)
    const request = requestOf(root, call, { ...headers, ...authorization })
    try {
      return replyOf(
        await axios.request({ ...common, ...request, signal: AbortSignal.any([signal, timeout]) }),
      )
    } catch (error) {
      if (signal.aborted) throw new Failure('aborted', 'the query to Prometheus was aborted')
      if (timeout.aborted) {
        throw new Failure(
          'timeout',
          `Prometheus at ${hostOf(root)} did not answer within ${formatDuration(timeoutMs)}`,
        )
      }
      throw connectionFailure(error, root)
    }
  }
  return (call, options) =>
    tokens === null ? send(call, {}, options) : sendWithToken(send, tokens, call, options)
}

type Send = (
  call: PrometheusCall,
  authorization: Readonly<Record<string, string>>,
  options: Parameters<Transport>[1],
) => Promise<HttpReply>

/** sendWithToken reads the token anew, once, where Prometheus does not accept the one of before. */
async function sendWithToken(
  send: Send,
  tokens: TokenSource,
  call: PrometheusCall,
  options: Parameters<Transport>[1],
): Promise<HttpReply> {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
  const token = await tokens.current(options.signal)
  const reply = await send(call, bearer(token), options)
  if (reply.status !== 401) return reply
  const renewed = await tokens.renew(options.signal)
  return renewed === token ? reply : send(call, bearer(renewed), options)
}

/** requestOf puts a short query into the address, and posts a long one as a form. */
function requestOf(
  root: string,
  { path, query }: PrometheusCall,
  headers: Readonly<Record<string, string>>,
): AxiosRequestConfig {
  const form = new URLSearchParams(query).toString()
  if (form.length <= maxGetLength) {
    return { method: 'GET', url: `${root}${path}${form === '' ? '' : `?${form}`}`, headers }
  }
  const contentType = { 'content-type': 'application/x-www-form-urlencoded' }
  return { method: 'POST', url: `${root}${path}`, data: form, headers: { ...headers, ...contentType } }
}

function replyOf(answer: AxiosResponse<unknown>): HttpReply {
  const retryAfter = answer.headers['retry-after']
  return {
    status: answer.status,
    contentType: String(answer.headers['content-type'] ?? ''),
    text: typeof answer.data === 'string' ? answer.data : '',
    retryAfter: retryAfter === undefined ? null : String(retryAfter),
    date: answer.headers.date === undefined ? null : String(answer.headers.date),
  }
}

function hostOf(root: string): string {
  return new URL(root).host
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  ENOTFOUND: 'its name is not known here',
  EAI_AGAIN: 'its name could not be looked up',
  ECONNRESET: 'it closed the connection',
  EHOSTUNREACH: 'there is no route to it',
  ENETUNREACH: 'there is no route to it',
  ETIMEDOUT: 'the connection timed out',
  EPROTO: 'it does not speak TLS: is it http://?',
}

/** connectionFailure explains an error below HTTP. The library's error itself is not kept: it carries the headers. */
function connectionFailure(error: unknown, root: string): Failure {
  const own = (error as { code?: unknown } | null)?.code
  const code = typeof own === 'string' ? own : ''
  const message = error instanceof Error ? error.message : ''
  const cause = new Error(flattenText(code === '' ? 'unknown' : code, 60))
  if (/maxContentLength/.test(message)) {
    return new Failure('too-large', 'Prometheus answered more than 64 MiB: too many series match the host', {
      cause,
    })
  }
  if (/CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO_/.test(code)) {
    return new Failure(
      'bad-certificate',
      `the certificate of ${hostOf(root)} is not trusted (${flattenText(code, 60)}): give its authority as prometheus-ca, or use the name that it was made for`,
      { cause },
    )
  }
  const why = reasons[code] ?? `the connection failed (${flattenText(code, 60) || 'no reason given'})`
  return new Failure('unreachable', `Prometheus at ${hostOf(root)} can't be reached: ${why}`, { cause })
}
