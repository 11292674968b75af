import { expect, test } from '@jest/globals'
import type { KubeApi } from '../../src/cluster/api/kube-api.ts'
import { createWatchdogClient } from '../../src/cluster/watchdog/client.ts'
import { Failure, type FailureCode } from '../../src/release/failure.ts'

const target = { namespace: 'shop', service: 'my-api', lease: 'shiftgate-my-api' }
const never = new AbortController().signal

type Answer = FailureCode | 'confirmed' | 'there'

/** A cluster whose CronJob is answered as `answers` say, in order; the last one stays. */
function client(...answers: Answer[]) {
  const sent: string[] = []
  let reads = 0
  const answer = (): object => {
    const now = answers[Math.min(reads++, answers.length - 1)] as Answer
    if (now === 'there') return {}
    if (now === 'confirmed') throw new Failure('forbidden', 'no.', { details: { confirmed: true } })
    throw new Failure(now, 'odd.', { details: { confirmed: false } })
  }
  const api = {
    read: async () => answer(),
    send: async ({ method, path }: { method: string; path: string }) => {
      sent.push(`${method} ${path.split('/').at(-2)}`)
      return { body: {}, warnings: [] }
    },
  }
  return { watchdog: createWatchdogClient(api as unknown as KubeApi), sent }
}

const job = ['POST shop']
const wake = ['PATCH cronjobs']

test.each([
  ['is there', ['there'], wake],
  ['is not', ['not-found'], job],
  ['may not be seen, says the authorizer', ['confirmed'], job],
  ['is missing for one odd answer', ['not-found', 'there'], wake],
  ['is not served', ['kind-not-served'], job],
  ['is forbidden by an answer that nobody confirms', ['forbidden'], null],
  ['can not be read', ['server-error'], null],
] as const)('the CronJob %s: what is started', async (_, answers, expected) => {
  const { watchdog, sent } = client(...answers)
  const started = watchdog.startWatchdog(target, 'image', never)
  if (expected === null) await expect(started).rejects.toThrow('odd.')
  else await started
  expect(sent).toEqual(expected ?? [])
})

test('a CronJob that may still be awake is said, and the rest is taken away all the same', async () => {
  const { watchdog, sent } = client('server-error')
  await expect(watchdog.stopWatchdog(target, never)).rejects.toThrow('odd.')
  expect(sent.map((text) => text.split(' ')[0])).toEqual(['DELETE', 'DELETE'])
})
