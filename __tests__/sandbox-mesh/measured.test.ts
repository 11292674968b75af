import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { createWorld, destinationRule, deviations, host, plain, pod, type World, weighted } from './world.ts'

/** stableWorld has two ready pods of v1. */
function stableWorld(options: Parameters<typeof createWorld>[1] = {}): World {
  const world = createWorld(plain, options)
  world.put(pod('p1', 'v1'))
  world.put(pod('p2', 'v1'))
  world.live(1)
  return world
}

function callersOf(world: World, version: string): number {
  return world.total({ reporter: 'source', destination_workload: `my-api-${version}` })
}

/** during gives what happens in a number of seconds, as differences. */
function during(
  world: World,
  seconds: number,
): { v1: number; v2: number; nc: number; uh: number; all: number } {
  const read = (): number[] => [
    callersOf(world, 'v1'),
    callersOf(world, 'v2'),
    world.total({ reporter: 'source', response_flags: 'NC' }),
    world.total({ reporter: 'source', response_flags: 'UH' }),
    world.total({ reporter: 'source' }),
  ]
  const before = read()
  world.live(seconds)
  const [v1, v2, nc, uh, all] = read().map((value, index) => value - (before[index] as number)) as [
    number,
    number,
    number,
    number,
    number,
  ]
  return { v1, v2, nc, uh, all }
}

describe('rows that were measured on a real mesh', () => {
  test('a ready pod without a route gets its share at once: one pod of three', () => {
    const world = stableWorld()
    world.put(pod('p3', 'v2'))
    world.live(1)
    const { v2, all } = during(world, 60)
    expect(deviations(v2, all, 1 / 3)).toBeLessThan(4)
  })

  test('a pod that is not ready gets nothing', () => {
    const world = stableWorld()
    world.put(pod('p3', 'v2', { ready: false }))
    expect(during(world, 20).v2).toBe(0)
  })

  test('a subset that does not exist fails exactly its share, 503 NC, destination unknown', () => {
    const world = stableWorld()
    world.put(pod('p3', 'v2'))
    world.put(destinationRule(['v1']))
    world.put(weighted({ v1: 90, v2: 10 }))
    world.live(1)
    const { nc, v1, v2, all } = during(world, 60)
    expect(deviations(nc, all, 0.1)).toBeLessThan(4)
    expect(v2).toBe(0)
    expect(nc + v1).toBe(all)
    const [sample] = world.samples({ response_flags: 'NC' })
    expect(sample?.labels).toMatchObject({
      reporter: 'source',
      response_code: '503',
      source_workload: 'web',
      destination_workload: 'unknown',
      destination_workload_namespace: 'unknown',
      destination_version: 'unknown',
      destination_canonical_revision: 'latest',
      destination_service: host,
      connection_security_policy: 'unknown',
    })
    world.put(destinationRule(['v1', 'v2']))
    world.live(1)
    expect(during(world, 30).nc).toBe(0)
  })

  test('route before subset, the other order with room between them, and what each costs', () => {
    const failedOf = (write: (world: World) => void): number => {
      const world = stableWorld({ propagation: {} })
      world.put(pod('p3', 'v2'))
      world.put(destinationRule(['v1']))
      world.put(weighted({ v1: 100, v2: 0 }))
      world.live(10)
      return [0, 1, 2, 3, 4].reduce((sum) => {
        const before = world.total({ response_flags: 'NC' })
        write(world)
        world.live(10)
        world.put(weighted({ v1: 100, v2: 0 }))
        world.live(10)
        world.put(destinationRule(['v1']))
        world.live(10)
        return sum + world.total({ response_flags: 'NC' }) - before
      }, 0)
    }
    const together = failedOf((world) => {
      world.put(weighted({ v1: 90, v2: 10 }))
      world.put(destinationRule(['v1', 'v2']))
    })
    const madeFirst = failedOf((world) => {
      world.put(destinationRule(['v1', 'v2']))
      world.live(10)
      world.put(weighted({ v1: 90, v2: 10 }))
    })
    expect(together).toBeGreaterThan(0)
    expect(madeFirst).toBe(0)
  })

  test('a shift arrives after debounce and propagation, not before', () => {
    const world = stableWorld({ propagation: { configMs: [1500, 1500], endpointMs: [0, 0] } })
    world.put(pod('p3', 'v2'))
    world.put(destinationRule(['v1', 'v2']))
    world.put(weighted({ v1: 100, v2: 0 }))
    world.live(5)
    world.put(weighted({ v1: 0, v2: 100 }))
    expect(during(world, 1).v2).toBe(0)
    // 1.6 s after the write the new weight holds: 0.4 of this second.
    const second = during(world, 1)
    expect(second.v2).toBeGreaterThan(40)
    expect(second.v1).toBeGreaterThan(60)
    expect(during(world, 10).v1).toBe(0)
  })

  test('writes that keep coming are held back, but no longer than the debounce limit', () => {
    const propagation = {
      configMs: [0, 0] as const,
      endpointMs: [0, 0] as const,
      debounceMs: 1500,
      debounceMaxMs: 10_000,
    }
    const world = stableWorld({ propagation })
    world.put(pod('p3', 'v2'))
    world.put(destinationRule(['v1', 'v2']))
    world.put(weighted({ v1: 100, v2: 0 }))
    world.live(20)
    let seen: number | null = null
    for (let second = 1; second <= 15; second += 1) {
      world.put(weighted({ v1: 0, v2: 100 + second }))
      if (during(world, 1).v2 > 0) seen ??= second
    }
    expect(seen).toBe(11)
  })

  test('a subset without ready pods: 503 UH for its share, the service known, the workload not', () => {
    const world = stableWorld()
    world.put(destinationRule(['v1', 'v2']))
    world.put(weighted({ v1: 75, v2: 25 }))
    world.live(1)
    const { uh, all } = during(world, 60)
    expect(deviations(uh, all, 0.25)).toBeLessThan(4)
    expect(world.samples({ response_flags: 'UH' })[0]?.labels).toMatchObject({
      response_code: '503',
      destination_workload: 'unknown',
      destination_version: 'unknown',
      destination_service: host,
      destination_service_name: 'my-api',
      destination_service_namespace: 'shop',
    })
  })

  test.each<[Record<string, number | null>, number]>([
    [{ v1: 100, v2: 0 }, 0],
    [{ v1: 50, v2: 50 }, 0.5],
    [{ v1: 50, v2: 40 }, 4 / 9],
    [{ v1: null, v2: 10 }, 1],
    [{ v1: 1, v2: null }, 0],
    [{ v2: 0 }, 1],
    [{ v2: null }, 1],
  ])('weights %j send a share of %d to v2', (weights, share) => {
    const world = stableWorld()
    world.put(pod('p3', 'v2'))
    world.put(destinationRule(['v1', 'v2']))
    world.put(weighted(weights))
    world.live(1)
    const { v2, all, nc } = during(world, 40)
    expect(nc).toBe(0)
    if (share === 0 || share === 1) expect(v2).toBe(all * share)
    else expect(deviations(v2, all, share)).toBeLessThan(4)
  })

  test('what was written last holds in the end, whatever the delays', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.nat(100), fc.nat(3)), { minLength: 1, maxLength: 8 }), (writes) => {
        const world = stableWorld({ propagation: {} })
        world.put(pod('p3', 'v2'))
        world.put(destinationRule(['v1', 'v2']))
        for (const [weight, pause] of writes) {
          world.put(weighted({ v1: 100 - weight, v2: weight }))
          world.live(pause)
        }
        world.put(weighted({ v1: 0, v2: 1 }))
        world.live(15)
        const { v1, nc } = during(world, 3)
        expect([v1, nc]).toEqual([0, 0])
      }),
      { numRuns: 20 },
    )
  })
})
