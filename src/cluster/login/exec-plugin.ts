import { type ChildProcessByStdio, spawn } from 'node:child_process'
import { isAbsolute, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import type { Environment } from '../../release/ci-run.ts'
import { Failure, sentenceOf } from '../../release/failure.ts'
import { maskSecrets } from '../../release/text/masking.ts'
import { parseJsonText, toOneLine } from '../api/status.ts'
import type { ApiEndpoint } from './endpoint.ts'
import type { EntryFields } from './kubeconfig-entry.ts'

/** ExecCredential is what a credential plugin printed. */
export interface ExecCredential {
  token: string | null
  certificate: string | null
  key: string | null
  /** ms since the epoch; null where the plugin doesn't say. */
  expiresAt: number | null
}

interface Plugin {
  command: string
  args: string[]
  env: Record<string, string>
  apiVersion: string
  hint: string | null
  /** `provideClusterInfo` */
  wantsCluster: boolean
}

/** A plugin that shows no progress for so long (ms) hangs. */
const progressLimit = 10_000
/** How long (ms) what a plugin started may outlive it. */
const lingering = 500
/** A plugin that prints more than this prints no credential. */
const outputLimit = 1_000_000

/**
 * runExecPlugin runs the kubeconfig's exec credential plugin (client.authentication.k8s.io) and reads what it prints.
 * It ends the plugin, and all that it started, when the signal aborts or nothing came for 10 s. Throws Failure `unauthorized`, or `invalid-input` for a bad entry.
 */
export async function runExecPlugin(
  user: EntryFields,
  endpoint: ApiEndpoint,
  env: Environment,
  signal: AbortSignal,
  quietLimit = progressLimit,
): Promise<ExecCredential> {
  const plugin = pluginOf(user)
  const output = await run(plugin, endpoint, env, quietLimit, signal)
  return credentialOf(output, plugin)
}

function pluginOf(user: EntryFields): Plugin {
  const raw = user.raw('exec')
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw))
    throw user.mistake('exec', 'must be a mapping')
  const fields = raw as Record<string, unknown>
  const { command, apiVersion, installHint } = fields
  if (typeof command !== 'string' || command === '') throw user.mistake('exec.command', 'is missing')
  const args = fields.args ?? []
  if (!Array.isArray(args)) throw user.mistake('exec.args', 'must be a list')
  const pairs = fields.env ?? []
  if (!Array.isArray(pairs)) throw user.mistake('exec.env', 'must be a list of name and value')
  return {
    // As kubectl: a bare name is looked up in PATH, a relative path starts at the kubeconfig's folder.
    command: command.includes('/') && !isAbsolute(command) ? resolve(user.base, command) : command,
    args: args.map(String),
    env: Object.fromEntries(
      (pairs as { name?: unknown; value?: unknown }[]).map((pair) => [
        String(pair?.name),
        String(pair?.value ?? ''),
      ]),
    ),
    apiVersion: typeof apiVersion === 'string' ? apiVersion : 'client.authentication.k8s.io/v1',
    wantsCluster: fields.provideClusterInfo === true,
    hint: typeof installHint === 'string' ? toOneLine(installHint, 300) : null,
  }
}

function run(
  plugin: Plugin,
  endpoint: ApiEndpoint,
  env: Environment,
  quietLimit: number,
  signal: AbortSignal,
): Promise<string> {
  const { promise, resolve: done, reject } = Promise.withResolvers<string>()
  const child = spawn(plugin.command, plugin.args, {
    env: { ...env, ...plugin.env, KUBERNETES_EXEC_INFO: JSON.stringify(execInfo(plugin, endpoint)) },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A group of its own, so that what it started ends with it.
    detached: true,
  })
  const kill = () => killGroup(child)
  const end = (error: unknown): void => {
    kill()
    reject(error)
  }
  const aborted = () => end(signal.reason)
  const hung = () => end(failed(plugin, `it showed no progress for ${quietLimit} ms and was ended`))
  const quiet = setTimeout(hung, quietLimit)
  const output = collect(child, () => quiet.refresh())
  signal.addEventListener('abort', aborted, { once: true })
  process.once('exit', kill)
  child.once('error', (error) => reject(failed(plugin, sentenceOf(error), error)))
  const settle = (code: number | null, by: string | null) => {
    if (code === 0) return done(output.text)
    const complaint = toOneLine(harmless(output.complaint, plugin, env), 300)
    reject(failed(plugin, `it ended with ${code ?? by}: ${complaint}`))
  }
  // What it started may hold its outputs open after its end, also out of its group.
  child.once('exit', (code, by) => {
    setTimeout(() => {
      kill()
      for (const stream of [child.stdout, child.stderr]) stream.destroy()
      settle(code, by)
    }, lingering).unref()
  })
  child.once('close', settle)
  return promise.finally(() => {
    clearTimeout(quiet)
    signal.removeEventListener('abort', aborted)
    process.removeListener('exit', kill)
  })
}

/** Names of variables that hold secrets. */
const secretName = /token|secret|passw|key|credential/i

/** harmless is a plugin's complaint without the secrets that it was given. */
function harmless(complaint: string, plugin: Plugin, env: Environment): string {
  const inherited = Object.entries(env).flatMap(([name, value]) =>
    value !== undefined && secretName.test(name) ? [value] : [],
  )
  return maskSecrets(complaint, [...Object.values(plugin.env), ...inherited])
}

/** collect gathers what a plugin prints, cut, and reports every piece of it as progress. */
function collect(child: ChildProcessByStdio<null, Readable, Readable>, progress: () => void) {
  const output = { text: '', complaint: '' }
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    progress()
    output.text = (output.text + text).slice(0, outputLimit)
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    progress()
    output.complaint = lastOf(output.complaint + text, 2000)
  })
  return output
}

/** lastOf gives the end of a text, whole words only: half a secret is not known for one. */
function lastOf(text: string, length: number): string {
  return text.length <= length ? text : text.slice(-length).replace(/^\S*/, '')
}

/** killGroup ends a plugin and all that it started; what has ended already is left alone. */
function killGroup({ pid }: { pid?: number | undefined }): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // Nobody of the group is left.
  }
}

function execInfo(plugin: Plugin, endpoint: ApiEndpoint) {
  return {
    apiVersion: plugin.apiVersion,
    kind: 'ExecCredential',
    spec: { interactive: false, ...(plugin.wantsCluster ? { cluster: clusterInfo(endpoint) } : {}) },
  }
}

function clusterInfo({ server, ca, skipVerify, serverName, proxy }: ApiEndpoint) {
  return {
    server: server.href.replace(/\/$/, ''),
    ...(ca === null ? {} : { 'certificate-authority-data': ca.toString('base64') }),
    ...(skipVerify ? { 'insecure-skip-tls-verify': true } : {}),
    ...(serverName === null ? {} : { 'tls-server-name': serverName }),
    ...(proxy === null ? {} : { 'proxy-url': proxy.href }),
  }
}

function failed(plugin: Plugin, why: string, cause?: unknown): Failure {
  const hint = plugin.hint === null ? '' : ` (${plugin.hint})`
  return new Failure(
    'unauthorized',
    `the credential plugin ${plugin.command} gave no credential: ${why}${hint}`,
    {
      cause,
    },
  )
}

function credentialOf(output: string, plugin: Plugin): ExecCredential {
  // Nothing of the output may be quoted: it is the credential.
  const body = parseJsonText(output) as { status?: Record<string, unknown> } | null | undefined
  const status = body?.status
  if (typeof status !== 'object' || status === null)
    throw failed(plugin, 'it printed no ExecCredential with a status')
  const text = (key: string) => (typeof status[key] === 'string' && status[key] !== '' ? status[key] : null)
  const credential = {
    token: text('token'),
    certificate: text('clientCertificateData'),
    key: text('clientKeyData'),
    expiresAt: Date.parse(text('expirationTimestamp') ?? '') || null,
  }
  if (credential.token === null && credential.certificate === null) {
    throw failed(plugin, 'its ExecCredential has neither token nor clientCertificateData')
  }
  return credential
}
