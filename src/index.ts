import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { basename } from 'node:path'
import { flushStreams, guardStreams } from './cli/standard-streams.ts'

guardStreams(process)

const here = {
  hostname: hostname(),
  pid: process.pid,
  nonce: randomBytes(4).toString('hex'),
}

// One controller for the whole run: a second signal finds it aborted and changes nothing.
const interruption = new AbortController()
// A lost terminal (SIGHUP) cancels a run like any other signal.
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  process.on(name, () => interruption.abort(new Error(`${name} came: the run was cancelled`)))
}

/**
 * Words on the command line mean the command line, also in a `run:` step of a workflow. Without any, the runner
 * started us as an action if it gave our inputs (each of them is in the environment, the empty ones too). Only the
 * door that is gone through is loaded; `eager` keeps both in the bundle's one file.
 */
async function entry(): Promise<number> {
  const words = process.argv.slice(2)
  const isPost = basename(process.argv[1] ?? '') === 'post.js'
  const asAction = process.env.GITHUB_ACTIONS === 'true' && process.env.INPUT_COMMAND !== undefined
  if (words.length === 0 && asAction) {
    const { runAction } = await import(/* webpackMode: "eager" */ './action/entry.ts')
    return runAction(here, isPost, interruption.signal)
  }
  const { runCommandLine } = await import(/* webpackMode: "eager" */ './cli/entry.ts')
  return runCommandLine(words, here, interruption.signal)
}

/** end leaves the process. Sockets that are kept alive must not keep a run alive that has ended. */
async function end(code: number): Promise<never> {
  await flushStreams(process)
  process.exit(code)
}

entry().then(end, (error: unknown) => {
  console.error(error)
  return end(5)
})
