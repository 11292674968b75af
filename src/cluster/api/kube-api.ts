import { Failure, isFailure } from '../../release/failure.ts'
import type { JsonObject, KubeObject } from '../../release/kubernetes.ts'
import { createRenewableSession } from '../login/renewable-session.ts'
import type { ApiSession } from '../login/session.ts'
import { accessReview, readAccessReview } from './access-review.ts'
import { withTimeout } from './call-timeout.ts'
import { type KubeRequest, type KubeResponse, sendRequest } from './exchange.ts'
import { listPages } from './lists.ts'
import { type ApiCall, checkPath, toApiCall } from './paths.ts'
import { readResponse } from './response.ts'
import { type Attempt, type RetryOptions, retryPause, tries, withRetries } from './retries.ts'
import { parseWarnings } from './warnings.ts'

interface Answer {
  body: JsonObject
  warnings: string[]
}

/** KubeApi sends requests to one API server, as the current credentials. */
export interface KubeApi {
  /** session is the login in force. */
  session(): ApiSession
  /** read GETs an object; within the call's time it tries again what is worth it. Throws Failure. */
  read(path: string, signal: AbortSignal): Promise<JsonObject>
  /** answer GETs once whatever is there, with its status: for paths behind which another program answers. */
  answer(path: string, signal: AbortSignal, timeoutMs?: number): Promise<KubeResponse>
  /** items GETs a whole list, page by page. */
  items(path: string, signal: AbortSignal): Promise<KubeObject[]>
  /** send changes something, at most once: a lost answer is not requested again. */
  send(ask: KubeRequest, signal: AbortSignal): Promise<Answer>
  calls(): ApiCall[]
  /** secrets are the values to mask, of every login that was in force. */
  secrets(): string[]
}

interface KubeApiOptions extends RetryOptions {
  userAgent: string
  /** Real time that one call may take, retries included, in ms. */
  callTimeout: number
  /** Reads the credentials anew, within a time limit of its own. */
  reopen: () => Promise<ApiSession>
}

/**
 * createKubeApi makes the client of one API server. Its Failures tell apart what the server says of an object
 * (`not-found`, `conflict`, `rejected` …) from what says nothing (`unreachable`, `timeout`, `server-error`,
 * `unauthorized`, `bad-answer`). A `forbidden` has `details.confirmed`: true where a SelfSubjectAccessReview of the
 * very call says so too.
 */
export function createKubeApi(first: ApiSession, options: KubeApiOptions): KubeApi {
  const logins = createRenewableSession(first, options.reopen)
  const calls = new Map<string, ApiCall>()

  function sendOnce(ask: KubeRequest, signal: AbortSignal): Promise<KubeResponse> {
    checkPath(ask.path)
    const call = toApiCall(ask.method, ask.path)
    if (call !== null) calls.set(JSON.stringify(call), call)
    return sendWithRenewal(logins, ask, options.userAgent, signal)
  }

  function limited<T>(
    path: string,
    signal: AbortSignal,
    work: (bound: AbortSignal) => Promise<T>,
    ms?: number,
  ) {
    return withTimeout(path, ms ?? options.callTimeout, logins.current().server.origin, signal, work)
  }

  const request: Send = (ask, signal) =>
    limited(ask.path, signal, (bound) =>
      withRetries(ask, () => attempt(ask, (each) => sendOnce(each, bound)), options, bound),
    )

  const send = confirmingSend(request, options)
  const read = async (path: string, signal: AbortSignal) => (await send({ method: 'GET', path }, signal)).body
  return {
    session: logins.current,
    secrets: logins.secrets,
    read,
    answer: (path, signal, ms) =>
      limited(path, signal, (bound) => sendOnce({ method: 'GET', path }, bound), ms),
    items: (path, signal) => listPages(path, (page) => read(page, signal)),
    send,
    calls: () => [...calls.values()],
  }
}

/** sendWithRenewal reads the credentials anew, once, where the server does not accept those of before. */
async function sendWithRenewal(
  logins: ReturnType<typeof createRenewableSession>,
  ask: KubeRequest,
  userAgent: string,
  signal: AbortSignal,
): Promise<KubeResponse> {
  const session = logins.current()
  const answer = await sendRequest(session, ask, userAgent, signal)
  if (answer.status !== 401) return answer
  await logins.renew(session, signal)
  return sendRequest(logins.current(), ask, userAgent, signal)
}

async function attempt(
  ask: KubeRequest,
  send: (ask: KubeRequest) => Promise<KubeResponse>,
): Promise<Attempt<Answer>> {
  let response: KubeResponse
  try {
    response = await send(ask)
  } catch (error) {
    if (isFailure(error, 'unreachable', 'bad-answer')) return { failure: error, retryAfter: null }
    throw error
  }
  const body = readResponse(ask, response)
  if (body instanceof Failure) return { failure: body, retryAfter: response.retryAfter }
  return { value: { body, warnings: parseWarnings(response.warnings) } }
}

type Send = (ask: KubeRequest, signal: AbortSignal) => Promise<Answer>

/** confirmingSend: a refusal that the authorizer does not confirm is no answer to a read, which is made again. */
function confirmingSend(request: Send, { sleep, random }: RetryOptions): Send {
  return async (ask, signal) => {
    for (let tried = 1; ; tried++) {
      try {
        return await request(ask, signal)
      } catch (error) {
        if (!isFailure(error, 'forbidden')) throw error
        const failure = await confirmed(error, ask, request, signal)
        const isRead = ask.method === 'GET' && toApiCall('GET', ask.path) !== null
        if (failure.details.confirmed === true || !isRead || tried === tries) throw failure
        await sleep(retryPause(tried, random), signal).catch(() => {
          throw failure
        })
      }
    }
  }
}

/** confirmed asks the authorizer about the call that was forbidden, and says in the Failure whether it agrees. */
async function confirmed(
  failure: Failure,
  ask: KubeRequest,
  request: Send,
  signal: AbortSignal,
): Promise<Failure> {
  const call = toApiCall(ask.method, ask.path)
  const denied =
    call !== null &&
    (await request(accessReview(call), signal).then(
      ({ body }) => !readAccessReview(body),
      () => false,
    ))
  const doubt = denied ? '' : ' (the API server did not confirm that, when asked)'
  return new Failure('forbidden', `${failure.message}${doubt}`, {
    cause: failure.cause,
    details: { ...failure.details, confirmed: denied },
  })
}
