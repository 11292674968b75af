import http from 'node:http'
import type { Clock } from '../release/clock.ts'
import { Failure, sentenceOf } from '../release/failure.ts'

/** SandboxClock is the sandbox's virtual time; this process takes part in it until `detach`. */
export interface SandboxClock extends Clock {
  /** detach lets time go on without this process. */
  detach(): void
}

interface Attachment {
  participant: string
  now: number
  socket: http.IncomingMessage
}

const attachTimeout = 10_000

/**
 * attachClock joins the virtual time at `url`: it stands still while this process works and moves while all who
 * joined sleep. The open connection that says that we live doesn't keep the process alive. Throws Failure
 * `unreachable` or `timeout`; sleeps throw `unreachable` once the sandbox is gone.
 */
export async function attachClock(url: string): Promise<SandboxClock> {
  const root = url.replace(/\/+$/, '')
  const { participant, now: start, socket } = await attach(root)
  const gone = new AbortController()
  let now = start
  socket.once('close', () => {
    gone.abort(new Failure('unreachable', `the sandbox's clock at ${root} is gone: the sandbox was ended`))
  })
  return {
    now: () => now,
    async sleep(ms, signal) {
      const either = AbortSignal.any([signal, gone.signal])
      either.throwIfAborted()
      now = Math.max(now, await sleep(root, participant, ms, either))
    },
    detach: () => socket.destroy(),
  }
}

function attach(root: string): Promise<Attachment> {
  const { promise, resolve, reject } = Promise.withResolvers<Attachment>()
  const signal = AbortSignal.timeout(attachTimeout)
  const lost = (why: string, cause?: unknown) =>
    new Failure('unreachable', `the sandbox's clock at ${root} can't be joined: ${why}; start the sandbox`, {
      cause,
    })
  const request = http.get(`${root}/clock/attach`, { agent: false })
  const stop = () => {
    request.destroy()
    reject(new Failure('timeout', `the sandbox's clock at ${root} did not answer within ${attachTimeout} ms`))
  }
  signal.addEventListener('abort', stop, { once: true })
  request.on('error', (error) => reject(lost(sentenceOf(error), error)))
  request.once('response', (response) => {
    let text = ''
    response.setEncoding('utf8')
    // The connection stays open for long: from its first line on only its end matters.
    response.on('data', (chunk: string) => {
      if (text.includes('\n')) return
      text += chunk
      if (!text.includes('\n')) return
      signal.removeEventListener('abort', stop)
      const joined = joinedOf(text)
      if (response.statusCode !== 200 || joined === null) {
        response.destroy()
        return reject(lost(`it answered ${response.statusCode}, not as a clock does`))
      }
      response.socket.unref()
      resolve({ ...joined, socket: response })
    })
    response.once('close', () => reject(lost('it closed the connection')))
    response.on('error', () => response.destroy())
  })
  return promise
}

function joinedOf(text: string): { participant: string; now: number } | null {
  try {
    const { participant, now } = JSON.parse(text.split('\n', 1)[0] ?? '') as Record<string, unknown>
    return typeof participant === 'string' && typeof now === 'number' ? { participant, now } : null
  } catch {
    return null
  }
}

/** A sleep has no timeout: how long virtual time takes is the sandbox's matter; its end ends the sleep. */
function sleep(root: string, participant: string, ms: number, signal: AbortSignal): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>()
  const body = JSON.stringify({ participant, ms: Math.max(0, ms) })
  const headers = { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(body) }
  const request = http.request(`${root}/clock/sleep`, { method: 'POST', agent: false, headers, signal })
  const fail = (why: string, cause?: unknown) => {
    if (signal.aborted) reject(signal.reason)
    else reject(new Failure('unreachable', `the sandbox's clock at ${root} failed: ${why}`, { cause }))
  }
  request.once('error', (error) => fail(sentenceOf(error), error))
  request.once('response', (response) => {
    let text = ''
    response.setEncoding('utf8')
    response.on('data', (chunk: string) => {
      text += chunk
    })
    response.once('error', (error) => fail(sentenceOf(error), error))
    response.once('end', () => {
      const now = response.statusCode === 200 ? nowOf(text) : null
      if (now === null) fail(`it answered ${response.statusCode}`)
      else resolve(now)
    })
  })
  request.end(body)
  return promise
}

function nowOf(text: string): number | null {
  try {
    const { now } = JSON.parse(text) as { now?: unknown }
    return typeof now === 'number' ? now : null
  } catch {
    return null
  }
}
