import { expect, test } from '@jest/globals'
import { localHolder, parseHolder, runHolder } from '../../src/ci/ci.ts'
import { isDeadHolder, processPlace } from '../../src/wiring/holder.ts'

const attempt = 'https://github.com/octo/shop/actions/runs/7/attempts/2'
const process = { hostname: 'runner-1.internal', pid: 42, nonce: 'cafe0123', place: '0badcafe' }
const here = { hostname: 'runner-1.internal', place: '0badcafe', isAlive: () => false }

test.each([
  ['of a run', runHolder(attempt, process)],
  ['of a command line', localHolder(process)],
])('a holder %s names its process', (_name, holder) => {
  expect(parseHolder(holder)).toEqual({ hostname: 'runner-1.internal', pid: 42, place: '0badcafe' })
  expect({
    dead: isDeadHolder(holder, here),
    alive: isDeadHolder(holder, { ...here, isAlive: () => true }),
    elsewhere: isDeadHolder(holder, { ...here, hostname: 'runner-2' }),
    // Another machine, boot or container of the same name, where the same pid is nobody's.
    sameName: isDeadHolder(holder, { ...here, place: '1badcafe' }),
    untold: isDeadHolder(holder, { ...here, place: null }),
  }).toEqual({ dead: true, alive: false, elsewhere: false, sameName: false, untold: false })
})

test('a holder of a system that tells no places is never known to be dead', () => {
  for (const place of [null, undefined]) {
    const holder = runHolder(attempt, {
      hostname: 'runner-1.internal',
      pid: 42,
      nonce: 'cafe',
      ...(place === null ? { place } : {}),
    })
    expect(parseHolder(holder)).toEqual({ hostname: 'runner-1.internal', pid: 42, place: null })
    expect([isDeadHolder(holder, here), isDeadHolder(holder, { ...here, place: null })]).toEqual([
      false,
      false,
    ])
  }
})

test.each([
  '',
  'watchdog',
  'a/b/c',
  `${attempt}#x-cafe.0badcafe@runner-1.internal`,
  `${attempt}#42-cafe.0badcafe`,
  'runner-1.internal/0-cafe.0badcafe',
  'runner-1.internal/99999999999-cafe.0badcafe',
])('%j names no process that could be known to be dead', (holder) => {
  expect(isDeadHolder(holder, here)).toBe(false)
})

test('this very process lives', () => {
  const { pid } = globalThis.process
  const place = processPlace()
  expect(
    isDeadHolder(localHolder({ hostname: 'h', pid, nonce: 'x', place }), {
      hostname: 'h',
      place,
      isAlive: () => true,
    }),
  ).toBe(false)
  expect(isDeadHolder(localHolder({ hostname: 'h', pid, nonce: 'x', place }))).toBe(false)
})

test('a place is one boot of one machine and one pid namespace, and none where the system tells only one of them', () => {
  const files = (boot: string, pids: string) => ({ text: () => boot, link: () => pids })
  const gone = () => {
    throw new Error('ENOENT')
  }
  const place = processPlace(files('a', 'pid:[1]'))
  expect(place).toMatch(/^[0-9a-f]{8}$/)
  expect(processPlace(files('a\n', 'pid:[1]'))).toBe(place)
  expect(processPlace(files('b', 'pid:[1]'))).not.toBe(place)
  expect(processPlace(files('a', 'pid:[2]'))).not.toBe(place)
  expect(processPlace(files('', 'pid:[1]'))).toBeNull()
  expect(processPlace({ text: gone, link: () => 'pid:[1]' })).toBeNull()
  expect(processPlace({ text: () => 'a', link: gone })).toBeNull()
})
