/** LoggedRequest is one request that a server of the sandbox was sent, in the order of arrival. */
export interface LoggedRequest {
  server: 'kubernetes' | 'github'
  /** Virtual time in ms since the epoch. */
  at: number
  method: string
  path: string
  /** Without the question mark. */
  query: string
  user: string
  userAgent: string
  body: string
  /** What was answered; 0 while nothing is, or where the connection was cut. */
  status: number
}
