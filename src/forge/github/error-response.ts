import { Failure, type FailureCode } from '../../release/failure.ts'

/** ForgeErrorResponse is what is known of a call that failed. */
export interface ForgeErrorResponse {
  /** null: no answer came. */
  status: number | null
  headers: Record<string, string>
  message: string
}

/** toErrorResponse reads what octokit throws. Its errors of the network carry status 500 and no response. */
export function toErrorResponse(error: unknown): ForgeErrorResponse {
  const { status, response, message } = error as {
    status?: unknown
    response?: { headers?: Record<string, unknown> }
    message?: unknown
  }
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(response?.headers ?? {})) headers[name] = String(value)
  return {
    status: response !== undefined && typeof status === 'number' ? status : null,
    headers,
    message: line(typeof message === 'string' ? message : String(error)),
  }
}

const codes: Record<number, FailureCode> = {
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not-found',
  408: 'timeout',
  409: 'conflict',
  410: 'not-found',
  413: 'too-large',
  422: 'rejected',
  429: 'rejected',
}

/** toForgeFailure turns a failed call into a Failure. GitHub's own words are kept, on one line and cut. */
export function toForgeFailure(answer: ForgeErrorResponse, cause: unknown): Failure {
  const { status, message } = answer
  if (status === null) {
    const certificate = /certificate|self.signed|CERT_|UNABLE_TO_VERIFY/i.test(message)
    const code = certificate ? 'bad-certificate' : 'unreachable'
    return new Failure(code, `GitHub could not be reached: ${message}.`, { cause })
  }
  const code = codes[status] ?? (status >= 500 ? 'server-error' : 'rejected')
  const advice = status === 401 ? ' Check the token: it may have expired.' : ''
  return new Failure(code, `GitHub answered ${status}: ${message}.${advice}`, { cause, details: { status } })
}

/** unexpectedResponse is the Failure for an answer that isn't GitHub's, as a proxy or a wrong address gives it. */
export function unexpectedResponse(what: string): Failure {
  return new Failure(
    'bad-answer',
    `GitHub's answer about ${what} is not what its API promises. Check the API URL.`,
  )
}

function line(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is taken out
  const flat = text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').trim()
  return (flat.length > 300 ? `${flat.slice(0, 299)}…` : flat).replace(/\.$/, '')
}
