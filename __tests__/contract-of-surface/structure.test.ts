import { readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'
import { readSources, sourceFile } from './source.ts'
import { type RuleName, rules } from './structure.ts'

/** Locked is what the lock file says of a package. */
interface Locked {
  integrity?: string
  dependencies?: Record<string, string>
  devDependencies?: Record<string, string>
}

const [src, others] = [readSources(['src']), readSources(['__tests__', 'bench', 'scripts'])]

describe('the shape of the house: what must not be', () => {
  test('the sources are read', () => {
    expect(src.length).toBeGreaterThan(300)
    expect(src.find(({ path }) => path === 'src/cli/entry.ts')?.imports).toContainEqual({
      from: 'src/cli/main.ts',
      name: 'runCli',
    })
  })

  test.each(Object.keys(rules) as RuleName[])('%s', (name) => {
    expect(rules[name](src, others).map(({ text }) => text)).toEqual([])
  })
})

test('no package is installed unchecked: the lock file has a hash of each, and lists what package.json does', () => {
  const read = (path: string) => JSON.parse(readFileSync(path, 'utf8'))
  const { '': root, ...packages } = read('package-lock.json').packages as Record<string, Locked>
  expect(Object.keys(packages).length).toBeGreaterThan(100)
  expect(Object.keys(packages).filter((name) => packages[name]?.integrity === undefined)).toEqual([])
  const { dependencies, devDependencies } = read('package.json') as Locked
  expect(root).toMatchObject({ devDependencies })
  expect([root?.dependencies, dependencies]).toEqual([undefined, undefined])
})

describe('assertions that can fail', () => {
  const assertions = others
    .filter(({ path }) => path.startsWith('__tests__/'))
    .map(({ path, text }) => ({ path, text }))
  test.each([
    [
      'of each of none: compare the list instead',
      /expect\((?:[^()]|\([^()]*\))*\.every\((?:[^()]|\((?:[^()]|\([^()]*\))*\))*\)\)\.toBe\(\s*true/,
    ],
    ['any error will do: name it', /(?<!\.not)\.toThrow\(\)/],
  ])('%s', (_, pattern) => {
    expect(assertions.filter(({ text }) => pattern.test(text)).map(({ path }) => path)).toEqual([])
  })
})

describe('each rule sees what it forbids', () => {
  const file = (path: string, text: string) => sourceFile(`src/${path}`, text)
  const rows: [RuleName, string[], ReturnType<typeof file>[]][] = [
    [
      'files that import each other in a circle',
      ['src/a/x.ts → src/b/y.ts → src/a/z.ts → src/a/x.ts'],
      [
        file('a/x.ts', `import { y } from '../b/y.ts'\n`),
        file('b/y.ts', `export { z } from '../a/z.ts'\n`),
        file('a/z.ts', `import type { X } from './x.ts'\nimport './alone.ts'\n`),
        file('a/alone.ts', ''),
      ],
    ],
    [
      'files that nothing loads',
      ['src/a/left.ts'],
      [
        file('index.ts', `const { run } = await import(/* eager */ './a/lazy.ts')\n`),
        file('a/lazy.ts', `import {\n  one,\n  type Two,\n} from './two.ts'\n`),
        file('a/two.ts', ''),
        file('a/left.ts', `import './two.ts'\n`),
      ],
    ],
    [
      'exports that nothing outside their file imports',
      ['src/a/x.ts: Unused', 'src/a/x.ts: alone'],
      [
        file(
          'a/x.ts',
          'export interface Unused {}\nexport async function alone() {}\nexport const used = 1\n',
        ),
        file('a/y.ts', `import { used as mine } from './x.ts'\n`),
      ],
    ],
    [
      'names that two files export',
      ['Answer: src/a/x.ts, src/b/y.ts'],
      [
        file('a/x.ts', 'export type Answer = 1\n'),
        file('b/y.ts', 'export class Answer {}\n'),
        file('c/z.ts', `export { type Answer } from '../a/x.ts'\n`),
      ],
    ],
    ['files of more than 300 lines', ['src/a/x.ts: 301 lines'], [file('a/x.ts', 'x\n'.repeat(301))]],
    [
      'functions of more than 40 lines',
      ['src/a/x.ts: long, 41 lines', 'src/a/x.ts: outer, 43 lines', 'src/a/x.ts: inner, 41 lines'],
      [
        file(
          'a/x.ts',
          [
            ...['export async function long(', '  one: string,', '): Promise<{ two: string }> {'],
            ...Array<string>(41).fill('  step()'),
            ...['}', 'function short() {', ...Array<string>(40).fill('  step()'), '}'],
            ...['function table(key: Key) {', ...Array<string>(45).fill("  case 'a':"), '}'],
            ...[
              'function outer() {',
              '  function inner() {',
              ...Array<string>(41).fill('    step()'),
              '  }',
              '}',
            ],
          ].join('\n'),
        ),
      ],
    ],
    [
      'folders of more than 15 files',
      ['src/a: 16 files'],
      Array.from({ length: 16 }, (_, index) => file(`a/${index}.ts`, '')),
    ],
    [
      'commands that import another command',
      ['src/commands/plan.ts takes help from src/commands/pause-promote.ts'],
      [file('commands/plan.ts', `import { help } from './pause-promote.ts'\nimport './shared.ts'\n`)],
    ],
    [
      'words of Istio outside routing',
      ['src/rollout/x.ts:2: const canarySubset = 1'],
      [
        file('rollout/x.ts', "\nconst canarySubset = 1\nconst split = 'subset'\n"),
        file('routing/y.ts', 'VirtualService\n'),
      ],
    ],
    [
      'sentences for people outside report',
      [
        'src/rollout/x.ts:1: Release … has ended.',
        'src/rollout/x.ts:4: it has ended',
        'src/commands/y.ts:2: is paused',
      ],
      [
        file(
          'rollout/x.ts',
          [
            'const text = `Release ${state.id} has ended.` // `A comment says what it likes`',
            `const codes = ['rolled-back', 'a/b c'.split(/'x y'/)]`,
            "throw new Failure('refused', `It stands at ${place('so to speak')}.`)",
            "const why = `${'it has ended'}`",
            "function refused(): Failure {\n  return toFailure('It can not be told.')\n}",
          ].join('\n'),
        ),
        file('commands/y.ts', 'const words = `${\n `is paused`}`\n'),
        file('report/words/z.ts', "const words = 'It is said here.'\n"),
      ],
    ],
    [
      'variables that outlive a session',
      ['src/rollout/x.ts:1: let seen = 0'],
      [file('rollout/x.ts', 'let seen = 0\nconst limit = 1\nfunction count() {\n  let own = 0\n}\n')],
    ],
    [
      'names in private words',
      ['src/a/x.ts:2: openDoors (adapters)', 'src/a/x.ts:4: TOLD_ONCE (reported)'],
      [
        file(
          'a/x.ts',
          "// Two doors\nimport { openDoors } from './y.ts'\nconst text = 'they told'\nconst TOLD_ONCE = toldless\n",
        ),
      ],
    ],
    [
      'sentences in private words',
      ['src/a/x.ts:1: // There is no way back.', "src/a/x.ts:2: const why = 'what lies beneath'"],
      [
        file(
          'a/x.ts',
          "// There is no way back.\nconst why = 'what lies beneath'\n// the only way, backwards\n",
        ),
      ],
    ],
  ]

  test.each(rows)('%s', (name, expected, sources) => {
    expect(rules[name](sources, []).map(({ text }) => text)).toEqual(expected)
  })

  test('every rule has its row', () => {
    expect(rows.map(([name]) => name).sort()).toEqual(Object.keys(rules).sort())
  })
})
