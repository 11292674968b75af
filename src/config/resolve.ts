import type { CiRun } from '../release/ci-run.ts'
import { type CommandName, commandTraits } from '../release/commands.ts'
import { Failure } from '../release/failure.ts'
import type { ClusterAccess, ForgeAccess, PrometheusAccess, Request } from '../release/request.ts'
import type { OptionName } from './options/options.ts'
import { toSettings } from './settings.ts'
import { readConfig } from './sources/config-file.ts'
import { invalidValue, type RawValue } from './sources/raw-value.ts'
import { readValues, type ShownOption, type Values } from './sources/values.ts'

/** RawRequest is all that one run was given, before it is understood. */
interface RawRequest {
  command: CommandName
  /** What inputs or flags gave, by option name; an absent name was not given. */
  inputs: ReadonlyMap<string, RawValue>
  /** What the environment gives in place of a flag. */
  environment: ReadonlyMap<string, RawValue>
  file: { path: string; text: string } | null
  context: CiRun
  /** Writes an option's name as the user gives it. */
  nameOf(name: string): string
  /** Reads a file that an option names, relative to the working directory; null where there is none. */
  readFile(path: string): string | null
  /** Makes a path of the user's absolute. */
  absolute(path: string): string
}

/** ResolvedRequest is a run's request, and the options that it came from, fit to be shown. */
export interface ResolvedRequest {
  request: Request
  options: ShownOption[]
}

/**
 * resolveRequest makes the Request of a run: inputs or flags win over the environment, that over the config file,
 * that over the defaults. It throws Failure `invalid-input` or `invalid-config` with one sentence that names the
 * field, its value and what is allowed.
 */
export function resolveRequest(raw: RawRequest): ResolvedRequest {
  const inFile = raw.file ? readConfig(raw.file.path, raw.file.text) : new Map<string, RawValue>()
  const values = readValues(raw.command, [raw.inputs, raw.environment, inFile], raw.nameOf)
  const { context } = raw
  const request: Request = {
    command: raw.command,
    namespace: values.get('namespace') ?? '',
    service: values.get('service') ?? '',
    clusterDomain: values.get('cluster-domain'),
    version: values.get('version'),
    stableVersion: values.get('stable-version'),
    ...imageRequest(values),
    split: values.get('split'),
    routes: values.get('routes'),
    toVersion: values.get('to-version'),
    cluster: clusterAccess(values, raw),
    prometheus: commandTraits[raw.command].metrics === 'unused' ? null : prometheusAccess(values, raw),
    forge: forgeAccess(values, context),
    settings: toSettings(values, raw.nameOf),
    holder: context.holder,
    runUrl: context.runUrl ?? values.get('run-url'),
    runId: context.runId,
    comment: values.get('comment'),
    summary: values.get('summary'),
    reportDir: raw.absolute(values.get('report-dir')),
    sandboxClock: context.sandboxClock,
  }
  return { request, options: values.shown(raw.command) }
}

/** What a release makes of an image; nothing where it is given none. */
function imageRequest(
  values: Values,
): Pick<Request, 'image' | 'workload' | 'canaryReplicas' | 'copyPolicies'> {
  const image = values.get('image')
  if (image === null) return {}
  return {
    image,
    workload: values.get('workload'),
    canaryReplicas: values.get('canary-replicas'),
    copyPolicies: values.get('copy-policies'),
  }
}

/** An absent field is left out. */
function optional<Key extends string, Value>(key: Key, value: Value | null): { [K in Key]?: Value } {
  return (value === null ? {} : { [key]: value }) as { [K in Key]?: Value }
}

function clusterAccess(values: Values, raw: RawRequest): ClusterAccess {
  const context = values.get('context')
  const value = values.get('kubeconfig')
  if (value === null) return { kubeconfig: { from: 'default' }, context }
  if (isKubeconfig(value) || isKubeconfig(Buffer.from(value, 'base64').toString('utf8'))) {
    return { kubeconfig: { from: 'content', value }, context }
  }
  const path = raw.absolute(value)
  if (raw.readFile(value) === null) {
    throw new Failure(
      'invalid-input',
      `${raw.nameOf('kubeconfig')}: neither a readable file nor the content of a kubeconfig (it has no "apiVersion:").`,
      { details: { field: 'kubeconfig', value: null } },
    )
  }
  return { kubeconfig: { from: 'path', value: path }, context }
}

function isKubeconfig(text: string): boolean {
  return /["']?apiVersion["']?\s*:/.test(text)
}

/** Ways to prove who asks Prometheus: at most one is given. */
const credentialOptions = [
  'prometheus-token',
  'prometheus-token-file',
  'prometheus-token-command',
  'prometheus-username',
] as const satisfies readonly OptionName[]

function prometheusAccess(values: Values, raw: RawRequest): PrometheusAccess | null {
  const url = values.get('prometheus-url')
  if (url === null) return null
  const bearerToken = values.get('prometheus-token')
  const username = values.get('prometheus-username')
  const password = values.get('prometheus-password')
  if ((username === null) !== (password === null)) {
    throw conflict(raw, 'prometheus-username', 'prometheus-password', 'go together: give both')
  }
  const ways = credentialOptions.filter((name) => values.get(name) !== null)
  if (ways.length > 1) {
    throw conflict(raw, ways[0] as OptionName, ways[1] as OptionName, 'exclude each other: give one')
  }
  const headers = values.get('prometheus-headers') ?? {}
  const authorized = Object.keys(headers).some((name) => name.toLowerCase() === 'authorization')
  if (authorized && ways[0] !== undefined) {
    throw conflict(raw, 'prometheus-headers', ways[0], 'both set "Authorization": give one')
  }
  const tokenFile = values.get('prometheus-token-file')
  return {
    url,
    bearerToken,
    basic: username !== null && password !== null ? { username, password } : null,
    headers,
    ca: certificateAuthority(values, raw),
    ...optional('tokenFile', tokenFile === null ? null : raw.absolute(tokenFile)),
    ...optional('tokenCommand', values.get('prometheus-token-command')),
    ...optional('match', values.get('prometheus-match')),
  }
}

function conflict(raw: RawRequest, one: OptionName, other: OptionName, text: string): Failure {
  return new Failure('invalid-input', `${raw.nameOf(one)} and ${raw.nameOf(other)} ${text}.`, {
    details: { field: one, value: null },
  })
}

function certificateAuthority(values: Values, raw: RawRequest): string | null {
  const value = values.get('prometheus-ca')
  if (value === null) return null
  const begin = '-----BEGIN CERTIFICATE-----'
  const text = value.includes(begin) ? value : raw.readFile(value)
  if (text?.includes(begin)) return text
  const given = values.raw('prometheus-ca') as RawValue
  const wrong = text === null ? 'is no readable file' : 'holds no certificate'
  throw invalidValue(given, `${JSON.stringify(value.slice(0, 80))} ${wrong}: a PEM begins with "${begin}"`, {
    field: 'prometheus-ca',
  })
}

function forgeAccess(values: Values, context: CiRun): ForgeAccess | null {
  const token = values.get('token')
  const repository = values.get('repository') ?? context.repository
  const { subject } = context
  const sha = values.get('commit') ?? subject.sha
  if (token === null || repository === null || sha === null) return null
  return {
    kind: 'github',
    token,
    apiUrl: values.get('github-api-url'),
    serverUrl: context.serverUrl,
    owner: repository.owner,
    repository: repository.name,
    sha,
    pullRequest: values.get('pull-request') ?? subject.pullRequest,
    branch: subject.branch,
    fromFork: subject.fromFork,
  }
}
