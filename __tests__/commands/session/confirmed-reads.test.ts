import { expect, test } from '@jest/globals'
import { confirmReads } from '../../../src/commands/session/confirmed-reads.ts'
import { createTryAgain } from '../../../src/commands/session/patient-reads.ts'
import { Failure, type FailureCode } from '../../../src/release/failure.ts'
import type { WorkloadsSnapshot } from '../../../src/release/kubernetes.ts'
import type { EventBody } from '../../../src/release/record/event-body.ts'
import {
  readPatience,
  routeConfirmation,
  workloadConfirmation,
} from '../../../src/rollout/lifecycle/read-confirmation.ts'
import type { LeasePort } from '../../../src/rollout/ports.ts'
import { createInMemoryRouting } from '../../../src/simulation/in-memory-routing.ts'

const signal = new AbortController().signal
const whole = { objects: ['VirtualService a/a'], destinations: ['v1', 'v2'], noted: ['VirtualService a/a'] }
const long = [2000, 3000, 5000]

test.each([
  ['the same again', whole, whole, false, []],
  ['more than before', whole, { ...whole, destinations: ['v1', 'v2', 'v3'] }, false, []],
  ['an object that vanished', whole, { ...whole, objects: [] }, false, long],
  ['a release that vanished', whole, { ...whole, noted: [] }, true, long],
  ['a destination that vanished', whole, { ...whole, destinations: ['v1'] }, false, long],
  ['a destination after a write of our own', whole, { ...whole, destinations: ['v1'] }, true, [2000]],
  ['an empty first answer', null, { objects: [], destinations: [], noted: [] }, false, [2000]],
  ['a first answer', null, whole, false, []],
])('routes: %s', (_, before, now, written, waits) => {
  expect(routeConfirmation(before, now, written)).toEqual(waits)
})

const item = { readyReplicas: 0, labels: {} } as never
const counted = { readyReplicas: 3, labels: { 'pod-template-hash': 'x' } } as never
const running: WorkloadsSnapshot = { service: item, workloads: [item], pods: [item, item] }
test.each([
  ['fewer pods', running, { ...running, pods: [item] }, []],
  ['no pod any more', running, { ...running, pods: [] }, long],
  ['no Deployment any more', running, { ...running, workloads: [] }, long],
  ['no Service any more', running, { ...running, service: null }, long],
  ['no Deployment at first', null, { ...running, workloads: [] }, [2000]],
  [
    'no pod of a Deployment that counts ready ones',
    null,
    { ...running, workloads: [counted], pods: [] },
    long,
  ],
  ['pods of Deployments, and no Deployment', null, { ...running, workloads: [], pods: [counted] }, long],
])('workloads: %s', (_, before, now, waits) => {
  expect(workloadConfirmation(before, now)).toEqual(waits)
})

/** Ports whose workloads are answered as `answers` say, in order; the last one stays. */
function reading(answers: (WorkloadsSnapshot | FailureCode)[], held = false, stopping = false, lasts = 0) {
  let reads = 0
  let slept = 0
  const port = {
    workloads: async () => {
      slept += lasts
      const answer = answers[Math.min(reads++, answers.length - 1)] as WorkloadsSnapshot | FailureCode
      if (typeof answer === 'string') throw new Failure(answer, 'odd.')
      return answer
    },
  }
  const sleep = async (ms: number): Promise<void> => {
    slept += ms
  }
  const clock = { now: () => slept, sleep }
  const target = { namespace: 'shop', service: 'api', clusterDomain: 'cluster.local' }
  const recorded: EventBody[] = []
  const record = (event: EventBody) => void recorded.push(event)
  const again = createTryAgain({ clock, record, holds: () => held, patience: readPatience.usual }, 'cluster')
  const terms = { clock, again, target: () => target, stopping: () => stopping }
  const ports = { routing: createInMemoryRouting('v1'), workloads: port, leases: {} as LeasePort }
  const { workloads } = confirmReads(ports, terms)
  return {
    read: () => workloads.workloads('shop', 'api', signal),
    facts: () => ({ reads, slept }),
    recorded,
  }
}

const gone: WorkloadsSnapshot = { service: null, workloads: [], pods: [] }

test('one odd answer changes nothing', async () => {
  const { read, facts } = reading([running, gone, running])
  await read()
  expect(await read()).toBe(running)
  expect(facts()).toEqual({ reads: 3, slept: 2000 })
})

test('what every answer of ten seconds says is believed, and not asked again', async () => {
  const { read, facts } = reading([running, gone])
  await read()
  expect(await read()).toBe(gone)
  expect(facts()).toEqual({ reads: 5, slept: 10_000 })
  expect(await read()).toBe(gone)
  expect(facts().reads).toBe(6)
})

test('a run that was told to stop asks once more, and waits for nothing', async () => {
  const { read, facts } = reading([running, gone, gone, running], false, true)
  await read()
  expect(await read()).toBe(gone)
  expect(facts()).toEqual({ reads: 3, slept: 0 })
})

test('an odd answer that can not be confirmed is no answer', async () => {
  const { read } = reading([running, gone, 'unreachable'])
  await read()
  await expect(read()).rejects.toThrow('odd.')
})

test('an empty first answer is read again until one more says so, whatever fails between', async () => {
  const empty = { ...running, workloads: [] }
  expect(await reading([empty, 'timeout', 'unauthorized', running]).read()).toBe(running)
  expect(await reading([empty, 'too-large', empty]).read()).toBe(empty)
})

test('a read that fails is tried again before a release is held, and only then', async () => {
  expect(await reading(['server-error', 'bad-answer', running]).read()).toBe(running)
  await expect(reading(['server-error', running], true).read()).rejects.toThrow('odd.')
  await expect(reading(['invalid-input', running]).read()).rejects.toThrow('odd.')
})

test('a call that hung for longer than all patience is tried once more', async () => {
  expect(await reading(['timeout', running], false, false, 30_000).read()).toBe(running)
  await expect(reading(['timeout', 'timeout', running], false, false, 30_000).read()).rejects.toThrow('odd.')
})

test('that reads fail is said once, with the time for which they are tried again', async () => {
  const { read, recorded, facts } = reading(['server-error', running, 'timeout', running])
  await read()
  await read()
  expect(facts()).toEqual({ reads: 4, slept: 2000 })
  const details = { failure: 'server-error', within: 10_000, from: 'cluster' }
  expect(recorded).toEqual([{ type: 'warning', code: 'read-again', details }])
  const never = reading(['unreachable'])
  await expect(never.read()).rejects.toThrow('odd.')
  expect(never.facts().slept).toBe(9_000)
})
