import assert from 'node:assert/strict'
import type { MeshContract, Tally } from './mesh-wire.ts'

/** MeshCase is one row of how the data plane and its telemetry behave. It leaves no route and no rule behind. */
export interface MeshCase {
  title: string
  run(mesh: MeshContract): Promise<void>
}

/** How long a mesh may take to follow a change of config, in seconds: Istio's debounce limit and a little. */
const followed = 15

/** shareNear asserts that a count lies within four standard deviations of a share of all. */
function shareNear(count: number, all: number, share: number): void {
  const deviation = Math.sqrt(all * share * (1 - share))
  assert.ok(Math.abs(count - all * share) <= 4 * deviation + 1e-9, `${count} of ${all}, not ${share}`)
}

function ok(tally: Tally): number {
  return tally.byCode['200'] ?? 0
}

/** pinned makes both subsets and sends all traffic to stable, and waits until that holds. */
async function pinned(mesh: MeshContract): Promise<void> {
  await mesh.rule([mesh.stable, mesh.canary])
  await mesh.pause(followed * 1000)
  await mesh.route([mesh.to(mesh.stable, 100), mesh.to(mesh.canary, 0)])
  await settled(mesh, mesh.stable)
}

/** settled waits until every call of a hundred is answered by one version. */
function settled(mesh: MeshContract, version: string): Promise<void> {
  return mesh.until(followed, `all calls reach ${version}`, async () => {
    const tally = await mesh.send(100)
    return tally.byVersion[version] === 100 && ok(tally) === 100
  })
}

export const meshCases: readonly MeshCase[] = [
  {
    title: 'without a route, ready pods share the calls, whatever their version',
    async run(mesh) {
      await mesh.until(followed, 'both versions answer', async () => {
        const { byVersion } = await mesh.send(200)
        return (byVersion[mesh.stable] ?? 0) > 0 && (byVersion[mesh.canary] ?? 0) > 0
      })
      await mesh.pause(followed * 1000)
      const pods = await mesh.contract.get(`/api/v1/namespaces/${mesh.contract.namespace}/pods`)
      const items = pods.object.items as {
        metadata: { labels?: Record<string, string> }
        status: { conditions?: { type: string; status: string }[] }
      }[]
      const ready = (version: string): number =>
        items.filter(
          ({ metadata, status }) =>
            metadata.labels?.['version'] === version &&
            metadata.labels?.['app'] === mesh.service &&
            status.conditions?.some(({ type, status: holds }) => type === 'Ready' && holds === 'True'),
        ).length
      const canary = ready(mesh.canary)
      const tally = await mesh.send(1500)
      shareNear(tally.byVersion[mesh.canary] ?? 0, tally.sent, canary / (canary + ready(mesh.stable)))
    },
  },
  {
    title: 'a subset that does not exist fails exactly its share with 503; it ends when the subset is there',
    async run(mesh) {
      await mesh.rule([mesh.stable])
      await mesh.route([mesh.to(mesh.stable, 90), mesh.to(mesh.canary, 10)])
      await mesh.until(followed, 'some calls fail', async () => ok(await mesh.send(100)) < 100)
      await mesh.pause(followed * 1000)
      const tally = await mesh.send(2000)
      shareNear(tally.byCode['503'] ?? 0, tally.sent, 0.1)
      assert.equal(ok(tally) + (tally.byCode['503'] ?? 0), tally.sent)
      assert.equal(tally.byVersion[mesh.canary] ?? 0, 0)
      await mesh.rule([mesh.stable, mesh.canary])
      await mesh.until(followed, 'no call fails', async () => ok(await mesh.send(300)) === 300)
    },
  },
  {
    title: 'subset before route, route before subset on the roll-back, each with room: no call fails',
    async run(mesh) {
      await mesh.rule([mesh.stable])
      await mesh.pause(followed * 1000)
      await mesh.route([mesh.to(mesh.stable, 100)])
      await settled(mesh, mesh.stable)
      const steps: (() => Promise<void>)[] = [
        () => mesh.rule([mesh.stable, mesh.canary]),
        () => mesh.route([mesh.to(mesh.stable, 50), mesh.to(mesh.canary, 50)]),
        () => mesh.route([mesh.to(mesh.stable, 100)]),
        () => mesh.rule([mesh.stable]),
      ]
      for (let round = 0; round < 3; round += 1) {
        for (const step of steps) {
          await step()
          for (let second = 0; second < followed; second += 1) {
            const tally = await mesh.send(50)
            assert.equal(ok(tally), tally.sent, JSON.stringify(tally))
            await mesh.pause(1000)
          }
        }
      }
    },
  },
  {
    title: 'all to the canary and back: no call fails, and each side gets everything in the end',
    async run(mesh) {
      await pinned(mesh)
      for (const version of [mesh.canary, mesh.stable]) {
        const other = version === mesh.canary ? mesh.stable : mesh.canary
        await mesh.route([mesh.to(version, 100), mesh.to(other, 0)])
        for (let second = 0; second < 5; second += 1) {
          const tally = await mesh.send(50)
          assert.equal(ok(tally), tally.sent)
          await mesh.pause(1000)
        }
        await settled(mesh, version)
      }
    },
  },
  {
    title: 'weights are relative: 50 and 40',
    async run(mesh) {
      await pinned(mesh)
      await mesh.route([mesh.to(mesh.stable, 50), mesh.to(mesh.canary, 40)])
      await mesh.pause(followed * 1000)
      const tally = await mesh.send(1500)
      shareNear(tally.byVersion[mesh.canary] ?? 0, tally.sent, 4 / 9)
    },
  },
  {
    title: 'a destination alone gets all, whatever its weight; of two, one without a weight gets nothing',
    async run(mesh) {
      await pinned(mesh)
      await mesh.route([mesh.to(mesh.canary, 10)])
      await settled(mesh, mesh.canary)
      await mesh.route([mesh.to(mesh.stable, 10), mesh.to(mesh.canary)])
      await settled(mesh, mesh.stable)
    },
  },
  {
    title: 'a subset without a ready pod: 503 for its share',
    async run(mesh) {
      await mesh.rule([mesh.stable, 'no-such-version'])
      await mesh.pause(followed * 1000)
      await mesh.route([mesh.to(mesh.stable, 80), mesh.to('no-such-version', 20)])
      await mesh.pause(followed * 1000)
      const tally = await mesh.send(1500)
      shareNear(tally.byCode['503'] ?? 0, tally.sent, 0.2)
    },
  },
  {
    title: 'telemetry counts every call once for the caller and once for the pod, by workload',
    async run(mesh) {
      await pinned(mesh)
      await mesh.route([mesh.to(mesh.stable, 70), mesh.to(mesh.canary, 30)])
      await mesh.pause(followed * 1000)
      const by = (reporter: string, version: string): string =>
        `sum(last_over_time(istio_requests_total{reporter="${reporter}",destination_service="${mesh.host}",destination_version="${version}"}[5m]))`
      const all = (): Promise<number[]> =>
        Promise.all(
          ['source', 'destination'].flatMap((reporter) =>
            [mesh.stable, mesh.canary].map((version) => mesh.query(by(reporter, version))),
          ),
        )
      await mesh.pause(mesh.scraped * 1000)
      const before = await all()
      const tally = await mesh.send(1000)
      assert.equal(ok(tally), tally.sent)
      await mesh.pause(mesh.scraped * 1000)
      const grown = (await all()).map((count, index) => count - (before[index] ?? 0))
      const wanted = [mesh.stable, mesh.canary].map((version) => tally.byVersion[version] ?? 0)
      assert.deepEqual(grown, [...wanted, ...wanted])
      const [series] = await mesh.series(
        `istio_requests_total{reporter="destination",destination_service="${mesh.host}",destination_version="${mesh.canary}",response_code="200"}`,
      )
      for (const label of [
        'instance',
        'pod',
        'namespace',
        'source_workload',
        'destination_workload',
        'destination_workload_namespace',
        'destination_canonical_revision',
        'request_protocol',
        'response_flags',
      ]) {
        assert.notEqual(series?.[label] ?? '', '', `label ${label}`)
      }
      if (mesh.mutualTls) assert.equal(series?.['connection_security_policy'], 'mutual_tls')
    },
  },
  {
    title: 'calls that reached nobody are told by NC and UH, destination labels unknown, at the source only',
    async run(mesh) {
      await mesh.rule([mesh.stable, 'no-such-version'])
      await mesh.pause(followed * 1000)
      await mesh.route([mesh.to(mesh.canary, 50), mesh.to('no-such-version', 50)])
      await mesh.pause(followed * 1000)
      await mesh.send(10)
      await mesh.pause(mesh.scraped * 1000)
      const lost = (flag: string): string =>
        `sum(last_over_time(istio_requests_total{reporter="source",destination_workload="unknown",response_code="503",response_flags="${flag}"}[5m]))`
      const before = [await mesh.query(lost('NC')), await mesh.query(lost('UH'))]
      const tally = await mesh.send(400)
      assert.equal(tally.byCode['503'], 400)
      await mesh.pause(mesh.scraped * 1000)
      const grown = [await mesh.query(lost('NC')), await mesh.query(lost('UH'))].map(
        (count, index) => count - (before[index] ?? 0),
      )
      assert.equal((grown[0] ?? 0) + (grown[1] ?? 0), 400)
      shareNear(grown[0] ?? 0, 400, 0.5)
      const [unhealthy] = await mesh.series(
        `istio_requests_total{response_flags="UH",destination_service="${mesh.host}"}`,
      )
      assert.equal(unhealthy?.['destination_version'], 'unknown')
      assert.equal(unhealthy?.['destination_service_name'], mesh.service)
      const atPods = await mesh.series('istio_requests_total{reporter="destination",response_flags=~"NC|UH"}')
      assert.equal(atPods.length, 0)
    },
  },
  {
    title: 'every proxy that reports is a target with up, and tells when it started',
    async run(mesh) {
      await mesh.pause(mesh.scraped * 1000)
      const reporting = await mesh.series(
        `count by (instance) (istio_requests_total{destination_service="${mesh.host}"})`,
      )
      assert.ok(reporting.length >= 3, `${reporting.length} targets`)
      for (const { instance } of reporting) {
        assert.equal(await mesh.query(`up{instance="${instance}"}`), 1, `up of ${instance}`)
        assert.ok(
          (await mesh.query(`process_start_time_seconds{instance="${instance}"}`)) > 0,
          `start of ${instance}`,
        )
      }
    },
  },
]

/** runMeshCase runs one row and takes away what it wrote, and waits until that is gone from the mesh. */
export async function runMeshCase(one: MeshCase, mesh: MeshContract): Promise<void> {
  try {
    await one.run(mesh)
  } finally {
    await mesh.route(null)
    await mesh.pause(followed * 1000)
    await mesh.rule(null)
    await mesh.pause(followed * 1000)
  }
}
