import { expect, test } from '@jest/globals'
import { callPace } from '../../src/wiring/call-pace.ts'

const timeoutOf = (sandbox: boolean, SHIFTGATE_SANDBOX_CALL_TIMEOUT: string) =>
  callPace(sandbox, { SHIFTGATE_SANDBOX_CALL_TIMEOUT }).callTimeout

test('a call may take ten seconds; less only towards the sandbox, where somebody asks for it', () => {
  expect(['2000', '', '-1', '60000', 'x'].map((asked) => timeoutOf(true, asked))).toEqual([
    2000, 10_000, 10_000, 10_000, 10_000,
  ])
  expect(timeoutOf(false, '2000')).toBe(10_000)
})

test('pauses between tries are a twentieth towards the sandbox, and end with their signal', async () => {
  const start = performance.now()
  await callPace(true, {}).sleep(2000, new AbortController().signal)
  expect(performance.now() - start).toBeLessThan(1000)
  const enough = new Error('enough')
  await expect(callPace(true, {}).sleep(2000, AbortSignal.abort(enough))).rejects.toBe(enough)
  await expect(callPace(false, {}).sleep(2000, AbortSignal.abort(enough))).rejects.toBe(enough)
})
