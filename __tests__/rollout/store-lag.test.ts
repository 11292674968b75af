import { expect, test } from '@jest/globals'
import { Failure } from '../../src/release/failure.ts'
import { metricsLag } from '../../src/release/settings.ts'
import { followLag } from '../../src/rollout/loop/store-lag.ts'
import { currentSettings, type Session } from '../../src/rollout/session.ts'
import { settings } from './release-state.ts'

const now = 1_000_000
const never = new AbortController().signal

/** followed gives the lag (s) after polls at which the newest sample was so old (s); null: none, 'fails': no answer. */
async function followed(chosen: number | 'auto', ...ages: (number | null | 'fails')[]) {
  let asked = 0
  const session = {
    settings: { ...settings, metricsLag: chosen },
    clock: { now: () => now },
    metrics: {
      newestSample: async () => {
        const age = ages[asked++] ?? null
        if (age === 'fails') throw new Failure('timeout', 'no answer')
        return age === null ? null : now - age * 1000
      },
    },
  } as unknown as Session
  for (const _ of ages) await followLag(session, 'a.b.svc', never)
  return { lag: currentSettings(session).metricsLag / 1000, asked }
}

test.each<[string, number | 'auto', (number | null | 'fails')[], number]>([
  ['a fresh store keeps the usual lag', 'auto', [1.2], 5],
  ['a late one is followed, in whole seconds', 'auto', [115.2], 118],
  ['one that gets later, too', 'auto', [20, 60, 90], 92],
  ['one that catches up may be late again', 'auto', [90, 3], 92],
  ['silence changes nothing', 'auto', [30, null], 32],
  ['no answer neither', 'auto', [30, 'fails'], 32],
  ['never further than samples show', 'auto', [299], 240],
  ['a clock that is behind asks no future', 'auto', [-40], 5],
  ['a lag that was chosen stays', 9_000, [115], 9],
])('%s', async (_name, chosen, ages, lag) => {
  expect(await followed(chosen, ...ages)).toEqual({ lag, asked: chosen === 'auto' ? ages.length : 0 })
})

test('before anything was measured auto is the usual lag', () => {
  expect(metricsLag({ metricsLag: 'auto' })).toBe(5_000)
})
