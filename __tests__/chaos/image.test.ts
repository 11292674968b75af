import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { FailureCode } from '../../src/release/failure.ts'
import { image, madeObjects, templateImage } from './image/laws.ts'
import { createLife, type ImageShape } from './image/life.ts'

/** `npm run test:chaos` asks for more. */
const asked = process.env['SHIFTGATE_CHAOS_RUNS']
const runs = asked === undefined ? 4 : Math.ceil(Number(asked) / 4)
const seed = Number(process.env['SHIFTGATE_CHAOS_SEED'] ?? '1')
const time = Math.max(60_000, runs * 4000)
const successors = ['reconcile', 'post', 'rollout', 'abort', 'rollback', 'promote'] as const
type Life = ReturnType<typeof createLife>

/** end lets further runs bring a release to its end, as often as it takes a run to go on from where it was left. */
async function end(life: Life): Promise<string> {
  for (let turn = 0; turn < 3; turn++) {
    const { outcome } = await life.run({ command: 'rollout' })
    if (outcome !== null && outcome.result !== 'in-progress') return outcome.result
  }
  return 'never'
}

const left = ({ world }: Life) => madeObjects(world.store.all())

const shapes: ImageShape[] = ['in-place', 'tracks', 'routed tracks']
/** Without more time than usual, what differs between shapes alone is lived through in each. */
const deepShapes: ImageShape[] = asked === undefined ? ['in-place'] : shapes

describe('a release by image', () => {
  test.each(shapes)('%s keeps every law, and the same run again changes nothing', async (shape) => {
    const life = createLife({ shape })
    const plan = await life.run({ command: 'plan' })
    expect([plan.writes, plan.outcome?.details]).toEqual([
      0,
      expect.stringMatching(/^write {4}then 50%, then 100%/m),
    ])
    const { outcome } = await life.run({ command: 'rollout' })
    expect([life.broken, outcome?.message, outcome?.result]).toEqual([[], expect.any(String), 'promoted'])
    const again = await life.run({ command: 'rollout' })
    expect([life.broken, again.outcome?.result, again.writes]).toEqual([[], 'already-promoted', 0])
    const next = await life.run({ command: 'rollout', image: 'ghcr.io/octo/my-api:v3' })
    const noted = next.events.flatMap((event) =>
      event.type === 'finding' && event.finding.level !== 'ok' ? [event.finding.text] : [],
    )
    expect(noted).toEqual([])
    expect([life.broken, next.outcome?.result, templateImage(life.world.store.all())]).toEqual([
      [],
      'promoted',
      'ghcr.io/octo/my-api:v3',
    ])
  })

  test.each(shapes.slice(0, asked === undefined ? 2 : 3))(
    '%s, killed at any write, is taken to its end by whoever comes after it',
    async (shape) => {
      const whole = await createLife({ shape }).run({ command: 'rollout' })
      const wrong: unknown[] = []
      for (let write = 1; write <= whole.writes; write++) {
        // What a process leaves that dies before a write, one that dies after the write before it leaves too.
        for (const next of asked === undefined ? [successors[write % successors.length]] : successors) {
          const life = createLife({ shape })
          await life.run({ command: 'rollout', kill: { write, done: true } })
          const phase = life.state()?.phase
          if (next !== 'post') life.waitForLease()
          await life.run({ command: next ?? 'rollout' })
          if (life.state()?.phase === 'paused') await life.run({ command: 'promote' })
          const ended = await end(life)
          if (life.broken.length > 0 || left(life).length > 0 || !/promoted$/.test(ended))
            wrong.push({ write, phase, next, ended, left: left(life), broken: life.broken })
        }
      }
      expect(whole.writes).toBeGreaterThan(14)
      expect(wrong).toEqual([])
    },
    time,
  )

  test.each(shapes)('%s: a rollback after it gives the image before back, once', async (shape) => {
    const life = createLife({ shape })
    await life.run({ command: 'rollout' })
    life.world.fails.set(image.v2, 1)
    const back = await life.run({ command: 'rollback' })
    expect([life.broken, back.outcome?.message, back.outcome?.exitCode]).toEqual([
      [],
      'All traffic of shop/my-api is back on v1.',
      0,
    ])
    expect([templateImage(life.world.store.all()), left(life)]).toEqual([image.v1, []])
    const again = await life.run({ command: 'rollback' })
    expect([again.outcome?.exitCode, again.writes]).toEqual([0, 0])
    const next = await life.run({ command: 'rollout', image: 'ghcr.io/octo/my-api:v3' })
    expect([life.broken, next.outcome?.result, next.outcome?.stableVersion]).toEqual([[], 'promoted', 'v1'])
  })

  test.each(deepShapes)(
    '%s: a rollback after it that is killed at any write is finished by the next one',
    async (shape) => {
      const promoted = async () => {
        const life = createLife({ shape })
        await life.run({ command: 'rollout' })
        return life
      }
      const { writes } = await (await promoted()).run({ command: 'rollback' })
      const wrong: unknown[] = []
      for (let write = 1; write <= writes; write++) {
        const life = await promoted()
        await life.run({ command: 'rollback', kill: { write, done: true } })
        life.waitForLease()
        const next = successors[write % successors.length] ?? 'rollback'
        if (next !== 'post') await life.run({ command: next })
        const { outcome } = await life.run({ command: 'rollback' })
        const now = templateImage(life.world.store.all())
        if (life.broken.length > 0 || left(life).length > 0 || outcome?.exitCode !== 0 || now !== image.v1)
          wrong.push({ write, next, now, message: outcome?.message, left: left(life), broken: life.broken })
      }
      expect(writes).toBeGreaterThan(9)
      expect(wrong).toEqual([])
    },
    time,
  )

  test.each([
    ['in-place', 16],
    ['tracks', 14],
    ['routed tracks', 13],
  ] as const)('%s, aborted while the traffic returns, has the image before again', async (shape, write) => {
    const life = createLife({ shape })
    await life.run({ command: 'rollout', kill: { write, done: true } })
    const state = life.state()
    expect([state?.phase, state?.workload?.inPlace?.takeover?.reason]).toEqual([
      'observing',
      'all-steps-passed',
    ])
    life.waitForLease()
    // Killed as well, it goes on with what it began.
    await life.run({ command: 'abort', kill: { write: 4, done: true } })
    life.waitForLease()
    const { outcome } = await life.run({ command: 'abort' })
    expect([life.broken, outcome?.exitCode, outcome?.stableVersion]).toEqual([[], 0, 'v1'])
    expect([templateImage(life.world.store.all()), left(life)]).toEqual([image.v1, []])
  })

  const faults: [FailureCode, boolean][] = [
    ['timeout', true],
    ['server-error', false],
    ['rejected', false],
    ['conflict', false],
    ['not-found', false],
  ]
  test.each(deepShapes)(
    '%s: one odd answer to any write ends no release',
    async (shape) => {
      const { writes } = await createLife({ shape }).run({ command: 'rollout' })
      const wrong: unknown[] = []
      for (let write = 1; write <= writes; write++) {
        const [code, done] = faults[write % faults.length] as [FailureCode, boolean]
        const life = createLife({ shape })
        const { outcome } = await life.run({ command: 'rollout', fault: { write, code, done } })
        if (life.broken.length > 0 || left(life).length > 0 || outcome?.result !== 'promoted')
          wrong.push({ write, code, message: outcome?.message, left: left(life), broken: life.broken })
      }
      expect(wrong).toEqual([])
    },
    time,
  )

  test(
    'whatever becomes of it, no law is broken, and once all is well it is promoted',
    async () => {
      const second = fc.integer({ min: 1, max: 700 }).map((at) => at * 1000)
      const disturbance = fc.oneof(
        fc.record({ kind: fc.constant('cancel' as const), at: second }),
        fc.record({ kind: fc.constant('fails' as const), at: second }),
        fc.record({
          kind: fc.constant('pods' as const),
          at: second,
          of: fc.constantFrom('my-api', 'my-api-canary'),
        }),
        fc.record({ kind: fc.constant('kill' as const), write: fc.integer({ min: 1, max: 20 }) }),
      )
      const replicas = fc.integer({ min: 1, max: 6 })
      await fc.assert(
        fc.asyncProperty(
          fc.array(disturbance, { minLength: 1, maxLength: 3 }),
          fc.constantFrom(...successors),
          replicas,
          fc.constantFrom(...shapes),
          async (disturbances, next, size, shape) => {
            const life = createLife({ replicas: size, shape })
            const { world } = life
            const cancel = disturbances.find((each) => each.kind === 'cancel')
            const kill = disturbances.find((each) => each.kind === 'kill')
            const began = world.scheduler.now()
            for (const each of disturbances) {
              if (each.kind === 'fails')
                world.scheduler.at(began + each.at, () => world.fails.set(image.v2, 0.5))
              if (each.kind === 'pods')
                world.scheduler.at(began + each.at, () => world.broken.add(`${each.of} ${image.v2}`))
            }
            await life.run({
              command: 'rollout',
              ...(cancel === undefined ? {} : { cancelAt: cancel.at }),
              kill: kill === undefined ? null : { write: kill.write, done: true },
            })
            if (next !== 'post') life.waitForLease()
            await life.run({ command: next })
            world.scheduler.clear()
            world.fails.clear()
            world.broken.clear()
            const ended = await end(life)
            expect([life.broken, left(life), ended]).toEqual([[], [], expect.stringMatching(/promoted$/)])
          },
        ),
        { numRuns: runs, seed },
      )
    },
    time,
  )

  test.each(shapes)('%s of a bad image leaves what it found', async (shape) => {
    const life = createLife({ shape })
    life.world.fails.set(image.v2, 0.5)
    const { outcome } = await life.run({ command: 'rollout' })
    expect([life.broken, outcome?.result, left(life)]).toEqual([[], 'rolled-back', []])
    expect(templateImage(life.world.store.all())).toBe(image.v1)
  })

  test('does not write over an image that somebody else gave stable meanwhile', async () => {
    const life = createLife()
    const theirs = 'ghcr.io/octo/my-api:v9'
    life.world.scheduler.at(life.world.scheduler.now() + 60_000, () => life.world.setImage('my-api', theirs))
    const { outcome } = await life.run({ command: 'rollout' })
    expect(outcome).toMatchObject({ exitCode: 4, result: 'in-progress' })
    expect(outcome?.message).toContain('was changed since the release began')
    expect(templateImage(life.world.store.all())).toBe(theirs)
  })
})
