import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import type { Outcome } from '../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../src/release/record/record.ts'
import { oddAnswers, type ProxiedRequest, type ProxyFault } from '../support/fault-proxy.ts'
import { type LiveCluster, openLiveCluster } from '../support/live-cluster.ts'
import { liveFlags } from '../support/live-release.ts'

jest.setTimeout(120_000)

const flags = {
  ...liveFlags,
  'step-timeout': '4m',
}

const names = Object.keys(oddAnswers) as (keyof typeof oddAnswers)[]
/** The long form meets every answer at every kind of request; the short one a share of the pairs, the same each time. */
const long = process.env['SHIFTGATE_CHAOS_RUNS'] !== undefined
const turns = long ? names.map((_, turn) => turn) : [0, 10]

const keyOf = ({ method, path }: ProxiedRequest) => `${method} ${path.split('?')[0]}`

/**
 * odd answers each kind of request wrongly: a read every other time, a write four times of five, each time in another
 * way. `turn` chooses which answer comes first.
 */
function odd(turn: number): (request: ProxiedRequest) => ProxyFault | null {
  const counts = new Map<string, number>()
  return (request) => {
    const key = keyOf(request)
    const count = counts.get(key) ?? 0
    counts.set(key, count + 1)
    const every = request.method === 'GET' ? 2 : 5
    if (count % every === every - 1) return null
    const at = turn + [...counts.keys()].indexOf(key) + count
    return oddAnswers[names[at % names.length] as keyof typeof oddAnswers]
  }
}

/** fewTimes gives each kind of request the same odd answer a few times in a row, and then the true one. */
function fewTimes(fault: ProxyFault, times: number): (request: ProxiedRequest) => ProxyFault | null {
  const counts = new Map<string, number>()
  return (request) => {
    const key = keyOf(request)
    counts.set(key, (counts.get(key) ?? 0) + 1)
    return (counts.get(key) as number) <= times ? fault : null
  }
}

let live: LiveCluster
let fresh: readonly KubeObject[]
beforeAll(async () => {
  live = await openLiveCluster()
  fresh = live.save()
})
afterAll(() => live.close())

const end = (outcome: Outcome | null) => [outcome?.exitCode, outcome?.result, ...live.canaryShare()]

/** release runs a rollout; odd answers begin with the first event that is `from`, or at once. */
async function release(turn: number, canaryFails: number, from: RecordEvent['type'] | null, stop = false) {
  live.restore(fresh)
  live.canaryFails = canaryFails
  const cancel = new AbortController()
  if (from === null) live.proxy.choose(odd(turn))
  const outcome = await live.run('rollout', flags, {
    signal: cancel.signal,
    onEvent: ({ type }) => {
      if (type !== from || live.proxy.requests.at(-1)?.fault) return
      live.proxy.choose(odd(turn))
      if (stop) cancel.abort()
    },
  })
  live.proxy.choose(null)
  return end(outcome)
}

describe('odd answers of every kind to requests of every kind', () => {
  test.each(turns)("on the way up don't end a good release (%d)", async (turn) => {
    expect(await release(turn, 0.001, 'settled')).toEqual([0, 'promoted', 100])
  })

  test.each(turns)('during a roll-back cost time, and not the roll-back (%d)', async (turn) => {
    expect(await release(turn, 0.4, 'step-end')).toEqual([1, 'rolled-back', 0])
  })

  test.each(turns)('after a signal cost time, and not the roll-back (%d)', async (turn) => {
    expect(await release(turn, 0.001, 'settled', true)).toEqual([4, 'rolled-back', 0])
  })
})

describe('the same odd answer several times in a row', () => {
  test('does not keep a good release from beginning', async () => {
    const ends = []
    for (const name of names) {
      live.restore(fresh)
      live.proxy.choose(fewTimes(oddAnswers[name], 3))
      ends.push([name, ...end(await live.run('preflight', flags))])
      live.proxy.choose(null)
    }
    expect(ends).toEqual(names.map((name) => [name, 0, 'ok', 0]))
  })

  test('does not keep abort, reconcile, rollback and post from putting traffic back', async () => {
    live.restore(fresh)
    live.canaryFails = 0.001
    const cancel = new AbortController()
    const run = { hasPost: true, signal: cancel.signal }
    const main = await live.run('rollout', flags, {
      ...run,
      onEvent: ({ type }) => {
        if (type === 'settled') cancel.abort()
      },
    })
    expect(end(main)).toEqual([4, 'in-progress', 20])
    const holder = live.release()?.holder ?? ''
    const left = live.save()
    const commands = ['abort', 'reconcile', 'rollback', 'post'] as const
    const expected = { abort: 0, reconcile: 0, rollback: 0, post: 4 }
    const pairs = names.flatMap((name, at) =>
      (long ? commands : [commands[at % commands.length] as (typeof commands)[number]]).map(
        (command) => [name, command] as const,
      ),
    )
    const ends = []
    for (const [name, command] of pairs) {
      live.restore(left)
      live.proxy.choose(fewTimes(oddAnswers[name], 5))
      const outcome =
        command === 'post'
          ? await live.run('rollout', flags, { postOf: holder })
          : await live.run(command, { 'capacity-timeout': '1m' })
      ends.push([name, command, ...end(outcome)])
      live.proxy.choose(null)
    }
    expect(ends).toEqual(pairs.map(([name, command]) => [name, command, expected[command], 'rolled-back', 0]))
  })
})

const empty = (kind: string) => ({
  kind: 'answer' as const,
  status: 200,
  headers: { 'content-type': 'application/json' },
  body: JSON.stringify({ kind: `${kind}List`, apiVersion: 'v1', metadata: {}, items: [] }),
})

describe('lists that are empty for a while', () => {
  test('are not believed while the objects are there by name', async () => {
    live.restore(fresh)
    const cancel = new AbortController()
    await live.run(
      'rollout',
      { ...flags, 'on-cancel': 'ignore' },
      {
        signal: cancel.signal,
        onEvent: ({ type }) => {
          if (type === 'settled') cancel.abort()
        },
      },
    )
    const left = live.save()
    const ends = []
    for (const [kind, plural] of [
      ['VirtualService', '/virtualservices'],
      ['DestinationRule', '/destinationrules'],
      ['Pod', '/pods'],
      ['Deployment', '/deployments'],
    ] as const) {
      live.restore(left)
      const isList = ({ path }: ProxiedRequest) => path.split('?')[0]?.endsWith(plural) === true
      let lists = 0
      live.proxy.choose((request) => (isList(request) && lists++ < 3 ? empty(kind) : null))
      ends.push([kind, ...end(await live.run('abort', {}))])
      live.proxy.choose(null)
    }
    expect(ends).toEqual(
      ['VirtualService', 'DestinationRule', 'Pod', 'Deployment'].map((kind) => [kind, 0, 'rolled-back', 0]),
    )
  })
})
