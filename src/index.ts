import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { runAction } from './action/entry.ts'
import { runCommandLine } from './cli/entry.ts'

const here = {
  hostname: hostname(),
  pid: process.pid,
  nonce: randomBytes(4).toString('hex'),
}

// One controller for the whole run: a second signal finds it aborted and changes nothing.
const interruption = new AbortController()
for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => interruption.abort(new Error(`${name} came: the run was cancelled`)))
}

/**
 * Words on the command line mean the command line, also in a `run:` step of a workflow. Without any, the runner
 * started us as an action if it gave our inputs (each of them is in the environment, the empty ones too).
 */
function entry(): Promise<number> {
  const words = process.argv.slice(2)
  const asAction = process.env.GITHUB_ACTIONS === 'true' && process.env.INPUT_COMMAND !== undefined
  return words.length === 0 && asAction
    ? runAction(here, interruption.signal)
    : runCommandLine(words, here, interruption.signal)
}

// Sockets that are kept alive must not keep a run alive that has ended.
entry().then(
  (code) => process.exit(code),
  (error: unknown) => {
    console.error(error)
    process.exit(5)
  },
)
