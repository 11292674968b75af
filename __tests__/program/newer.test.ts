import { describe, expect, test } from '@jest/globals'
import { releaseCommit, releasePull } from '../../src/sandbox/forge/state.ts'
import { scaleDeployment, setLeaseHolder } from '../support/by-hand.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags } from '../support/quick-release.ts'
import { runEnv, secondRelease, threeVersions, whileRunning } from '../support/second-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { changes, releaseIn } from '../support/wire.ts'

const supersede = { 'on-newer': 'supersede' }
const queue = { 'on-newer': 'queue' }
const turn = { ...quickFlags, mode: 'step' }
const newerCommit = 'b'.repeat(40)

const serving = (bench: Bench) => [
  ...new Set(
    routeWeights(bench.sandbox)
      .filter(({ share }) => share > 0)
      .map(({ version, share }) => `${version} ${share}`),
  ),
]

/** Fencing numbers of the states that were written, in their order. */
const fences = (bench: Bench): number[] =>
  changes(bench.sandbox).flatMap(({ body }) =>
    [...body.matchAll(/\\"fencingToken\\":(\d+)/g)].map(([, number]) => Number(number)),
  )

const forgeFlags = ({ sandbox: { forge, githubUrl } }: Bench) => ({
  token: forge.state.token,
  'github-api-url': githubUrl,
})

const commentOn = ({ sandbox }: Bench, pull: number) =>
  sandbox.forge.state.comments.filter(({ issue }) => issue === pull).map(({ body }) => body)

describe('a newer release that supersedes the one in flight', () => {
  test('the older process obeys and says by whom, then the newer begins', async () => {
    await withBench({ scenario: threeVersions(), seed: 3 }, async (bench) => {
      const { first, second } = await whileRunning(bench, /settled at 20%/, () =>
        secondRelease(bench, { ...supersede, mode: 'step' }),
      )
      expect(first.outcome).toMatchObject({ exitCode: 4, result: 'rolled-back', reasonCode: 'superseded' })
      expect(first.outcome.message).toContain(
        'Superseded by v3 (https://github.com/example/shop/actions/runs/1002',
      )
      expect(first.outcome.message).toContain('All traffic of shop/my-api is back on v1.')
      expect(bench.report('report.md')).toContain('Superseded by v3 (https:')
      expect(bench.record()).toContainEqual(expect.objectContaining({ type: 'command', name: 'supersede' }))
      expect(second.outcome).toMatchObject({
        exitCode: 0,
        result: 'in-progress',
        releaseId: 'my-api-v3-1002',
      })
      expect(releaseIn(bench.sandbox)).toMatchObject({
        canary: { version: 'v3' },
        stable: { version: 'v1' },
        superseded: ['v2'],
      })
      expect(serving(bench)).toEqual(['v1 0.8', 'v3 0.2'])
      const order = fences(bench)
      expect(order).toEqual([...order].sort((a, b) => a - b))
    })
  }, 120_000)

  test('one whose process is gone is taken over, its comment says so, and it does not come back', async () => {
    await withBench({ scenario: threeVersions(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const { commits, pulls } = sandbox.forge.state
      commits.push({ sha: newerCommit, message: 'Answer better (#43)', pulls: [43] })
      pulls.push({ ...(pulls[0] as (typeof pulls)[0]), number: 43, mergeCommit: newerCommit })
      const older = { ...runEnv('1001'), GITHUB_SHA: releaseCommit }
      await bench.run('rollout', { ...turn, ...forgeFlags(bench) }, { env: older })
      const { holder } = releaseIn(sandbox) as { holder: string }
      await setLeaseHolder(sandbox, holder)

      const flags = { ...supersede, ...forgeFlags(bench), mode: 'step' }
      const second = await secondRelease(bench, flags, { env: { GITHUB_SHA: newerCommit } })
      expect(second.stdout).toContain('superseding: Release my-api-v2-1001 of v2 is in flight at 20%')
      expect(second.outcome).toMatchObject({
        exitCode: 0,
        result: 'in-progress',
        releaseId: 'my-api-v3-1002',
      })
      const [comment] = commentOn(bench, releasePull)
      expect(comment).toMatch(/^.*v2 was rolled back at 20%: superseded by another run; v1 serves all/m)
      expect(comment).toContain('Superseded by v3 (https:')
      expect(commentOn(bench, 43)[0]).toMatch(/v3 of shop\/my-api/)

      const before = changes(sandbox).length
      const back = await bench.run('rollout', { ...turn, ...supersede }, { env: runEnv('1001', '2') })
      expect(back.outcome).toMatchObject({ exitCode: 3, result: 'refused', reasonCode: 'release-in-flight' })
      expect(back.outcome.message).toContain('This run is not newer than the one that began it')
      expect(changes(sandbox)).toHaveLength(before)
      expect(serving(bench)).toEqual(['v1 0.8', 'v3 0.2'])
    })
  }, 120_000)

  test('is refused, and the older left alone, where it could not begin, or nobody could take the traffic', async () => {
    await withBench({ scenario: threeVersions(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await bench.run('rollout', turn, { env: runEnv('1001') })
      const before = releaseIn(sandbox)
      expect(before).toMatchObject({ phase: 'observing', weight: 20 })
      const written = changes(sandbox).length
      const { outcome: pinned } = await bench.run('pin', { ...supersede, version: 'v3' })
      expect(pinned).toMatchObject({ exitCode: 0, reasonCode: 'pinned' })
      const refuse = async (flags: Record<string, string>, reasonCode: string, says: RegExp) => {
        const { outcome } = await secondRelease(bench, flags)
        expect(outcome).toMatchObject({ exitCode: 3, result: 'refused', reasonCode })
        expect(outcome.message).toMatch(says)
      }
      await refuse({ ...supersede, version: 'v9' }, 'target-not-ready', /version=v9.* goes on as it is/)
      await refuse({ ...queue, mode: 'step' }, 'release-in-flight', /held by/)
      scaleDeployment(sandbox, 'v1', 0)
      await sandbox.clock.advance(60_000)
      await refuse(supersede, 'stable-unavailable', /no ready pod to return to.*goes on as it is/)
      expect(changes(sandbox)).toHaveLength(written)
      expect(releaseIn(sandbox)).toEqual(before)
    })
  }, 120_000)
})

describe('a newer release in the queue', () => {
  test('waits for the end of the one in flight, says so in its comment, then begins', async () => {
    await withBench({ scenario: threeVersions(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const queued: string[] = []
      const { first, second } = await whileRunning(bench, /settled at 20%/, () =>
        secondRelease(
          bench,
          { ...queue, ...forgeFlags(bench), steps: '100' },
          {
            env: { GITHUB_SHA: releaseCommit },
            onLine: () =>
              queued.push(...commentOn(bench, releasePull).filter((body) => body.includes('waits'))),
          },
        ),
      )
      expect(first.outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      expect(second.outcome).toMatchObject({ exitCode: 0, result: 'promoted', releaseId: 'my-api-v3-1002' })
      expect(second.stdout.match(/queued: Release my-api-v2-1001 of v2 is in flight/g)).toHaveLength(1)
      expect(queued[0]).toMatch(/Release my-api-v2-1001 of v2 is in flight at 20%.*v3 begins when/)
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'promoted', stable: { version: 'v2' } })
      const order = fences(bench)
      expect(order).toEqual([...order].sort((a, b) => a - b))
    })
  }, 120_000)

  test('that waited too long, or is told to stop, ends with 3 and has written nothing', async () => {
    await withBench({ scenario: threeVersions(), seed: 3 }, async (bench) => {
      await bench.run('rollout', turn, { env: runEnv('1001') })
      const before = changes(bench.sandbox).length
      const late = await secondRelease(bench, { ...queue, 'queue-timeout': '2m' })
      expect(late.outcome).toMatchObject({ exitCode: 3, result: 'refused', reasonCode: 'release-in-flight' })
      expect(late.outcome.message).toContain('still after queue-timeout (2m). Nothing was changed.')
      const waited = await secondRelease(bench, queue, {
        onLine: (line, kill) => {
          if (line.includes('queued:')) kill('SIGTERM')
        },
      })
      expect(waited.outcome).toMatchObject({ exitCode: 3, result: 'refused', reasonCode: 'cancelled' })
      expect(changes(bench.sandbox)).toHaveLength(before)
    })
  }, 120_000)
})
