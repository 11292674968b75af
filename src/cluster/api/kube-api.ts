import { setTimeout as sleep } from 'node:timers/promises'
import { Failure, isFailure } from '../../release/failure.ts'
import type { Json, JsonObject, KubeObject } from '../../release/kubernetes.ts'
import { createRenewableSession } from '../login/renewable-session.ts'
import type { ApiSession } from '../login/session.ts'
import { CallTimeout, withTimeout } from './call-timeout.ts'
import { type KubeRequest, type KubeResponse, sendRequest } from './exchange.ts'
import { type ApiCall, checkPath, toApiCall, withQuery } from './paths.ts'
import { parseJsonText, toApiFailure } from './status.ts'
import { parseWarnings } from './warnings.ts'

/** KubeApi sends requests to one API server, as the current credentials. */
export interface KubeApi {
  /** session is the login in force. */
  session(): ApiSession
  /** read GETs JSON; within the call's time it tries again what is worth it. Throws Failure. */
  read(path: string, signal: AbortSignal): Promise<Json>
  /** answer GETs once whatever is there, with its status: for paths behind which another program answers. */
  answer(path: string, signal: AbortSignal, timeoutMs?: number): Promise<KubeResponse>
  /** items GETs a whole list, page by page. */
  items(path: string, signal: AbortSignal): Promise<KubeObject[]>
  /** send changes something, at most once: a lost answer is not requested again. */
  send(ask: KubeRequest, signal: AbortSignal): Promise<{ body: Json; warnings: string[] }>
  calls(): ApiCall[]
  /** secrets are the values to mask, of every login that was in force. */
  secrets(): string[]
}

interface KubeApiOptions {
  userAgent: string
  /** Real time that one call may take, retries included, in ms. */
  callTimeout: number
  random: () => number
  /** Reads the credentials anew, within a time limit of its own. */
  reopen: () => Promise<ApiSession>
}

const pageSize = 500
const firstPause = 200
const longestPause = 2000
const tries = 5

/** createKubeApi opens the API for calls. */
export function createKubeApi(first: ApiSession, options: KubeApiOptions): KubeApi {
  const logins = createRenewableSession(first, options.reopen)
  const calls = new Map<string, ApiCall>()

  async function sendWithRenewal(ask: KubeRequest, signal: AbortSignal): Promise<KubeResponse> {
    checkPath(ask.path)
    const call = toApiCall(ask.method, ask.path)
    if (call !== null) calls.set(JSON.stringify(call), call)
    const session = logins.current()
    const answer = await sendRequest(session, ask, options.userAgent, signal)
    if (answer.status !== 401) return answer
    await logins.renew(session, signal)
    return sendRequest(logins.current(), ask, options.userAgent, signal)
  }

  function limited<T>(
    path: string,
    signal: AbortSignal,
    work: (bound: AbortSignal) => Promise<T>,
    ms?: number,
  ) {
    return withTimeout(path, ms ?? options.callTimeout, logins.current().server.origin, signal, work)
  }

  async function request(ask: KubeRequest, signal: AbortSignal): Promise<{ body: Json; warnings: string[] }> {
    const answer = await limited(ask.path, signal, (bound) =>
      withRetries(sendWithRenewal, ask, options.random, bound),
    )
    return { body: bodyOf(ask.method, ask.path, answer), warnings: parseWarnings(answer.warnings) }
  }

  const read = async (path: string, signal: AbortSignal) =>
    (await request({ method: 'GET', path }, signal)).body
  return {
    session: logins.current,
    secrets: logins.secrets,
    read,
    answer: (path, signal, ms) =>
      limited(path, signal, (bound) => sendWithRenewal({ method: 'GET', path }, bound), ms),
    items: (path, signal) => listPages(path, (page) => read(page, signal)),
    send: request,
    calls: () => [...calls.values()],
  }
}

/** listPages reads a list page by page. */
async function listPages(
  path: string,
  read: (page: string) => Promise<Json>,
  again = true,
): Promise<KubeObject[]> {
  const found: KubeObject[] = []
  let next: string | undefined
  try {
    do {
      const page = await read(withQuery(path, { limit: String(pageSize), continue: next }))
      found.push(...itemsOf(page, path))
      const metadata = (page as JsonObject).metadata as JsonObject | undefined
      next = typeof metadata?.continue === 'string' ? metadata.continue || undefined : undefined
    } while (next !== undefined)
    return found
  } catch (error) {
    // The list's snapshot was compacted away between two pages: a new list is the way on.
    if (again && isFailure(error, 'conflict') && error.details.status === 410)
      return listPages(path, read, false)
    throw error
  }
}

/** withRetries asks until there is an answer worth having, or the signal aborts. */
async function withRetries(
  once: (ask: KubeRequest, signal: AbortSignal) => Promise<KubeResponse>,
  ask: KubeRequest,
  random: () => number,
  signal: AbortSignal,
): Promise<KubeResponse> {
  for (let attempt = 1; ; attempt++) {
    const result = await once(ask, signal).catch((error: unknown) => {
      if (isFailure(error, 'unreachable')) return error
      throw error
    })
    if (attempt === tries || !isRetryable(ask.method, result)) return responseOrThrow(result)
    const limit = Math.min(firstPause * 2 ** (attempt - 1), longestPause)
    const asked = 'retryAfter' in result && result.retryAfter !== null ? result.retryAfter * 1000 : 0
    await waitForRetry(Math.max(asked, limit * (0.5 + random() / 2)), ask, result, signal)
  }
}

/** Errors before anything was sent. */
const neverSent: readonly unknown[] = [
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]

/** A change is tried again only where the server certainly has not begun it: the request never reached it, or it said so (429). */
function isRetryable(method: string, result: KubeResponse | Failure): boolean {
  if (result instanceof Failure) return method === 'GET' || neverSent.includes(result.details.code)
  return result.status === 429 || (method === 'GET' && result.status >= 500)
}

/** responseOrThrow is the last try's result: an answer to be judged as it is, or the failure to throw. */
function responseOrThrow(result: KubeResponse | Failure): KubeResponse {
  if (result instanceof Failure) throw result
  return result
}

/** waitForRetry waits before another try; when the call's time ends first, what was met is thrown instead of a timeout. */
async function waitForRetry(
  ms: number,
  ask: KubeRequest,
  met: KubeResponse | Failure,
  signal: AbortSignal,
): Promise<void> {
  try {
    await sleep(ms, undefined, { signal })
  } catch {
    if (!(signal.reason instanceof CallTimeout)) throw signal.reason
    throw met instanceof Failure ? met : toErrorFailure(ask.method, ask.path, met)
  }
}

function toErrorFailure(method: string, path: string, { status, contentType, text }: KubeResponse): Failure {
  return toApiFailure({
    method,
    path: path.split('?', 1)[0] ?? path,
    status,
    contentType,
    text,
    call: toApiCall(method, path),
  })
}

function bodyOf(method: string, path: string, answer: KubeResponse): Json {
  if (answer.status < 200 || answer.status > 299) throw toErrorFailure(method, path, answer)
  const body = parseJsonText(answer.text)
  if (body !== undefined) return body
  throw new Failure(
    'bad-answer',
    `what answered ${path.split('?', 1)[0]} sent ${answer.contentType || 'no content type'} where the Kubernetes API ` +
      'sends JSON: check `server` and `proxy-url` in the kubeconfig',
  )
}

/** Items of a list carry neither kind nor apiVersion: they are the list's, less `List`. */
function itemsOf(page: Json, path: string): KubeObject[] {
  const { kind, apiVersion, items } = (page ?? {}) as JsonObject
  if (typeof kind !== 'string' || !kind.endsWith('List') || !(Array.isArray(items) || items === null)) {
    throw new Failure('bad-answer', `${path.split('?', 1)[0]} answered with something that isn't a list`)
  }
  return (items ?? []).map((item) => ({
    apiVersion,
    kind: kind.slice(0, -'List'.length),
    ...(item as JsonObject),
  })) as unknown as KubeObject[]
}
