import { request } from 'node:http'
import { afterEach, describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { LoopbackServer } from '../../src/sandbox/http/http.ts'
import { createClock, type VirtualClock } from '../../src/sandbox/time/clock.ts'
import { serveClock } from '../../src/sandbox/time/clock-server.ts'

const never = new AbortController().signal
const start = Date.UTC(2026, 0, 12, 9)

/** Lets every movement that is possible happen: time that moves gives way once a step. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('virtual time', () => {
  test('stands still while one of its participants is awake', async () => {
    const clock = createClock({ start, speed: null })
    const one = clock.attach()
    const other = clock.attach()
    const woken = one.sleep(5000, never)
    await settle()
    expect(clock.now()).toBe(start)
    const later = other.sleep(7000, never)
    expect(await woken).toBe(start + 5000)
    await settle()
    expect(clock.now()).toBe(start + 5000)
    one.detach()
    expect(await later).toBe(start + 7000)
  })

  test('stands still while nobody is attached, and moves when it is told to', async () => {
    const clock = createClock({ start, speed: null })
    await settle()
    expect(clock.now()).toBe(start)
    await clock.advance(2500)
    expect(clock.now()).toBe(start + 2500)
    clock.attach()
    await expect(clock.advance(1)).rejects.toThrow('Somebody is attached')
  })

  test('a sleep of no time wakes at once and moves nothing', async () => {
    const clock = createClock({ start, speed: null })
    expect(await clock.attach().sleep(0, never)).toBe(start)
  })

  test('whoever breaks off a sleep is awake', async () => {
    const clock = createClock({ start, speed: null })
    const [one, other] = [clock.attach(), clock.attach()]
    const stop = new AbortController()
    const broken = one.sleep(1000, stop.signal)
    stop.abort(new Error('enough'))
    await expect(broken).rejects.toThrow('enough')
    const slept = other.sleep(500, never)
    await settle()
    expect(clock.now()).toBe(start)
    one.detach()
    expect(await slept).toBe(start + 500)
  })

  test('a world that fails wakes its sleepers with the failure', async () => {
    const clock = createClock({ start, speed: null })
    clock.onTick(() => {
      throw new Error('the world broke')
    })
    await expect(clock.attach().sleep(1000, never)).rejects.toThrow('the world broke')
    clock.close()
  })

  test('speed holds it back, in real time', async () => {
    const clock = createClock({ start, speed: 100 })
    const began = performance.now()
    await clock.attach().sleep(5000, never)
    expect(performance.now() - began).toBeGreaterThanOrEqual(45)
    clock.close()
  })

  test('law: ticks cover every moment once, in steps of a second at most; events and sleeps keep their times', async () => {
    const times = fc.array(fc.integer({ min: 0, max: 9000 }), { maxLength: 6 })
    await fc.assert(
      fc.asyncProperty(times, fc.array(times, { minLength: 1, maxLength: 3 }), async (events, naps) => {
        const clock = createClock({ start, speed: null })
        const ticks: [number, number][] = []
        const struck: [number, number][] = []
        clock.onTick(async (now, seconds) => {
          await Promise.resolve()
          ticks.push([now, seconds])
        })
        for (const time of events) clock.at(start + time, () => void struck.push([time, clock.now() - start]))
        await Promise.all(
          naps.map(async (list) => {
            const participant = clock.attach()
            for (const ms of list) {
              const before = clock.now()
              expect(await participant.sleep(ms, never)).toBe(before + ms)
              expect(clock.now()).toBe(before + ms)
            }
            participant.detach()
          }),
        )
        let cursor = start
        for (const [now, seconds] of ticks) {
          expect(seconds).toBeGreaterThan(0)
          expect(seconds).toBeLessThanOrEqual(1)
          expect(now - seconds * 1000).toBeCloseTo(cursor, 3)
          cursor = now
        }
        expect(cursor).toBe(clock.now())
        for (const [time, at] of struck) expect(at).toBe(time)
        const due = events.filter((time) => start + time < clock.now()).sort((a, b) => a - b)
        expect(struck.map(([time]) => time).slice(0, due.length)).toEqual(due)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the clock over HTTP', () => {
  let clock: VirtualClock
  let server: LoopbackServer
  const open = async (): Promise<void> => {
    clock = createClock({ start, speed: null })
    server = await serveClock(clock)
  }
  afterEach(async () => {
    clock.close()
    await server.close()
  })

  function attach(): Promise<{ line: { participant: string; now: number }; leave: () => void }> {
    return new Promise((resolve, reject) => {
      const outgoing = request(`${server.url}/clock/attach`, { agent: false }, (response) => {
        response.on('error', () => {})
        response.once('data', (chunk: Buffer) => {
          resolve({ line: JSON.parse(chunk.toString()), leave: () => outgoing.destroy() })
        })
      })
      outgoing.on('error', reject)
      outgoing.end()
    })
  }
  const post = async (path: string, body: unknown, signal?: AbortSignal) => {
    const response = await fetch(`${server.url}${path}`, {
      method: 'POST',
      headers: { connection: 'close' },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    })
    return { status: response.status, body: await response.text() }
  }

  test('attach, sleep, detach', async () => {
    await open()
    const one = await attach()
    const other = await attach()
    expect(one.line).toEqual({ participant: 'participant-1', now: start })
    const slept = post('/clock/sleep', { participant: one.line.participant, ms: 60_000 })
    await settle()
    expect(clock.now()).toBe(start)
    other.leave()
    expect(await slept).toEqual({ status: 200, body: JSON.stringify({ now: start + 60_000 }) })
    expect((await post('/clock/advance', { ms: 1 })).status).toBe(409)
    one.leave()
  })

  test('a sleeper whose connection is gone holds time still until it sleeps again', async () => {
    await open()
    const [one, other] = [await attach(), await attach()]
    const stop = new AbortController()
    const broken = post('/clock/sleep', { participant: one.line.participant, ms: 60_000 }, stop.signal)
    await settle()
    stop.abort()
    await expect(broken).rejects.toMatchObject({ name: 'AbortError' })
    await settle()
    const slept = post('/clock/sleep', { participant: other.line.participant, ms: 1000 })
    await settle()
    expect(clock.now()).toBe(start)
    const again = post('/clock/sleep', { participant: one.line.participant, ms: 2000 })
    expect((await slept).status).toBe(200)
    other.leave()
    expect(JSON.parse((await again).body)).toEqual({ now: start + 2000 })
    one.leave()
  })

  test('what it refuses', async () => {
    await open()
    expect((await post('/clock/sleep', { participant: 'nobody', ms: 1 })).status).toBe(404)
    const { line, leave } = await attach()
    expect((await post('/clock/sleep', { participant: line.participant, ms: -1 })).status).toBe(400)
    expect((await post('/clock/turn', {})).status).toBe(404)
    leave()
  })
})
