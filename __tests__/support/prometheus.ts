import { type ChildProcess, spawn } from 'node:child_process'
import { accessSync, constants, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'

/** ScrapeTarget is one loopback endpoint that the real Prometheus reads, with labels it adds to every series. */
export interface RealScrapeTarget {
  /** `127.0.0.1:9100`, without scheme and path. */
  address: string
  labels?: Record<string, string>
  /** Default `/metrics`. */
  path?: string
}

export interface RealPrometheusOptions {
  scrapeTargets?: RealScrapeTarget[]
  /** Prometheus duration; default `1s`. */
  scrapeInterval?: string
  /** A folder that holds blocks already; default: a fresh one, removed by `stop`. */
  storage?: string
  /** Value of the `job` label; default `pods`. */
  job?: string
  /** Takes samples by remote write, see `remoteWrite`. */
  receiver?: boolean
  /** Scrape jobs as its configuration has them, beside the targets. */
  jobs?: readonly object[]
  /** Recording rules as its rule files have them, evaluated each second. */
  rules?: readonly object[]
}

export interface RealPrometheus {
  url: string
  readonly pid: number
  /** restart ends the process and starts it again on the same port and the same storage. */
  restart(): Promise<void>
  stop(): Promise<void>
}

/**
 * binary finds a program of the Prometheus release: the environment's SHIFTGATE_PROMETHEUS (the path of
 * `prometheus`, promtool beside it), else PATH. It throws where there is none: a suite that compares with a real
 * Prometheus must not pass without one.
 */
export function binary(name: 'prometheus' | 'promtool'): string {
  const given = process.env.SHIFTGATE_PROMETHEUS
  const candidates = given
    ? [name === 'prometheus' ? given : join(given, '..', name)]
    : (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, name))
  for (const candidate of [...candidates, ...(given ? [] : [join('/usr/bin', name)])]) {
    try {
      accessSync(candidate, constants.X_OK)
      return candidate
    } catch {
      // the next folder
    }
  }
  throw new Error(`${name} was not found: install Debian's package prometheus or set SHIFTGATE_PROMETHEUS`)
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}

function configText(options: RealPrometheusOptions, ruleFile: string): string {
  const interval = options.scrapeInterval ?? '1s'
  const groups = (options.scrapeTargets ?? []).map((target) => ({
    targets: [target.address],
    labels: { ...target.labels, ...(target.path === undefined ? {} : { __metrics_path__: target.path }) },
  }))
  // JSON is YAML
  return JSON.stringify({
    global: {
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: options.rules === undefined ? '1m' : '1s',
    },
    rule_files: options.rules === undefined ? [] : [ruleFile],
    scrape_configs: [{ job_name: options.job ?? 'pods', static_configs: groups }, ...(options.jobs ?? [])],
  })
}

function launch(folder: string, storage: string, port: number, more: string[]): ChildProcess {
  return spawn(
    binary('prometheus'),
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${storage}`,
      `--web.listen-address=127.0.0.1:${port}`,
      '--storage.tsdb.retention.time=100y',
      '--log.level=error',
      ...more,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  )
}

/** awaitReady polls `/-/ready` until it answers 200; it throws with the process's last words when it ended. */
async function awaitReady(url: string, child: ChildProcess): Promise<void> {
  let words = ''
  child.stderr?.on('data', (chunk: Buffer) => {
    words = `${words}${chunk}`.slice(-2000)
  })
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) throw new Error(`prometheus ended: ${words}`)
    try {
      const answer = await fetch(`${url}/-/ready`)
      await answer.body?.cancel()
      if (answer.ok) return
    } catch {
      // not listening yet
    }
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  throw new Error(`prometheus was not ready in 30 s: ${words}`)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const gone = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await gone
  clearTimeout(timer)
}

/** startPrometheus runs a real Prometheus on loopback and resolves when it is ready to answer. */
export async function startPrometheus(options: RealPrometheusOptions = {}): Promise<RealPrometheus> {
  const folder = mkdtempSync(join(tmpdir(), 'shiftgate-prometheus-'))
  const storage = options.storage ?? join(folder, 'data')
  const ruleFile = join(folder, 'rules.yml')
  writeFileSync(ruleFile, JSON.stringify({ groups: [{ name: 'rules', rules: options.rules ?? [] }] }))
  writeFileSync(join(folder, 'prometheus.yml'), configText(options, ruleFile))
  const port = await freePort()
  const url = `http://127.0.0.1:${port}`
  const more = options.receiver === true ? ['--web.enable-remote-write-receiver'] : []
  let child = launch(folder, storage, port, more)
  try {
    await awaitReady(url, child)
  } catch (error) {
    await end(child)
    rmSync(folder, { recursive: true, force: true })
    throw error
  }
  return {
    url,
    get pid() {
      return child.pid ?? -1
    },
    async restart() {
      await end(child)
      child = launch(folder, storage, port, more)
      await awaitReady(url, child)
    },
    async stop() {
      // its data goes with it: nothing has to be written
      child.kill('SIGKILL')
      await end(child)
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
