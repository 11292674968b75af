import { describe, expect, test } from '@jest/globals'
import { releaseCommit, releasePull } from '../../src/sandbox/forge/state.ts'
import type { Bench } from '../support/program.ts'
import { withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'

const env = { GITHUB_REPOSITORY: 'example/shop', GITHUB_SHA: releaseCommit, GITHUB_RUN_ID: '77' }

const flagsFor = ({ sandbox }: Bench) => ({
  ...quickFlags,
  token: sandbox.forge.state.token,
  'github-api-url': sandbox.githubUrl,
})

const reported = ({ sandbox }: Bench) => sandbox.requests.filter(({ server }) => server === 'github')
const posted = (bench: Bench) =>
  reported(bench)
    .filter(({ method }) => method === 'POST')
    .filter(({ path }) => path.includes('/comments'))
const edited = (bench: Bench) => reported(bench).filter(({ method }) => method === 'PATCH')

describe('the comment on the pull request', () => {
  test('is one, found by commit, edited in place as the release goes on, its verdict in the first line', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { outcome } = await bench.run('rollout', flagsFor(bench), { env })
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      const { comments } = bench.sandbox.forge.state
      expect(comments).toHaveLength(1)
      expect(comments[0]?.issue).toBe(releasePull)
      expect(outcome.commentUrl).toContain(`/pull/${releasePull}#issuecomment-${comments[0]?.id}`)
      const lines = (comments[0]?.body ?? '').split('\n').filter((line) => line !== '')
      const shown = lines.filter((line) => !line.startsWith('<!--'))
      expect(lines.filter((line) => line.startsWith('<!--')).join()).toContain('shiftgate')
      expect(shown[0]).toMatch(/v2 is serving all of shop\/my-api/)
      expect(shown.join('\n')).toMatch(/\| *20%/)
      expect(posted(bench)).toHaveLength(1)
      expect(edited(bench).length).toBeGreaterThanOrEqual(3)
      expect(posted(bench)[0]?.body).not.toContain('is serving all')
      const seen = reported(bench).length
      for (const command of ['status', 'pin', 'plan'] as const) {
        const { token, 'github-api-url': url } = flagsFor(bench)
        await bench.run(command, { token, 'github-api-url': url }, { env })
      }
      expect(reported(bench).slice(seen)).toEqual([])
      expect(comments).toHaveLength(1)
    })
  }, 60_000)

  test('goes to the pull request that the commit names, where GitHub has not linked it yet', async () => {
    await withBench({ scenario: quickScenario({}, 'errors'), seed: 3 }, async (bench) => {
      for (const commit of bench.sandbox.forge.state.commits) commit.pulls = []
      const { outcome } = await bench.run('rollout', flagsFor(bench), { env })
      expect(outcome).toMatchObject({ exitCode: 1, result: 'rolled-back' })
      const [comment] = bench.sandbox.forge.state.comments
      expect(comment?.issue).toBe(releasePull)
      const shown = (comment?.body ?? '')
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('<!--'))
      expect(shown[0]).toMatch(/v2.*rolled back/)
    })
  }, 60_000)

  test('stays away where nobody wants it', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const flags = { ...flagsFor(bench), comment: 'false', steps: '100' }
      expect((await bench.run('rollout', flags, { env })).outcome).toMatchObject({
        exitCode: 0,
        commentUrl: null,
      })
      expect(reported(bench)).toEqual([])
    })
  }, 60_000)
})
