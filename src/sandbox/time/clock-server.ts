import type { IncomingMessage, ServerResponse } from 'node:http'
import { bodyOf, type LoopbackServer, listen, sendJson, sendText } from '../http/http.ts'
import type { Participant, VirtualClock } from './clock.ts'

/**
 * serveClock lets other processes live in virtual time. `GET /clock/attach` streams: its first line is
 * `{"participant","now"}`, closing it detaches. `POST /clock/sleep {"participant","ms"}` answers `{"now"}` once
 * time has advanced that far. `POST /clock/advance {"ms"}` moves time while no process is attached, else 409.
 * `GET /clock` gives `{"now"}`. Times in ms since the epoch.
 */
export function serveClock(clock: VirtualClock): Promise<LoopbackServer> {
  const participants = new Map<string, Participant>()
  return listen(async (request, response) => {
    const route = `${request.method} ${(request.url ?? '').split('?')[0]}`
    if (route === 'GET /clock') sendJson(response, 200, { now: clock.now() })
    else if (route === 'GET /clock/attach') attach(clock, participants, response)
    else if (route === 'POST /clock/sleep') await sleep(participants, request, response)
    else if (route === 'POST /clock/advance') await advance(clock, request, response)
    else sendText(response, 404, 'The clock knows /clock, /clock/attach, /clock/sleep and /clock/advance.')
  })
}

function attach(clock: VirtualClock, participants: Map<string, Participant>, response: ServerResponse): void {
  const participant = clock.attach()
  participants.set(participant.id, participant)
  response.writeHead(200, { 'content-type': 'application/x-ndjson' })
  response.write(`${JSON.stringify({ participant: participant.id, now: clock.now() })}\n`)
  response.on('close', () => {
    participants.delete(participant.id)
    participant.detach()
  })
}

async function sleep(
  participants: Map<string, Participant>,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const body = objectIn(await bodyOf(request))
  const participant = participants.get(String(body.participant))
  const ms = msOf(body)
  if (participant === undefined) return sendText(response, 404, 'No such participant is attached.')
  if (ms === null) return sendText(response, 400, 'ms has to be a number of milliseconds, at least 0.')
  const gone = new AbortController()
  response.on('close', () => gone.abort())
  try {
    sendJson(response, 200, { now: await participant.sleep(ms, gone.signal) })
  } catch (error) {
    if (!gone.signal.aborted) throw error
  }
}

async function advance(
  clock: VirtualClock,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const ms = msOf(objectIn(await bodyOf(request)))
  if (ms === null) return sendText(response, 400, 'ms has to be a number of milliseconds, at least 0.')
  try {
    await clock.advance(ms)
  } catch (error) {
    return sendText(response, 409, error instanceof Error ? error.message : String(error))
  }
  sendJson(response, 200, { now: clock.now() })
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {}
  } catch {
    return {}
  }
}

function msOf(body: Record<string, unknown>): number | null {
  const ms = body.ms
  return typeof ms === 'number' && Number.isFinite(ms) && ms >= 0 ? ms : null
}
