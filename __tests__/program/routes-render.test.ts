import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { routeManifests } from '../../src/sandbox/scenarios/shop.ts'
import { runProgram, withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'

jest.setTimeout(60_000)

const commented = `# routes of the shop
${routeManifests('v1').replace('timeout: 2s', 'timeout: 2s # the product asked for it')}`

const words = ['--namespace', 'shop', '--service', 'my-api', '--stable', 'v1', '--canary', 'v2']

const specs = (text: string): Record<string, unknown> =>
  Object.fromEntries(
    parseAllDocuments(text)
      .map((document) => document.toJS() as KubeObject | null)
      .filter((object) => object?.kind === 'VirtualService' || object?.kind === 'DestinationRule')
      .map((object) => [`${object?.kind} ${object?.metadata.name}`, object?.spec]),
  )

describe('render edits files as a release edits a cluster', () => {
  test('the same objects in both, and comments, order and other documents stay', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async ({ sandbox, dir, run }) => {
      writeFileSync(join(dir, 'routes.yaml'), commented)
      const ran = await runProgram(['render', '-f', 'routes.yaml', ...words, '--weight', '20'], { cwd: dir })
      expect({ code: ran.code, stderr: ran.stderr }).toEqual({ code: 0, stderr: '' })
      await run('rollout', { ...quickFlags, mode: 'step' })
      const inCluster = Object.fromEntries(
        (['DestinationRule', 'VirtualService'] as const).map((kind) => [
          `${kind} my-api`,
          sandbox.store.get(kind, 'shop', 'my-api')?.spec,
        ]),
      )
      expect(specs(ran.stdout)).toEqual(inCluster)
      const kept = commented.split('\n').filter((line) => !line.includes('weight') && line !== '')
      expect(kept).not.toEqual([])
      for (const line of kept) expect(ran.stdout.split('\n')).toContain(line)
    })
  })

  test('several files, written in place; again, nothing changes', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async ({ dir }) => {
      const [gateway, rule, route] = commented.split('---\n') as [string, string, string]
      writeFileSync(join(dir, 'rule.yaml'), rule)
      writeFileSync(join(dir, 'route.yaml'), `${gateway}---\n${route}`)
      const render = () =>
        runProgram(['render', '-f', 'rule.yaml', '-f', 'route.yaml', ...words, '--weight', '50', '--write'], {
          cwd: dir,
        })
      const first = await render()
      expect(first.stdout).toBe('changed   rule.yaml\nchanged   route.yaml\n')
      const texts = ['rule.yaml', 'route.yaml'].map((name) => readFileSync(join(dir, name), 'utf8'))
      expect(texts[1]).toContain('# the product asked for it')
      expect((await render()).stdout).toBe('unchanged rule.yaml\nunchanged route.yaml\n')
    })
  })

  test.each([
    { words: ['render', ...words, '--weight', '20'], code: 2, says: 'name the files' },
    { words: ['render', '-f', 'a.yaml', '--weight', '20'], code: 2, says: '--namespace: is missing' },
    { words: ['render', '-f', 'a.yaml', ...words, '--weight', '101'], code: 2, says: 'no share' },
    { words: ['render', '-f', 'none.yaml', ...words, '--weight', '1'], code: 2, says: 'no readable file' },
    { words: ['render', '-f', 'broken.yaml', ...words, '--weight', '1'], code: 3, says: 'broken.yaml:2:1' },
    {
      words: ['render', '-f', 'odd.yaml', ...words, '--weight', '1'],
      code: 3,
      says: 'SG-not-understood',
    },
  ])('$says: exit $code, nothing on standard output', async ({ words: given, code, says }) => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async ({ dir }) => {
      writeFileSync(join(dir, 'a.yaml'), commented)
      writeFileSync(join(dir, 'broken.yaml'), 'kind: [VirtualService\n')
      const odd = commented.replace('weight: 100', 'weight: -1')
      writeFileSync(join(dir, 'odd.yaml'), odd)
      const ran = await runProgram(given, { cwd: dir })
      expect({ code: ran.code, out: ran.stdout }).toEqual({ code, out: '' })
      expect(ran.stderr).toContain(says)
    })
  })
})
