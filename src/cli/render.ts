import { renderFiles } from '../commands/offline/render.ts'
import { ruleChoices } from '../config/kinds/routes.ts'
import { workspaceAt } from '../config/workspace.ts'
import { Failure, sentenceOf } from '../release/failure.ts'
import { type ExitCode, exitCodes } from '../release/outcome/exit-codes.ts'
import { oneLine } from '../release/text/plain-text.ts'
import { routeFiles } from '../wiring/routing.ts'
import type { Arguments } from './arguments.ts'
import type { Terminal } from './terminal.ts'

type RenderRequest = Parameters<typeof renderFiles>[2]

/**
 * runRender edits files of routing objects offline, YAML or JSON; `-` is standard input. The edited text goes to
 * standard output, or with --write into the files themselves; with --create, objects that no file holds become files
 * beside the first. Exit code 3: refused, nothing was changed.
 */
export async function runRender(parsed: Arguments, terminal: Terminal): Promise<ExitCode> {
  const sources = readFiles(parsed, terminal)
  const { result, lines } = renderFiles(routeFiles, sources, readRenderRequest(parsed))
  for (const line of lines) terminal.error(`${oneLine(line, 1000)}\n`)
  if (!result.ok) {
    if (parsed.json !== null) report(terminal, parsed.json, { ok: false, problems: result.problems })
    return exitCodes.refused
  }
  const { files, created, warnings } = result
  if (parsed.given.has('write')) writeFiles(result, terminal)
  else if (parsed.json !== '-') terminal.data(joined([...files, ...created].map(({ text }) => text)))
  if (parsed.json !== null) report(terminal, parsed.json, { ok: true, files, created, warnings })
  return exitCodes.done
}

function readFiles(parsed: Arguments, terminal: Terminal): { name: string; text: string }[] {
  const workspace = workspaceAt(terminal.cwd)
  const names = [...(parsed.given.get('file')?.text.split('\n') ?? []), ...parsed.operands]
  if (names.length === 0) throw missing('file', 'name the files to edit: -f routes.yaml')
  const sources = names.map((name) => {
    const text = name === '-' ? terminal.input() : workspace.readFile(name)
    if (text === null) throw missing('file', `${name} is no readable file`)
    return { name, text }
  })
  if (names.includes('-') && parsed.given.has('write'))
    throw missing('write', 'standard input can’t be written into: leave --write out')
  return sources
}

type Rendered = Extract<ReturnType<typeof renderFiles>['result'], { ok: true }>

/** writeFiles writes the changed files in place and the created ones beside the first. */
function writeFiles({ files, created }: Rendered, terminal: Terminal): void {
  const workspace = workspaceAt(terminal.cwd)
  const folder = (files[0]?.name ?? '').replace(/[^/\\]*$/, '')
  for (const { name, text, changed } of files) if (changed) write(terminal, workspace.absolute(name), text)
  for (const { name, text } of created) write(terminal, workspace.absolute(folder + name), text)
  for (const { name, changed } of files)
    terminal.out(`${changed ? 'changed  ' : 'unchanged'} ${oneLine(name)}\n`)
  for (const { name } of created) terminal.out(`created   ${folder}${name}\n`)
}

function readRenderRequest(parsed: Arguments): RenderRequest {
  const stableHost = optional(parsed, 'stable-host', serviceName)
  const canaryHost = optional(parsed, 'canary-host', serviceName)
  if ((stableHost === null) !== (canaryHost === null)) {
    throw missing(stableHost === null ? 'stable-host' : 'canary-host', 'the two hosts go together: give both')
  }
  return {
    namespace: required(parsed, 'namespace', label),
    service: required(parsed, 'service', label),
    clusterDomain: optional(parsed, 'cluster-domain', serviceName) ?? 'cluster.local',
    stable: required(parsed, 'stable', version),
    canary: required(parsed, 'canary', version),
    weight: weightOf(parsed),
    hosts: stableHost === null || canaryHost === null ? null : { stable: stableHost, canary: canaryHost },
    routes: routesOf(parsed),
    create: parsed.given.has('create'),
  }
}

const label = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/
const version = /^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/
const serviceName = /^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$/

function required(parsed: Arguments, name: string, shape: RegExp): string {
  const text = optional(parsed, name, shape)
  if (text === null) throw missing(name, 'is missing')
  return text
}

function optional(parsed: Arguments, name: string, shape: RegExp): string | null {
  const text = parsed.given.get(name)?.text ?? null
  if (text !== null && !shape.test(text)) {
    throw missing(name, `${JSON.stringify(text.slice(0, 80))} is no name that Kubernetes takes here`)
  }
  return text
}

function weightOf(parsed: Arguments): number {
  const text = parsed.given.get('weight')?.text
  if (text === undefined) throw missing('weight', 'is missing: the canary’s share in percent, 0 to 100')
  const weight = /^\d{1,3}(\.\d{1,6})?%?$/.test(text) ? Number(text.replace('%', '')) : Number.NaN
  if (weight >= 0 && weight <= 100) return weight
  throw missing('weight', `${JSON.stringify(text.slice(0, 40))} is no share from 0 to 100 percent`)
}

function routesOf(parsed: Arguments): RenderRequest['routes'] {
  const text = parsed.given.get('routes')?.text
  if (text === undefined) return null
  const read = ruleChoices.fromText(text)
  if ('wrong' in read) throw missing('routes', read.wrong)
  return read.value
}

function missing(name: string, text: string): Failure {
  return new Failure('invalid-input', `--${name}: ${text}.`, { details: { field: name, value: null } })
}

/** JSON documents follow one another as they are: a line between them would be none of JSON's. */
function isJsonStream(...texts: readonly string[]): boolean {
  return texts.every((text) => /^\s*[[{]/.test(text))
}

/** Documents of several files become one stream. */
function joined(texts: readonly string[]): string {
  return texts.reduce((whole, text) => {
    if (whole === '') return text
    const line = whole.endsWith('\n') ? whole : `${whole}\n`
    return text.startsWith('---') || isJsonStream(whole, text) ? line + text : `${line}---\n${text}`
  }, '')
}

function report(terminal: Terminal, target: string, result: object): void {
  terminal.write(target, `${JSON.stringify({ schema: 1, command: 'render', ...result }, null, 2)}\n`)
}

function write(terminal: Terminal, path: string, text: string): void {
  try {
    terminal.write(path, text)
  } catch (cause) {
    throw new Failure('invalid-input', `${path} can't be written: ${sentenceOf(cause)}`, { cause })
  }
}
