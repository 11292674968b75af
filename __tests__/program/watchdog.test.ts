import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, jest, test } from '@jest/globals'
import { parse, stringify } from 'yaml'
import { toApiCall } from '../../src/cluster/api/paths.ts'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { kindNamed } from '../../src/sandbox/cluster/kinds.ts'
import { readRbac } from '../../src/sandbox/cluster/rbac.ts'
import type { LoggedRequest } from '../../src/sandbox/http/request-log.ts'
import { deploymentManifest } from '../../src/sandbox/scenarios/shop.ts'
import { patchByHand, virtualService } from '../support/by-hand.ts'
import { type Bench, withBench } from '../support/program.ts'
import { quickFlags, quickScenario } from '../support/quick-release.ts'
import { routeWeights } from '../support/traffic-laws.ts'
import { changes, releaseIn, releaseKey, routeWrites } from '../support/wire.ts'

jest.setTimeout(60_000)

const flags = { ...quickFlags, watchdog: '2m', 'watchdog-image': 'registry.example.com/curl:1' }
/** While the first step is observed, ms after the start. */
const observing = 62_000

const job = ({ sandbox }: Bench): KubeObject | null =>
  sandbox.store.get('Job', 'shop', 'shiftgate-watchdog-my-api')

interface Container {
  command: string[]
  env: { name: string; value: string }[]
}

/** renew writes the Lease's time as its holder would. */
function renew({ sandbox }: Bench, renewTime: string): void {
  const lease = sandbox.store.list('Lease', 'shop')[0]
  if (lease === undefined) throw new Error('there is no Lease')
  const next = { ...lease, spec: { ...lease.spec, renewTime } }
  sandbox.store.update(kindNamed('Lease'), lease, next, { manager: 'holder', operation: 'Update' })
}

const stableShare = ({ sandbox }: Bench) =>
  routeWeights(sandbox).find(({ version }) => version === 'v1')?.share

/** killed begins a release and kills its process while it sleeps. */
async function killed(bench: Bench, more: Record<string, string> = {}): Promise<void> {
  let kill: (signal: NodeJS.Signals) => void = () => {}
  const end = Promise.withResolvers<void>()
  bench.sandbox.at(observing, async () => {
    kill('SIGKILL')
    await end.promise
  })
  const ran = await bench.run('rollout', { ...flags, ...more }, { onStart: (signal) => (kill = signal) })
  end.resolve()
  expect(ran.signal).toBe('SIGKILL')
}

/**
 * The very script of the Job's pod, as its container would run it: the API, the account and the clock are those of the sandbox.
 * `sleep` moves virtual time, `date` tells it.
 */
async function watch(
  bench: Bench,
  instructions: { untilSeconds?: number } = {},
): Promise<{ code: number | null; shown: string }> {
  const { sandbox } = bench
  const pod = job(bench)?.spec?.template as { spec: { containers: Container[] } } | undefined
  const [container] = pod?.spec.containers ?? []
  if (container === undefined) throw new Error('there is no watchdog')
  const home = mkdtempSync(join(bench.dir, 'watchdog-'))
  const bin = join(home, 'bin')
  mkdirSync(bin)
  writeFileSync(join(home, 'token'), sandbox.adminToken)
  const curl = `exec curl -sS`
  const script = (name: string, text: string) => {
    writeFileSync(join(bin, name), `#!/bin/sh\n${text}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  script(
    'sleep',
    `${curl} -o /dev/null -X POST --data "{\\"ms\\":\${1}000}" ${sandbox.clockUrl}/clock/advance`,
  )
  script(
    'date',
    `now=$(curl -sS ${sandbox.clockUrl}/clock | sed 's/[^0-9]//g')\n/bin/date "$@" -d "@\${now%???}"`,
  )
  const child: ChildProcess = spawn(container.command[0] as string, container.command.slice(1), {
    env: {
      ...Object.fromEntries(container.env.map(({ name, value }) => [name, value])),
      PATH: `${bin}:${process.env.PATH}`,
      HOME: home,
      API: sandbox.apiUrl,
      ACCOUNT: home,
      HOSTNAME: 'watchdog-pod',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let shown = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (chunk: string) => {
      shown += chunk
    })
  }
  if (instructions.untilSeconds !== undefined) {
    const until = sandbox.clock.now() - sandbox.start + instructions.untilSeconds * 1000
    sandbox.at(until, () => void child.kill('SIGKILL'))
  }
  const code = await new Promise<number | null>((done) => child.once('close', done))
  return { code, shown }
}

const account = {
  user: 'system:serviceaccount:shop:shiftgate-watchdog',
  groups: ['system:serviceaccounts', 'system:authenticated'],
}
const rights = readRbac(readFileSync('examples/manifests/watchdog-rbac.yaml', 'utf8'))

/** permitted tells whether the Role of the watchdog's account allows a request. */
function permitted({ method, path }: LoggedRequest): boolean {
  const call = toApiCall(method, path)
  if (call === null) return false
  const { verb, group, resource, namespace, name } = call
  return rights.allows(account, {
    verb,
    group,
    resource,
    subresource: '',
    namespace: namespace ?? '',
    name: name ?? '',
  })
}

/** asJob is the Job that a CronJob's controller makes of it. */
function asJob(cronJob: string): string {
  const { spec, metadata } = parse(cronJob)
  return stringify({ apiVersion: 'batch/v1', kind: 'Job', metadata, spec: spec.jobTemplate.spec })
}

describe('a watchdog in the cluster', () => {
  test('puts traffic back after nobody drove the release for its time, and ends', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await killed(bench)
      const left = releaseIn(sandbox)
      expect(left).toMatchObject({ phase: 'observing', weight: 20 })
      const { code, shown } = await watch(bench)
      expect({ code, shown }).toMatchObject({ code: 0, shown: expect.stringContaining('is back') })
      expect(stableShare(bench)).toBe(1)
      const end = releaseIn(sandbox)
      expect(end).toMatchObject({
        id: left?.id,
        phase: 'rolled-back',
        reason: 'watchdog',
        weight: 0,
        holder: 'watchdog/watchdog-pod',
        fencingToken: (left?.fencingToken ?? 0) + 1,
        stepStates: left?.stepStates,
      })
      // The option's time, and a minute.
      const writtenAt = (left?.watchdogAt ?? 0) - 120_000
      expect((end?.endedAt ?? 0) - writtenAt).toBeGreaterThanOrEqual(120_000)
      expect((end?.endedAt ?? 0) - writtenAt).toBeLessThanOrEqual(180_000)
      expect(sandbox.store.list('Lease', 'shop')[0]?.spec?.holderIdentity ?? null).toBeNull()
      const { outcome } = await bench.run('status')
      expect(outcome.message).toContain('watchdog')
      const asked = sandbox.requests.filter(({ userAgent }) => userAgent === 'shiftgate-watchdog')
      expect(new Set(asked.map(({ method }) => method))).toEqual(new Set(['GET', 'PATCH']))
      expect(
        asked.filter((request) => !permitted(request)).map(({ method, path }) => `${method} ${path}`),
      ).toEqual([])
    })
  })

  test('leaves traffic while a holder lives, while the safe side has too few pods, and while its release is not there', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      await killed(bench)
      const since = changes(sandbox).length
      // A holder that lives renews; that the release's time is over says nothing then.
      for (let second = 10; second < 280; second += 20) {
        const at = sandbox.clock.now() - sandbox.start + second * 1000
        sandbox.at(at, () => renew(bench, `2026-01-12T10:00:${String(second).padStart(3, '0')}Z`))
      }
      await watch(bench, { untilSeconds: 280 })
      sandbox.apply(deploymentManifest('v1').replace('replicas: 3', 'replicas: 2'))
      const { shown } = await watch(bench, { untilSeconds: 100 })
      expect(shown).toContain('my-api-v1 has 2 of 3 ready pods: traffic stays')
      sandbox.apply(deploymentManifest('v1'))
      await sandbox.clock.advance(15_000)
      const name = 'my-api.shop.shiftgate.io~1release'
      const path = `/metadata/annotations/${name}`
      const text = virtualService(sandbox, 'my-api').metadata.annotations?.[releaseKey] as string
      const other = text.replace('"id":"my-api-v2', '"id":"my-api-v3')
      await patchByHand(sandbox, 'my-api', [{ op: 'replace', path, value: other }])
      await watch(bench, { untilSeconds: 100 })
      await patchByHand(sandbox, 'my-api', [{ op: 'replace', path, value: text }])
      const byWatchdog = changes(sandbox)
        .slice(since)
        .filter(({ userAgent }) => userAgent === 'shiftgate-watchdog')
      expect(byWatchdog).toEqual([])
      expect(stableShare(bench)).toBe(0.8)
      const { code } = await watch(bench)
      expect(code).toBe(0)
      expect(stableShare(bench)).toBe(1)
    })
  })

  test('knows how to put traffic back after a write that was announced and never landed', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox, dir } = bench
      let kill: (signal: NodeJS.Signals) => void = () => {}
      // The mirror's end and the first share are one write each; the process dies with the second one unsent.
      writeFileSync(join(dir, 'shiftgate.yml'), 'steps: [{weight: 20, sticky: {cookie: canary}}, 100]\n')
      sandbox.api.fail(
        ({ method, query, body, path }) => {
          const shift = method === 'PATCH' && path.includes('virtualservices') && body.includes('settling')
          if (shift && !query.includes('dryRun')) kill('SIGKILL')
          return shift && !query.includes('dryRun')
        },
        { hang: true },
      )
      const { steps: _, ...others }: Record<string, string> = flags
      const ran = await bench.run('rollout', others, { onStart: (signal) => (kill = signal) })
      expect(ran.signal).toBe('SIGKILL')
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'pinned', weight: 0 })
      const { code, shown } = await watch(bench)
      expect({ code, shown }).toMatchObject({ code: 0, shown: expect.stringContaining('is back') })
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'rolled-back', reason: 'watchdog' })
      expect(stableShare(bench)).toBe(1)
    })
  })

  test('waits for the next turn of step mode, and never acts on a paused release', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      const turn = await bench.run('rollout', { ...flags, mode: 'step' })
      expect(turn.outcome).toMatchObject({ result: 'in-progress', weight: 20 })
      const at = releaseIn(sandbox)?.watchdogAt ?? 0
      expect(at - sandbox.clock.now()).toBeGreaterThanOrEqual(120_000)
      await watch(bench, { untilSeconds: 100 })
      expect(stableShare(bench)).toBe(0.8)
      expect((await bench.run('pause')).outcome).toMatchObject({ result: 'paused' })
      expect(releaseIn(sandbox)).toMatchObject({ phase: 'paused', watchdogAt: null })
      await watch(bench, { untilSeconds: 400 })
      expect(stableShare(bench)).toBe(0.8)
      expect((await bench.run('abort')).outcome).toMatchObject({ result: 'rolled-back' })
      expect(job(bench)).toBeNull()
    })
  })

  test('where an administrator made a CronJob it is woken and suspended again, and no Job is made', async () => {
    const cronJob = readFileSync('examples/manifests/watchdog-cronjob.yaml', 'utf8')
    const all = readFileSync('examples/manifests/watchdog-rbac.yaml', 'utf8')
    const withoutJobs = all.replaceAll('resources: [jobs]', 'resources: [none]')
    const rbac = [readFileSync('examples/manifests/rbac.yaml', 'utf8'), withoutJobs].join('\n---\n')
    await withBench({ scenario: quickScenario(), seed: 3, rbac }, async (bench) => {
      const { sandbox } = bench
      sandbox.apply(cronJob)
      const suspended = () => sandbox.store.get('CronJob', 'shop', 'shiftgate-watchdog-my-api')?.spec?.suspend
      let seen: unknown = null
      // Its controller starts a Job at the next full minute.
      sandbox.at(55_000, () => {
        seen = suspended()
        sandbox.apply(asJob(cronJob))
      })
      const { outcome } = await bench.run('rollout', flags)
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      expect([seen, suspended()]).toEqual([false, true])
      expect(
        sandbox.requests.filter(({ path, method }) => path.includes('/jobs') && method !== 'GET'),
      ).toEqual([])
      expect(sandbox.store.list('ConfigMap', 'shop')).toEqual([])
    })
  })

  test('a pod that does not come is told before anything is written', async () => {
    const rbac = readFileSync('examples/manifests/rbac.yaml', 'utf8')
    await withBench({ scenario: quickScenario(), seed: 3, rbac }, async (bench) => {
      const { outcome } = await bench.run('rollout', flags)
      expect(outcome).toMatchObject({ exitCode: 3, result: 'refused' })
      expect(outcome.message).toMatch(/jobs/)
      expect(routeWrites(bench.sandbox)).toEqual([])
    })
  })

  test('is there before the first shift, in the shape that a restricted namespace takes, and gone at the end', async () => {
    await withBench({ scenario: quickScenario(), seed: 3 }, async (bench) => {
      const { sandbox } = bench
      let seen: KubeObject | null = null
      sandbox.at(observing, () => {
        seen = job(bench)
      })
      const { outcome } = await bench.run('rollout', flags)
      expect(outcome).toMatchObject({ exitCode: 0, result: 'promoted' })
      const template = (seen as KubeObject | null)?.spec?.template
      expect(template).toMatchObject({
        metadata: { labels: { 'sidecar.istio.io/inject': 'false', 'istio.io/dataplane-mode': 'none' } },
        spec: {
          serviceAccountName: 'shiftgate-watchdog',
          securityContext: { runAsNonRoot: true, seccompProfile: { type: 'RuntimeDefault' } },
          containers: [
            {
              image: 'registry.example.com/curl:1',
              securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: ['ALL'] } },
            },
          ],
        },
      })
      const writes = sandbox.requests.filter(
        ({ method, query }) => method !== 'GET' && !query.includes('dryRun'),
      )
      const first = writes.findIndex(({ path }) => path.endsWith('/jobs'))
      const shift = writes.findIndex(({ path }) => path.includes('/virtualservices'))
      expect([first, shift]).toEqual([expect.any(Number), expect.any(Number)])
      expect(first).toBeGreaterThanOrEqual(0)
      expect(first).toBeLessThan(shift)
      expect(job(bench)).toBeNull()
      expect(sandbox.store.list('ConfigMap', 'shop')).toEqual([])
      expect(releaseIn(sandbox)).not.toHaveProperty('watchdogAt')
    })
  })
})
