import { resolveRequest } from '../config/resolve.ts'
import type { RawValue } from '../config/sources/raw-value.ts'
import { workspaceAt } from '../config/workspace.ts'
import type { Settings } from '../release/settings.ts'
import { readRun } from '../wiring/ci.ts'
import type { Arguments } from './arguments.ts'
import type { Terminal } from './terminal.ts'

/**
 * offlineSettings gives the settings of a rollout from flags and config file; what only a cluster has is invented.
 * `own` are flags of the command itself. Throws Failure `invalid-input` or `invalid-config`.
 */
export function offlineSettings(parsed: Arguments, terminal: Terminal, own: ReadonlySet<string>): Settings {
  const workspace = workspaceAt(terminal.cwd)
  const { name: label } = parsed.command
  const given = new Map([...parsed.given].filter(([name]) => !own.has(name)))
  const invented = {
    namespace: 'shop',
    service: 'my-api',
    version: 'v2',
    'prometheus-url': 'http://127.0.0.1',
  }
  for (const [name, text] of Object.entries(invented)) {
    const stated: RawValue = { text, label, position: null }
    given.set(name, stated)
  }
  return resolveRequest({
    command: 'rollout',
    inputs: given,
    environment: new Map(),
    file: workspace.configFile(parsed.given.get('config')?.text ?? null, '--config'),
    context: readRun({ env: {}, process: terminal.process, readFile: workspace.readFile }),
    nameOf: (name) => `--${name}`,
    readFile: workspace.readFile,
    absolute: workspace.absolute,
  }).request.settings
}
