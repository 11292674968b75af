import { expect, test } from '@jest/globals'
import { localHolder, parseHolder, runHolder } from '../../src/ci/ci.ts'
import { isDeadHolder } from '../../src/wiring/holder.ts'

const attempt = 'https://github.com/octo/shop/actions/runs/7/attempts/2'
const process = { hostname: 'runner-1.internal', pid: 42, nonce: 'cafe0123' }

test.each([
  ['of a run', runHolder(attempt, process)],
  ['of a command line', localHolder(process)],
])('a holder %s names its process', (_name, holder) => {
  expect(parseHolder(holder)).toEqual({ hostname: 'runner-1.internal', pid: 42 })
  const dead = isDeadHolder(holder, 'runner-1.internal', () => false)
  const alive = isDeadHolder(holder, 'runner-1.internal', () => true)
  const elsewhere = isDeadHolder(holder, 'runner-2', () => false)
  expect({ dead, alive, elsewhere }).toEqual({ dead: true, alive: false, elsewhere: false })
})

test.each([
  '',
  'watchdog',
  'a/b/c',
  `${attempt}#x-cafe@runner-1`,
  `${attempt}#42-cafe`,
  'runner-1/0-cafe',
  'runner-1/99999999999-cafe',
])('%j names no process that could be known to be dead', (holder) => {
  expect(isDeadHolder(holder, 'runner-1', () => false)).toBe(false)
})

test('this very process lives', () => {
  expect(isDeadHolder(localHolder({ hostname: 'h', pid: globalThis.process.pid, nonce: 'x' }), 'h')).toBe(
    false,
  )
})
