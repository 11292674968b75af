import { spawn } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { releaseCommit, releasePull } from '../../src/sandbox/forge/state.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/sandbox.ts'
import { scenarios } from '../../src/sandbox/scenarios/catalogue.ts'
import type { Scenario } from '../../src/sandbox/scenarios/scenario.ts'
import { leastEnvironment, program } from '../support/program.ts'

const root = fileURLToPath(new URL('../../', import.meta.url))
const good = scenarios[0] as Scenario

let sandbox: Sandbox | null = null
afterEach(async () => {
  await sandbox?.close()
  sandbox = null
})

/** world starts a sandbox whose pipeline has the rights of the manifest in the README, and no others. */
async function world(scenario: Scenario): Promise<Sandbox> {
  const rbac = readFileSync(join(root, 'examples/manifests/rbac.yaml'), 'utf8')
  sandbox = await startSandbox({ scenario, seed: 1, rbac })
  return sandbox
}

interface Event {
  name: 'push' | 'pull_request' | 'workflow_dispatch'
  payload: unknown
  /** Values of the expressions that the example uses beside the secrets. */
  expressions: Record<string, string>
}

interface Ended {
  code: number | null
  out: string
  outputs: Record<string, string>
}

/** runExample runs the steps of an example that use this action, each with its inputs, as the runner would. */
async function runExample(
  name: string,
  event: Event,
  { kubeconfig, forge, clockUrl }: Sandbox,
): Promise<Ended[]> {
  const workspace = mkdtempSync(join(tmpdir(), 'shiftgate-example-'))
  mkdirSync(join(workspace, 'examples'))
  copyFileSync(join(root, 'examples/shiftgate.yml'), join(workspace, 'examples/shiftgate.yml'))
  writeFileSync(join(workspace, 'event.json'), JSON.stringify(event.payload))
  const workflow = parse(readFileSync(join(root, 'examples/workflows', name), 'utf8'))
  const [job] = Object.values<{ steps: { uses?: string; with?: Record<string, string> }[] }>(workflow.jobs)
  const values = {
    ...event.expressions,
    'secrets.KUBECONFIG': kubeconfig,
    'secrets.STAGING_KUBECONFIG': kubeconfig,
  }
  const ended: Ended[] = []
  for (const step of job?.steps ?? []) {
    if (!step.uses?.startsWith('OWNER/shiftgate@')) continue
    const inputs = {
      command: 'rollout',
      token: forge.state.token,
      'github-api-url': `${forge.url}/api/v3`,
      ...Object.fromEntries(
        Object.entries(step.with ?? {}).map(([key, text]) => [key, filled(text, values)]),
      ),
    }
    ended.push(
      await runStep(inputs, {
        GITHUB_WORKSPACE: workspace,
        GITHUB_EVENT_PATH: join(workspace, 'event.json'),
        GITHUB_EVENT_NAME: event.name,
        GITHUB_REPOSITORY: `${forge.state.owner}/${forge.state.name}`,
        GITHUB_REF: 'refs/heads/main',
        GITHUB_SHA: releaseCommit,
        GITHUB_RUN_ID: '7',
        SHIFTGATE_SANDBOX_CLOCK: clockUrl,
      }),
    )
  }
  return ended
}

function filled(text: string, values: Record<string, string>): string {
  return String(text).replace(/\$\{\{ (.+?) \}\}/g, (_, expression: string) => {
    const value = values[expression]
    if (value === undefined) throw new Error(`the example uses an expression without a value: ${expression}`)
    return value
  })
}

function runStep(inputs: Record<string, string>, facts: Record<string, string>): Promise<Ended> {
  const output = join(facts.GITHUB_WORKSPACE as string, `output-${inputs.command}`)
  for (const suffix of ['', '-state', '-summary']) writeFileSync(output + suffix, '')
  const asEnv = Object.entries(inputs).map(([key, value]) => [`INPUT_${key.toUpperCase()}`, value])
  const env = {
    ...leastEnvironment,
    GITHUB_ACTIONS: 'true',
    GITHUB_OUTPUT: output,
    GITHUB_STATE: `${output}-state`,
    GITHUB_STEP_SUMMARY: `${output}-summary`,
    ...facts,
    ...Object.fromEntries(asEnv),
  }
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [program], { cwd: facts.GITHUB_WORKSPACE, env })
    let out = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        out += chunk
      })
    }
    child.on('close', (code) => resolve({ code, out, outputs: outputsIn(output) }))
  })
}

function outputsIn(path: string): Record<string, string> {
  const found = readFileSync(path, 'utf8').matchAll(/^(.+?)<<(.+)\n([\s\S]*?)\n?\2\n/gm)
  return Object.fromEntries([...found].map(([, name, , value]) => [name, value]))
}

describe('the examples, with the rights that the README asks for', () => {
  test('a merge to main is pinned and released, and a dispatch takes it back', async () => {
    const live = await world(good)
    const push: Event = {
      name: 'push',
      payload: {},
      expressions: { 'steps.version.outputs.name': 'v2' },
    }
    const [pin, release] = await runExample('merge-to-main.yml', push, live)
    expect({ code: pin?.code, ...pin?.outputs }).toMatchObject({
      code: 0,
      result: 'ok',
      'reason-code': 'pinned',
    })
    expect({ code: release?.code, ...release?.outputs }).toMatchObject({
      code: 0,
      result: 'promoted',
      'reason-code': 'all-steps-passed',
      'stable-version': 'v1',
      'canary-version': 'v2',
      weight: '100',
    })
    expect(release?.outputs['comment-url']).toContain(`/pull/${releasePull}#`)
    expect(live.forge.state.comments).toHaveLength(1)

    const dispatch: Event = {
      name: 'workflow_dispatch',
      payload: { inputs: { 'to-version': '' } },
      expressions: { 'inputs.to-version': '' },
    }
    const [rollback] = await runExample('manual-rollback.yml', dispatch, live)
    expect({ code: rollback?.code, ...rollback?.outputs }).toMatchObject({
      code: 0,
      result: 'rolled-back',
      'reason-code': 'rolled-back-by-command',
    })
    const [again] = await runExample('manual-rollback.yml', dispatch, live)
    expect(again?.code).toBe(0)
    expect(live.requests.filter((request) => request.status === 403)).toEqual([])
  }, 180_000)

  test('a pull request hears of its own release', async () => {
    const { versions } = good.traffic
    const live = await world({
      ...good,
      canary: 'pr-42',
      deploy: good.deploy.replaceAll('v2', 'pr-42'),
      traffic: { ...good.traffic, versions: { ...versions, 'pr-42': versions.v2 ?? good.traffic.others } },
    })
    const [release] = await runExample(
      'pull-request-comment.yml',
      {
        name: 'pull_request',
        payload: { pull_request: { number: releasePull, head: { sha: releaseCommit } } },
        expressions: { 'github.event.pull_request.number': String(releasePull) },
      },
      live,
    )
    expect({ code: release?.code, ...release?.outputs }).toMatchObject({
      code: 0,
      result: 'promoted',
      'canary-version': 'pr-42',
    })
    expect(live.forge.state.comments.map((comment) => comment.issue)).toEqual([releasePull])
  }, 180_000)
})
