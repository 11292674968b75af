import { expect, test } from '@jest/globals'
import { createApi } from '../../src/metrics/http/api.ts'
import { good, never } from './prometheus-stub.ts'

const ours = 1_700_000_000_250

/** Each row: what the answer's header shows, and by how many ms the store is ahead of us then. */
test.each<[string, string | null, number | null]>([
  ['the same second', new Date(ours).toUTCString(), 250],
  ['a minute ahead', new Date(ours + 60_000).toUTCString(), 60_250],
  ['behind', new Date(ours - 7_000).toUTCString(), -6_750],
  ['no header', null, null],
  ['no date', 'yesterday', null],
])('%s', async (_name, date, skew) => {
  const transport = async () => ({
    status: 200,
    contentType: 'application/json',
    text: good,
    retryAfter: null,
    date,
  })
  const policy = {
    callTimeout: 1000,
    deadline: 1000,
    random: () => 0.5,
    now: () => ours,
    sleep: async () => {},
  }
  expect(await createApi(transport, policy, (text) => text).clockSkew(never)).toBe(skew)
})
