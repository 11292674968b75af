import { describe, expect, test } from '@jest/globals'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import { runProgram, withBench } from '../support/program.ts'
import { quickScenario } from '../support/quick-release.ts'

const hostile = 'x\n::set-output name=a::b\r\u0085::add-mask::c ##[error]\u001b[2K'

/** obeyed lists the lines that a runner would take for commands. */
const obeyed = (text: string) => text.split(/\r\n|\r|\n/).filter((line) => /^[\s\u0085]*::|##\[/.test(line))

describe('outside text in what the command line prints', () => {
  test.each([
    { name: 'a file that is not there', words: ['judge', hostile] },
    { name: 'a scenario that nobody has', words: ['demo', '--scenario', hostile] },
    { name: 'a name that is none', words: ['status', '--namespace', 'shop', '--service', hostile] },
    { name: 'a flag that is none', words: ['status', `--${hostile}`, 'x'] },
    {
      name: 'the same as JSON',
      words: ['status', '--namespace', 'shop', '--service', hostile, '--json', '-'],
    },
  ])('$name: it is said, and no line of it is a command', async ({ words }) => {
    const { code, stdout, stderr } = await runProgram(words)
    expect(code).toBe(2)
    expect(`${stdout}${stderr}`).toContain('set-output')
    expect(obeyed(stdout)).toEqual([])
    expect(obeyed(stderr)).toEqual([])
    // biome-ignore lint/suspicious/noControlCharactersInRegex: no escape may reach a terminal
    expect(`${stdout}${stderr}`).not.toMatch(/\u001b/)
    if (words.includes('-')) expect(JSON.parse(stdout)).toMatchObject({ exitCode: 2 })
  })

  test('status shows what a pod waits for on one line, whatever it says', async () => {
    const scenario = quickScenario()
    await withBench({ scenario: { ...scenario, warmup: 5 }, seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const pod = sandbox.store.list('Pod', 'shop')[0]
      if (pod === undefined) throw new Error('No pod runs.')
      const status = {
        phase: 'Pending',
        conditions: [{ type: 'Ready', status: 'False' }],
        containerStatuses: [
          { name: 'app', state: { waiting: { reason: 'ErrImagePull', message: hostile } } },
        ],
      }
      sandbox.store.update(
        kindNamed('Pod'),
        pod,
        { ...pod, status },
        { manager: 'kubelet', operation: 'Update' },
      )
      const { stdout, stderr } = await bench.run('status')
      expect(stdout).toContain('set-output')
      expect(obeyed(stdout + stderr)).toEqual([])
    })
  }, 60_000)
})
