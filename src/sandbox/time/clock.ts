import { Failure } from '../../release/failure.ts'

/** Participant is somebody without whose consent virtual time stands still. */
export interface Participant {
  readonly id: string
  /**
   * sleep resolves with the time once virtual time has advanced by `ms`; it rejects with the signal's reason
   * when that aborts. Whoever sleeps twice at once counts as asleep while either sleep lasts.
   */
  sleep(ms: number, signal: AbortSignal): Promise<number>
  /** detach ends the participation; its sleeps never wake. */
  detach(): void
}

/** TickListener lives through the time since the last tick. `now` in ms since the epoch, `seconds` at most 1. */
type TickListener = (now: number, seconds: number) => void | Promise<void>

/** VirtualClock is the world's time: it moves only while every participant sleeps, and at least one does. */
export interface VirtualClock {
  now(): number
  attach(): Participant
  /** onTick adds a listener; listeners are called in the order of their addition, each after the one before. */
  onTick(listener: TickListener): () => void
  /** at lets something happen at a time in ms since the epoch; a time gone by means the next moment. */
  at(time: number, event: () => void | Promise<void>): void
  /** advance moves time by `ms` while no participant is attached; throws Failure `refused` otherwise. */
  advance(ms: number): Promise<void>
  /** setSpeed changes how fast time may go: virtual seconds per real second, null for no limit. */
  setSpeed(speed: number | null): void
  /** close ends all movement; sleeps never wake. */
  close(): void
}

interface Sleep {
  owner: string
  until: number
  wake(now: number): void
  fail(error: unknown): void
}

interface Timed {
  time: number
  event: () => void | Promise<void>
}

const longestStep = 1000

/**
 * createClock makes a clock that stands at `start` (ms since the epoch). `speed` is virtual seconds per real
 * second, null for as fast as the world can live.
 */
export function createClock(options: { start: number; speed: number | null }): VirtualClock {
  const world = new World(options.start, options.speed)
  return {
    now: () => world.now,
    attach: () => world.attach(),
    onTick(listener) {
      world.listeners.push(listener)
      return () => {
        world.listeners = world.listeners.filter((other) => other !== listener)
      }
    },
    at: (time, event) => world.schedule({ time, event }),
    advance: (ms) => world.advance(ms),
    setSpeed: (speed) => world.pace.setSpeed(speed),
    close: () => world.close(),
  }
}

class World {
  now: number
  listeners: TickListener[] = []
  private readonly participants = new Set<string>()
  private sleeps: Sleep[] = []
  private events: Timed[] = []
  private goal: number | null = null
  private moving: Promise<void> | null = null
  private closed = false
  private counter = 0
  readonly pace: Pace

  constructor(start: number, speed: number | null) {
    this.now = start
    this.pace = new Pace(speed)
  }

  attach(): Participant {
    const id = `participant-${++this.counter}`
    this.participants.add(id)
    return {
      id,
      sleep: (ms, signal) => this.sleep(id, ms, signal),
      detach: () => {
        this.participants.delete(id)
        this.sleeps = this.sleeps.filter((sleep) => sleep.owner !== id)
        this.go()
      },
    }
  }

  schedule(timed: Timed): void {
    const index = this.events.findIndex((other) => other.time > timed.time)
    this.events.splice(index === -1 ? this.events.length : index, 0, timed)
  }

  async advance(ms: number): Promise<void> {
    if (this.participants.size > 0)
      throw new Failure('refused', 'Somebody is attached: time is theirs to move.')
    await this.moving
    this.goal = this.now + ms
    this.go()
    await this.moving
  }

  close(): void {
    this.closed = true
    this.sleeps = []
    this.events = []
    this.pace.stop()
  }

  private sleep(owner: string, ms: number, signal: AbortSignal): Promise<number> {
    return new Promise((resolve, reject) => {
      if (signal.aborted) return reject(signal.reason)
      if (!this.participants.has(owner)) return reject(new Failure('refused', `${owner} is not attached.`))
      const stop = (): void => {
        this.sleeps = this.sleeps.filter((other) => other !== entry)
        reject(signal.reason)
      }
      const entry: Sleep = {
        owner,
        until: this.now + Math.max(0, ms),
        wake: (now) => {
          signal.removeEventListener('abort', stop)
          resolve(now)
        },
        fail: reject,
      }
      signal.addEventListener('abort', stop, { once: true })
      this.sleeps.push(entry)
      this.go()
    })
  }

  private go(): void {
    if (this.moving !== null || this.closed) return
    this.moving = this.move().finally(() => {
      this.moving = null
      if (this.target() !== null) this.go()
    })
    this.moving.catch(() => {})
  }

  /** target is the moment to move to; null while time has to stand still. */
  private target(): number | null {
    if (this.closed) return null
    if (this.participants.size === 0) return this.goal
    const asleep = new Set(this.sleeps.map((sleep) => sleep.owner))
    for (const id of this.participants) if (!asleep.has(id)) return null
    return Math.min(...this.sleeps.map((sleep) => sleep.until))
  }

  private async move(): Promise<void> {
    for (let target = this.target(); target !== null; target = this.target()) {
      // Lets requests that have arrived be seen before time goes on; they may change what there is to wait for.
      await this.pace.wait(this.now, this.momentBefore(target))
      const now = this.target()
      if (now === null) return
      try {
        await this.live(this.momentBefore(now))
      } catch (error) {
        for (const sleep of this.sleeps.splice(0)) sleep.fail(error)
        this.goal = null
        throw error
      }
      if (this.goal !== null && this.now >= this.goal) this.goal = null
      const due = this.sleeps.filter((sleep) => sleep.until <= this.now)
      this.sleeps = this.sleeps.filter((sleep) => sleep.until > this.now)
      for (const sleep of due) sleep.wake(this.now)
    }
  }

  /** momentBefore gives the target, the next event or the next whole second, whichever is first. */
  private momentBefore(target: number): number {
    const second = (Math.floor(this.now / longestStep) + 1) * longestStep
    const event = this.events[0]?.time ?? Number.POSITIVE_INFINITY
    return Math.max(this.now, Math.min(target, second, event))
  }

  private async live(until: number): Promise<void> {
    const before = this.now
    this.now = until
    if (until > before) {
      for (const listener of [...this.listeners]) await listener(until, (until - before) / 1000)
    }
    for (let first = this.events[0]; first !== undefined && first.time <= this.now; first = this.events[0]) {
      this.events.shift()
      await first.event()
    }
  }
}

/** Pace holds virtual time back to a speed; without one it only gives way to waiting input. */
class Pace {
  private speed: number | null
  private origin: { real: number; virtual: number } | null = null
  private timer: NodeJS.Timeout | null = null
  private release: (() => void) | null = null

  constructor(speed: number | null) {
    this.speed = speed
  }

  /** wait resolves when virtual time may go from `now` to `next`. */
  async wait(now: number, next: number): Promise<void> {
    await new Promise<void>((resolve) => setImmediate(resolve))
    if (this.speed === null) return
    const real = performance.now()
    this.origin ??= { real, virtual: now }
    const ahead = this.origin.real + (next - this.origin.virtual) / this.speed - real
    // Time that stood still is not made up for.
    if (ahead <= 0) this.origin = { real, virtual: next }
    else {
      await new Promise<void>((resolve) => {
        this.release = resolve
        this.timer = setTimeout(resolve, ahead)
      })
    }
  }

  setSpeed(speed: number | null): void {
    this.speed = speed
    this.origin = null
  }

  stop(): void {
    if (this.timer !== null) clearTimeout(this.timer)
    this.release?.()
  }
}
