import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import type { RollBackInput, RollBackPlan } from '../../src/rollout/decision/roll-back-plan.ts'
import { planRollBack } from '../../src/rollout/decision/roll-back-plan.ts'

const usual: RollBackInput = {
  ready: 10,
  needed: 10,
  canaryShare: 0.5,
  canaryReady: 5,
  proof: false,
  canaryFails: null,
}

describe('how much of the traffic goes back', () => {
  test.each<{ name: string; input: Partial<RollBackInput>; plan: RollBackPlan }>([
    { name: 'enough pods take everything', input: {}, plan: { kind: 'all' } },
    { name: 'more pods than needed too', input: { ready: 12 }, plan: { kind: 'all' } },
    {
      name: 'nothing is on the canary: nothing has to move',
      input: { ready: 0, canaryShare: 0 },
      plan: { kind: 'all' },
    },
    { name: 'no pod takes anything', input: { ready: 0 }, plan: { kind: 'none' } },
    {
      name: 'nor does it on proof',
      input: { ready: 0, proof: true, canaryFails: 1 },
      plan: { kind: 'none' },
    },
    {
      name: 'nor where the canary has no pod either',
      input: { ready: 0, canaryReady: 0 },
      plan: { kind: 'none' },
    },
    {
      name: 'eight of ten pods take 80 percent',
      input: { ready: 8 },
      plan: { kind: 'part', canaryWeight: 20, carried: 0.8 },
    },
    {
      name: 'two of three pods take no more than they carry',
      input: { ready: 2, needed: 3 },
      plan: { kind: 'part', canaryWeight: 34, carried: 2 / 3 },
    },
    {
      name: 'what stable already has too much of stays: the canary never gets more',
      input: { ready: 2, canaryShare: 0.1 },
      plan: { kind: 'part', canaryWeight: 10, carried: 0.2 },
    },
    {
      name: 'a canary that fails more than the missing pods would loses everything',
      input: { ready: 8, proof: true, canaryFails: 0.3 },
      plan: { kind: 'all' },
    },
    {
      name: 'one that fails less keeps what stable can not carry',
      input: { ready: 8, proof: true, canaryFails: 0.05 },
      plan: { kind: 'part', canaryWeight: 20, carried: 0.8 },
    },
    {
      name: 'failures without proof are none',
      input: { ready: 8, canaryFails: 0.9 },
      plan: { kind: 'part', canaryWeight: 20, carried: 0.8 },
    },
    {
      name: 'a canary without a ready pod fails every request',
      input: { ready: 1, canaryReady: 0 },
      plan: { kind: 'all' },
    },
    {
      name: 'a stable that had no pod before needs one',
      input: { ready: 1, needed: 0 },
      plan: { kind: 'all' },
    },
  ])('$name', ({ input, plan }) => {
    expect(planRollBack({ ...usual, ...input })).toEqual(plan)
  })

  test('stable is never given what it has no pods for, and the canary never more than it had', () => {
    fc.assert(
      fc.property(
        fc.record({
          ready: fc.nat(40),
          needed: fc.nat(40),
          canaryShare: fc.integer({ min: 0, max: 100 }).map((percent) => percent / 100),
          canaryReady: fc.nat(40),
          proof: fc.boolean(),
          canaryFails: fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        }),
        (input) => {
          const plan = planRollBack(input)
          if (plan.kind === 'all') {
            if (input.canaryShare > 0) expect(input.ready).toBeGreaterThan(0)
          } else if (plan.kind === 'none') {
            expect(input.ready).toBe(0)
          } else {
            expect(plan.canaryWeight / 100).toBeLessThanOrEqual(input.canaryShare + 1e-9)
            const moved = input.canaryShare - plan.canaryWeight / 100
            if (moved > 1e-9) expect(1 - plan.canaryWeight / 100).toBeLessThanOrEqual(plan.carried + 1e-9)
          }
        },
      ),
    )
  })
})
