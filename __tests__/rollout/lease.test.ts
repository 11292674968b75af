import { describe, expect, test } from '@jest/globals'
import { Failure } from '../../src/release/failure.ts'
import { parseReleaseName } from '../../src/release/state/release-name.ts'
import type { LeaseTerms } from '../../src/rollout/lifecycle/lease.ts'
import { acquireLease, leaseSeconds, releaseLease, renewLease } from '../../src/rollout/lifecycle/lease.ts'
import {
  announcePromotion,
  holdTargetLease,
  releaseTargetLease,
} from '../../src/rollout/lifecycle/target-lease.ts'
import type { LeasePort, LeaseSpec, LeaseView } from '../../src/rollout/ports.ts'
import type { Session } from '../../src/rollout/session.ts'
import { release } from './release-state.ts'

const never = new AbortController().signal

/** A cluster with one Lease, and a clock that jumps when somebody sleeps. `beats` run at their time. */
function world() {
  let stored: LeaseView | null = null
  let version = 0
  let now = 1_000_000
  const beats: { at: number; run: () => void }[] = []
  const put = (spec: LeaseSpec): LeaseView => {
    version += 1
    stored = {
      holder: spec.holder,
      release: spec.release,
      durationSeconds: spec.durationSeconds,
      renewTime: String(spec.renewedAt),
      transitions: spec.transitions,
      resourceVersion: String(version),
    }
    return stored
  }
  const port: LeasePort = {
    lease: async () => stored,
    createLease: async (_namespace, _name, spec) => {
      if (stored) throw new Failure('already-exists', 'exists')
      return put(spec)
    },
    updateLease: async (_namespace, _name, spec, resourceVersion) => {
      if (stored?.resourceVersion !== resourceVersion) throw new Failure('conflict', 'stale')
      return put(spec)
    },
    releaseLease: async (_namespace, _name, name, resourceVersion) => {
      if (stored?.resourceVersion !== resourceVersion) throw new Failure('conflict', 'stale')
      stored = { ...stored, holder: '', release: name, resourceVersion: String(++version) }
    },
  }
  const clock = {
    now: () => now,
    sleep: async (ms: number) => {
      now += ms
      for (const beat of beats.filter(({ at }) => at <= now)) beat.run()
    },
  }
  const terms = (holder: string, successions: string[] = []): LeaseTerms => ({
    port,
    clock,
    namespace: 'shop',
    name: 'shiftgate-my-api',
    target: { namespace: 'shop', service: 'my-api' },
    holder,
    succeeds: (other) => successions.includes(other),
    release: () => null,
  })
  const vanish = () => {
    stored = null
  }
  return { terms, port, clock, beats, stored: (): LeaseView | null => stored, put, vanish }
}

describe('one writer', () => {
  test('a free target is taken at once', async () => {
    const { terms, stored, clock } = world()
    const start = clock.now()
    await acquireLease(terms('run 1/1'), { force: false }, never)
    expect(stored()).toMatchObject({ holder: 'run 1/1', durationSeconds: leaseSeconds })
    expect(clock.now()).toBe(start)
  })

  test('whoever succeeds a holder that is gone takes its Lease at once', async () => {
    const { terms, stored, clock } = world()
    await acquireLease(terms('main'), { force: false }, never)
    const start = clock.now()
    await acquireLease(terms('post', ['main']), { force: false }, never)
    expect(clock.now()).toBe(start)
    expect(stored()).toMatchObject({ holder: 'post', transitions: 1 })
  })

  test('another process of the same run waits like everybody else', async () => {
    const { terms, beats, clock } = world()
    const first = await acquireLease(terms('run-1/attempts/1#a'), { force: false }, never)
    beats.push({ at: clock.now() + 15_000, run: () => void renewLease(first, never) })
    const second = acquireLease(terms('run-1/attempts/1#b'), { force: false }, never)
    await expect(second).rejects.toMatchObject({ code: 'refused', details: { holder: 'run-1/attempts/1#a' } })
  })

  test('a living holder is never pushed aside', async () => {
    const { terms, beats, clock } = world()
    const first = await acquireLease(terms('run 1/1'), { force: false }, never)
    beats.push({ at: clock.now() + 15_000, run: () => void renewLease(first, never) })
    await expect(acquireLease(terms('run 2/1'), { force: false }, never)).rejects.toMatchObject({
      code: 'refused',
      details: { holder: 'run 1/1' },
    })
  })

  test('a dead holder is replaced once its Lease stood still for its duration on our clock, not before', async () => {
    const { terms, clock, stored } = world()
    await acquireLease(terms('run 1/1'), { force: false }, never)
    const start = clock.now()
    await acquireLease(terms('run 2/1'), { force: false }, never)
    expect(clock.now() - start).toBeGreaterThanOrEqual(leaseSeconds * 1000)
    expect(stored()?.holder).toBe('run 2/1')
  })

  test('a renewTime far in the future or the past says nothing: only standing still counts', async () => {
    const { terms, put, clock } = world()
    put({
      holder: 'run 9/1',
      release: null,
      durationSeconds: 60,
      acquiredAt: 0,
      renewedAt: 0,
      transitions: 3,
    })
    const start = clock.now()
    await acquireLease(terms('run 2/1'), { force: false }, never)
    expect(clock.now() - start).toBeGreaterThanOrEqual(60_000)
  })

  test('who lost the Lease stops at the next renewal', async () => {
    const { terms, clock } = world()
    const first = await acquireLease(terms('run 1/1'), { force: false }, never)
    await acquireLease(terms('run 2/1'), { force: true }, never)
    await clock.sleep(20_000)
    await expect(renewLease(first, never)).rejects.toMatchObject({ code: 'superseded' })
  })

  test('what was given back is free', async () => {
    const { terms, clock, stored } = world()
    await releaseLease(await acquireLease(terms('run 1/1'), { force: false }, never), null, never)
    const start = clock.now()
    await acquireLease(terms('run 2/1'), { force: false }, never)
    expect(clock.now()).toBe(start)
    expect(stored()).toMatchObject({ holder: 'run 2/1', transitions: 1 })
  })

  test('a Lease that vanished is taken again by its holder', async () => {
    const { terms, clock, stored, vanish } = world()
    const first = await acquireLease(terms('run 1/1'), { force: false }, never)
    vanish()
    await clock.sleep(20_000)
    await renewLease(first, never)
    expect(stored()?.holder).toBe('run 1/1')
  })

  test('one that somebody else gave back too: a loser stops only when a winner is seen', async () => {
    const { terms, clock, stored, port } = world()
    const first = await acquireLease(terms('run 1/1'), { force: false }, never)
    await port.releaseLease('shop', 'shiftgate-my-api', null, stored()?.resourceVersion ?? '', never)
    await clock.sleep(20_000)
    await renewLease(first, never)
    expect(stored()?.holder).toBe('run 1/1')
  })

  test.each(['unauthorized', 'bad-answer', 'forbidden', 'server-error', 'rejected'] as const)(
    'three answers of %s in a row say nothing about the Lease',
    async (code) => {
      const { terms, port, stored } = world()
      const read = port.lease
      let odd = 3
      port.lease = async (...at) => {
        if (odd-- > 0) throw new Failure(code, 'odd')
        return read(...at)
      }
      await acquireLease(terms('run 1/1'), { force: false }, never)
      expect(stored()?.holder).toBe('run 1/1')
    },
  )

  test('a confirmed lack of permission ends the try at once', async () => {
    const { terms, port, clock } = world()
    const start = clock.now()
    port.lease = async () => {
      throw new Failure('forbidden', 'no', { details: { confirmed: true } })
    }
    await expect(acquireLease(terms('run 1/1'), { force: false }, never)).rejects.toMatchObject({
      code: 'forbidden',
    })
    expect(clock.now()).toBe(start)
  })

  test('of two that start at once one has it, and the other first waits for it to stand still', async () => {
    const { terms, clock, stored } = world()
    const start = clock.now()
    const holders: string[] = []
    await Promise.all(
      ['run 1', 'run 2'].map(async (run) => {
        await acquireLease(terms(`${run}/1`), { force: false }, never)
        holders.push(
          `${stored()?.holder} after ${clock.now() - start >= leaseSeconds * 1000 ? 'waiting' : 'no time'}`,
        )
      }),
    )
    expect(holders).toEqual(['run 1/1 after no time', 'run 2/1 after waiting'])
  })
})

describe('the name of a release that is promoted', () => {
  async function holding() {
    const { port, clock, stored } = world()
    const session = {
      leases: port,
      clock,
      scope: { namespace: 'shop', service: 'my-api' },
      holder: 'run 1/1',
      succeeds: () => false,
      held: { state: release({ id: 'a' }), text: '', home: '' },
      lease: null,
    } as unknown as Session
    await holdTargetLease(session, { force: false }, never)
    const named = () => parseReleaseName(stored()?.release ?? null)
    return { session, clock, named }
  }
  const promoted = (session: Session) => {
    session.held = { state: release({ id: 'a', phase: 'promoted' }), text: '', home: '' }
  }

  test('says so before the state does, and after it, and is gone with the Lease', async () => {
    const { session, clock, named } = await holding()
    expect(named()).toMatchObject({ id: 'a' })
    expect(named()).not.toHaveProperty('ended')
    let before = null
    const write = async () => {
      before = named()
      promoted(session)
    }
    await announcePromotion(session, write, never)
    expect(before).toMatchObject({ id: 'a', ended: 'promoted' })
    await clock.sleep(60_000)
    if (session.lease) await renewLease(session.lease, never)
    expect(named()).toMatchObject({ id: 'a', ended: 'promoted' })
    await releaseTargetLease(session)
    expect(named()).toBeNull()
  })

  test('is that of a release in flight again where the promotion could not be written', async () => {
    const { session, named } = await holding()
    const write = async () => {
      throw new Failure('rejected', 'a webhook refused it')
    }
    await expect(announcePromotion(session, write, never)).rejects.toMatchObject({ code: 'rejected' })
    await releaseTargetLease(session)
    expect(named()).toMatchObject({ id: 'a' })
    expect(named()).not.toHaveProperty('ended')
  })
})
