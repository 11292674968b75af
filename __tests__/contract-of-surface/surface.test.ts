import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { runInNewContext } from 'node:vm'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { parse, parseAllDocuments } from 'yaml'
import { commands } from '../../src/cli/command-table.ts'
import { outputs } from '../../src/config/action-outputs.ts'
import { parseOption } from '../../src/config/kinds/codecs.ts'
import { options } from '../../src/config/options/options.ts'
import { readConfig } from '../../src/config/sources/config-file.ts'
import { version } from '../../src/config/version.ts'
import { commandNames } from '../../src/release/commands.ts'
import type { Result } from '../../src/release/outcome/outcome.ts'
import { reasonCodes } from '../../src/release/outcome/reasons.ts'

const read = (path: string): string => readFileSync(new URL(`../../${path}`, import.meta.url), 'utf8')
const manifest = parse(read('action.yml'))
const readme = read('README.md')
const packageJson = JSON.parse(read('package.json'))

describe('action.yml', () => {
  test('runs one bundle on Node 24, as main and as post', () => {
    expect(manifest.runs).toEqual({ using: 'node24', main: 'dist/index.js', post: 'dist/post.js' })
    expect(Object.keys(manifest)).toEqual([
      'name',
      'description',
      'author',
      'branding',
      'inputs',
      'outputs',
      'runs',
    ])
  })

  test('has exactly the inputs that the program reads', () => {
    const wanted = options.filter((option) => option.places.includes('input')).map((option) => option.name)
    expect(Object.keys(manifest.inputs)).toEqual(wanted)
  })

  test('every input is kebab-case, optional and described with its default', () => {
    for (const option of options.filter((each) => each.places.includes('input'))) {
      const input = manifest.inputs[option.name]
      expect(option.name).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(input.required).toBe(false)
      expect(input.description).toContain(option.summary)
      if (option.default !== null) expect(input.description).toContain(`Default: \`${option.default}\`.`)
    }
  })

  test('gives no default that would win over the config file', () => {
    const given = Object.entries<{ default?: string }>(manifest.inputs).filter(([, input]) => input.default)
    for (const [name] of given) {
      expect(options.find((option) => option.name === name)?.places).not.toContain('file')
    }
    expect(Object.fromEntries(given.map(([name, input]) => [name, input.default]))).toEqual({
      command: 'rollout',
      token: '${{ github.token }}',
      'github-api-url': '${{ github.api_url }}',
    })
  })

  test('has exactly the outputs that the program writes', () => {
    expect(Object.keys(manifest.outputs)).toEqual(outputs.map((output) => output.name))
    expect(Object.keys(manifest.outputs)).toEqual([
      'result',
      'reason-code',
      'release-id',
      'stable-version',
      'canary-version',
      'weight',
      'next-check-at',
      'report',
      'comment-url',
    ])
  })
})

describe('the table of options', () => {
  test.each(options.map((option) => [option.name, option] as const))('%s says what it is', (_, option) => {
    expect(option.summary).toMatch(/^[A-Z`].*[.?]$/)
    expect(option.summary.length).toBeLessThanOrEqual(110)
    for (const text of [option.default, option.least, option.greatest].filter((each) => each != null)) {
      expect(parseOption(text as string, option)).toHaveProperty('value')
    }
    if (!option.secret || option.kind === 'headers') {
      expect(parseOption(option.example, option)).toHaveProperty('value')
    }
    if (option.requiredBy) for (const name of option.requiredBy) expect(option.commands).toContain(name)
    if (option.secret) expect(option.places).not.toContain('file')
  })

  test('no name stands twice', () => {
    expect(new Set(options.map((option) => option.name)).size).toBe(options.length)
  })
})

describe('README.md', () => {
  test('names every option, output and exit code', () => {
    for (const { name } of [...options, ...outputs]) expect(readme).toContain(`| \`${name}\``)
    for (const code of [0, 1, 2, 3, 4, 5]) expect(readme).toContain(`| ${code} | `)
  })

  test('links to files that are there', () => {
    const links = [...readme.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map((found) => found[1] as string)
    expect(links.length).toBeGreaterThan(8)
    for (const link of links) expect(() => read(link)).not.toThrow()
  })

  test('shows the rights that are in the manifest', () => {
    expect(readme).toContain(read('examples/manifests/rbac.yaml').trimEnd())
  })
})

describe('docs/scenarios.md', () => {
  test('knows only words of the contract', () => {
    const rows = [
      ...read('docs/scenarios.md').matchAll(/^\| `([^`]+)` \|.*\| (\d) \| `([^`]+)` \| `([^`]+)` \|$/gm),
    ]
    expect(rows.length).toBeGreaterThanOrEqual(7)
    for (const [, , code, , reason] of rows) {
      expect(['0', '1', '4']).toContain(code)
      expect(reasonCodes).toContain(reason)
    }
  })
})

describe('the published schema', () => {
  const schema = JSON.parse(read('schema/shiftgate.schema.json'))
  const validate = new Ajv2020({ strict: true, strictTypes: false, allowUnionTypes: true }).compile(schema)

  test('has a key for each option of the config file', () => {
    const wanted = options.filter((option) => option.places.includes('file')).map((option) => option.name)
    expect(Object.keys(schema.properties)).toEqual(wanted)
  })

  test.each([
    ['examples/shiftgate.yml', read('examples/shiftgate.yml'), true],
    ['examples/gates.yml', read('examples/gates.yml'), true],
    ['a gate without its bound', 'gates: [{name: slow, type: latency}]', false],
    [
      'a gate with a key of another type',
      'gates: [{name: s, type: latency, over: 1s, url: "http://x"}]',
      false,
    ],
    ['a query without a limit', 'gates: [{name: q, type: query, query: up}]', false],
    ['every example of the table', exampleFile(), true],
    ['an unknown key', 'intervall: 15s', false],
    ['a duration without a unit', 'interval: 15', false],
    ['a rate that could mean two things', 'max-error-rate: 1', false],
    ['a step above 100', 'steps: [10, 150]', false],
    ['a secret', 'token: abc', false],
    ['a bare word for a switch', 'comment: "yes"', false],
    ['rates in both spellings', 'alpha: 0.1%\nbeta: 0.05', true],
    ['steps as a text', 'steps: 10, 50, 100', true],
  ])('agrees with the program on %s', (_, yaml, good) => {
    expect(validate(parse(yaml))).toBe(good)
    expect(accepts(yaml)).toBe(good)
  })

  function exampleFile(): string {
    return options
      .filter((option) => option.places.includes('file'))
      .map((option) => `${option.name}: ${option.example}`)
      .join('\n')
  }

  function accepts(yaml: string): boolean {
    try {
      for (const [name, given] of readConfig('shiftgate.yml', yaml)) {
        const option = options.find((each) => each.name === name)
        if (!option || (given.value === undefined && 'wrong' in parseOption(given.text, option))) return false
      }
      return true
    } catch {
      return false
    }
  }
})

const results: Record<Result, true> = {
  promoted: true,
  initialized: true,
  'already-promoted': true,
  'rolled-back': true,
  paused: true,
  'in-progress': true,
  refused: true,
  unsafe: true,
  ok: true,
}

describe('examples', () => {
  const folder = new URL('../../examples/workflows/', import.meta.url)
  const workflows = readdirSync(folder).map((name) => [
    name,
    readFileSync(join(folder.pathname, name), 'utf8'),
  ])

  test('there is one for each way to start a release', () => {
    expect(workflows.map(([name]) => name).sort()).toEqual([
      'image.yml',
      'manual-rollback.yml',
      'merge-to-main.yml',
      'newer-wins.yml',
      'pull-request-comment.yml',
      'step-mode-environments.yml',
      'step-mode-schedule.yml',
    ])
  })

  test.each(workflows)('%s uses only what exists, and passes outputs through env', (_, text) => {
    const workflow = parse(text as string)
    expect(workflow.permissions).toEqual({})
    for (const job of Object.values<{ steps: Step[]; permissions: object }>(workflow.jobs)) {
      expect(Object.keys(job.permissions).sort()).toEqual(['contents', 'pull-requests'])
      for (const step of job.steps) {
        if (step.run !== undefined) expect(step.run).not.toContain('${{')
        if (!step.uses?.includes('shiftgate')) continue
        for (const input of Object.keys(step.with ?? {})) expect(manifest.inputs).toHaveProperty(input)
        const command = step.with?.command ?? 'rollout'
        expect(commandNames).toContain(command)
      }
    }
    for (const [, output] of (text as string).matchAll(/steps\.release\.outputs\.([a-z-]+)/g)) {
      expect(manifest.outputs).toHaveProperty(output as string)
    }
  })

  test.each(workflows)('%s goes on by outputs and results that there are', (_, text) => {
    const { jobs } = parse(text as string) as { jobs: Record<string, Job> }
    for (const job of Object.values(jobs)) {
      const own = JSON.stringify(job)
      for (const [, id] of own.matchAll(/steps\.([a-z-]+)\.outputs\./g)) {
        expect(job.steps.map((step) => step.id)).toContain(id)
      }
      for (const [, before = '', name = ''] of own.matchAll(/needs\.([a-z-]+)\.outputs\.([a-z-]+)/g)) {
        expect([job.needs].flat()).toContain(before)
        expect(jobs[before]?.outputs).toHaveProperty(name)
      }
      for (const [, result] of own.matchAll(/outputs\.result == '([a-z-]+)'/g)) {
        expect(Object.keys(results)).toContain(result)
      }
    }
  })

  interface Job {
    needs?: string | string[]
    outputs?: Record<string, string>
    steps: { id?: string }[]
  }

  interface Step {
    uses?: string
    run?: string
    with?: Record<string, string>
  }

  test.each(['rbac', 'service', 'deployment', 'watchdog-rbac', 'watchdog-cronjob'])(
    'manifests/%s.yaml is Kubernetes YAML',
    (name) => {
      for (const document of parseAllDocuments(read(`examples/manifests/${name}.yaml`))) {
        expect('errors' in document ? document.errors : []).toEqual([])
        const object = 'toJS' in document ? document.toJS() : null
        expect(object).toMatchObject({ apiVersion: expect.any(String), kind: expect.any(String) })
      }
    },
  )
})

describe('package.json', () => {
  test('its version is the program’s', () => {
    expect(packageJson.version).toBe(version)
  })

  test('can be run straight from the repository: nothing to install, nothing to build', () => {
    expect(packageJson.dependencies).toBeUndefined()
    expect(packageJson.bin).toEqual({ shiftgate: 'dist/shiftgate.cjs' })
    // npm builds a git package, development packages and all, when it finds one of these.
    for (const name of ['build', 'prepare', 'prepack', 'preinstall', 'install', 'postinstall']) {
      expect(packageJson.scripts).not.toHaveProperty(name)
    }
  })

  test('every package has its line in docs/dependencies.md, in one version', () => {
    const lines = read('docs/dependencies.md')
    for (const [name, range] of Object.entries(packageJson.devDependencies)) {
      expect(lines).toContain(`\`${name}\``)
      expect(range).toMatch(/^\d+\.\d+\.\d+$/)
    }
  })

  test('the lock file lists what other platforms need too: npm ci refuses it otherwise', () => {
    const { packages } = JSON.parse(read('package-lock.json'))
    const entries = Object.entries<{ optionalDependencies?: Record<string, string> }>(packages)
    const missing = entries.flatMap(([path, entry]) =>
      Object.keys(entry.optionalDependencies ?? {}).filter(
        (name) => !packages[`node_modules/${name}`] && !packages[`${path}/node_modules/${name}`],
      ),
    )
    expect(missing).toEqual([])
  })

  test('the command line knows every command of the action', () => {
    expect(commands.map((command) => command.name)).toEqual(expect.arrayContaining([...commandNames]))
  })
})

describe('the launcher', () => {
  const launcher = read('src/launcher.cjs')

  test('holds no words that an old Node can’t read', () => {
    expect(launcher).not.toMatch(/=>|`|\b(let|const|class|async|await|import)\b|\?\.|\?\?/)
    expect(launcher.startsWith('#!/usr/bin/env node\n')).toBe(true)
  })

  /** Runs the launcher as a Node of some version would. */
  function launch(node: string): { loaded: string[]; reported: string; exit: number | null } {
    const seen = { loaded: [] as string[], reported: '', exit: null as number | null }
    const fake = {
      versions: { node },
      stderr: { write: (text: string) => (seen.reported += text) },
      exit: (code: number) => {
        seen.exit = code
      },
    }
    runInNewContext(launcher.slice(launcher.indexOf('\n')), {
      process: fake,
      require: (path: string) => seen.loaded.push(path),
    })
    return seen
  }

  test.each(['8.17.0', '20.20.2', '22.19.0'])('on Node %s it says which one is needed', (node) => {
    const { loaded, reported, exit } = launch(node)
    expect(reported).toContain(`needs Node 24 or newer; this is Node ${node}.`)
    expect(exit).toBe(2)
    expect(loaded).toEqual([])
  })

  test.each(['24.0.0', '26.1.0'])('on Node %s it loads the program', (node) => {
    expect(launch(node)).toEqual({ loaded: ['./index.js'], reported: '', exit: null })
  })
})
