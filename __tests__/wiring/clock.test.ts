import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals'
import type { LoopbackServer } from '../../src/sandbox/http/http.ts'
import { createClock, type VirtualClock } from '../../src/sandbox/time/clock.ts'
import { serveClock } from '../../src/sandbox/time/clock-server.ts'
import { createSystemClock } from '../../src/wiring/clock.ts'
import { attachClock, type SandboxClock } from '../../src/wiring/sandbox-clock.ts'
import { failure } from '../cluster/helpers/failure.ts'
import { serve } from '../cluster/helpers/server.ts'

const never = new AbortController().signal

describe('the system’s clock', () => {
  test('tells real time and sleeps for it', async () => {
    const clock = createSystemClock()
    const before = Date.now()
    await clock.sleep(15, never)
    expect(Date.now() - before).toBeGreaterThanOrEqual(14)
    expect(Math.abs(clock.now() - Date.now())).toBeLessThan(1000)
  })

  test('wakes at once, with the reason, when told to', async () => {
    const controller = new AbortController()
    const reason = new Error('cancelled')
    const asleep = createSystemClock().sleep(3_600_000, controller.signal)
    controller.abort(reason)
    await expect(asleep).rejects.toBe(reason)
    await expect(createSystemClock().sleep(0, controller.signal)).rejects.toBe(reason)
  })

  test('sleeps longer than one timer can', async () => {
    jest.useFakeTimers()
    try {
      let awake = false
      const asleep = createSystemClock()
        .sleep(2 ** 31 + 1000, never)
        .then(() => {
          awake = true
        })
      await jest.advanceTimersByTimeAsync(2 ** 31 - 1)
      expect(awake).toBe(false)
      await jest.advanceTimersByTimeAsync(1002)
      await asleep
    } finally {
      jest.useRealTimers()
    }
  })
})

describe('the sandbox’s clock', () => {
  const start = Date.UTC(2026, 0, 1)
  let world: VirtualClock
  let server: LoopbackServer
  const joined: SandboxClock[] = []
  beforeEach(async () => {
    world = createClock({ start, speed: null })
    server = await serveClock(world)
  })
  afterEach(async () => {
    for (const clock of joined.splice(0)) clock.detach()
    world.close()
    await server.close()
  })
  async function join(): Promise<SandboxClock> {
    const clock = await attachClock(`${server.url}/`)
    joined.push(clock)
    return clock
  }

  test('stands still while we work and moves while we sleep, many times', async () => {
    const clock = await join()
    expect(clock.now()).toBe(start)
    for (let turn = 1; turn <= 200; turn++) {
      await clock.sleep(10_000, never)
      expect(clock.now()).toBe(start + turn * 10_000)
    }
    expect(world.now()).toBe(clock.now())
  })

  test('moves only while everybody sleeps', async () => {
    const [one, two] = [await join(), await join()]
    const seen: string[] = []
    const first = one.sleep(5000, never).then(() => {
      seen.push(`one ${one.now() - start}`)
      one.detach()
    })
    await two.sleep(2000, never)
    seen.push(`two ${two.now() - start}`)
    await two.sleep(10_000, never)
    await first
    seen.push(`two ${two.now() - start}`)
    expect(seen).toEqual(['two 2000', 'one 5000', 'two 12000'])
  })

  test('lets others go on once we have left', async () => {
    const [one, two] = [await join(), await join()]
    const asleep = one.sleep(1000, never)
    two.detach()
    await asleep
    expect(one.now()).toBe(start + 1000)
  })

  test('wakes us with the reason when we are told to, and others can still sleep', async () => {
    const [one, two] = [await join(), await join()]
    const controller = new AbortController()
    const reason = new Error('cancelled')
    const asleep = one.sleep(1000, controller.signal)
    controller.abort(reason)
    await expect(asleep).rejects.toBe(reason)
    await expect(one.sleep(1, controller.signal)).rejects.toBe(reason)
    await Promise.all([one.sleep(500, never), two.sleep(500, never)])
    expect(one.now()).toBe(start + 500)
  })

  test('ends our sleep when the sandbox goes', async () => {
    const [one] = [await join(), await join()]
    const asleep = failure(one.sleep(1000, never))
    await server.close()
    expect((await asleep).code).toBe('unreachable')
    expect((await failure(one.sleep(1, never))).message).toMatch(/clock/)
  })

  test('that isn’t there, or is something else, is unreachable', async () => {
    const other = await serve(() => ({ status: 200, body: '<html>\n' }))
    expect((await failure(attachClock(other.url))).message).toMatch(/not as a clock does/)
    other.answer(() => ({ status: 200, body: '{}' }))
    expect((await failure(attachClock(other.url))).message).toMatch(/closed the connection/)
    await other.close()
    expect((await failure(attachClock(other.url))).code).toBe('unreachable')
  })

  test('doesn’t keep a process alive that has nothing left to do', async () => {
    const module = fileURLToPath(new URL('../../src/wiring/sandbox-clock.ts', import.meta.url))
    const script = `const { attachClock } = await import(${JSON.stringify(module)})
      const clock = await attachClock(${JSON.stringify(server.url)})
      await clock.sleep(1000, new AbortController().signal)
      console.log(clock.now())`
    const child = spawn(process.execPath, [
      '--input-type=module',
      '--disable-warning=ExperimentalWarning',
      '-e',
      script,
    ])
    let output = ''
    child.stdout.on('data', (chunk) => {
      output += chunk
    })
    const [code] = await once(child, 'close')
    expect([code, output.trim()]).toEqual([0, String(start + 1000)])
  })
})
