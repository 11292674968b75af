import type { CiRun, Environment, ProcessIdentity } from '../release/ci-run.ts'

/** CiSource is what a CI system gives a process to read its run from. */
export interface CiSource {
  env: Environment
  process: ProcessIdentity
  /** readFile gives a file's text; null where it can't be read. */
  readFile(path: string): string | null
}

/** CiSystem is one CI system: how a process knows that it runs there, and what it tells of the run. */
export interface CiSystem {
  /** detects tells from the environment whether this process runs in it. */
  detects(env: Environment): boolean
  /** readRun never throws: what is missing or broken only makes the run less well described. */
  readRun(source: CiSource): CiRun
}

/** readCiRun reads the run from the first system that is found, or from the process alone where none is. */
export function readCiRun(systems: readonly CiSystem[], source: CiSource): CiRun {
  const system = systems.find((each) => each.detects(source.env))
  return system === undefined ? readLocalRun(source) : system.readRun(source)
}

function readLocalRun({ env, process }: CiSource): CiRun {
  return {
    holder: localHolder(process),
    runUrl: null,
    runId: `${process.pid}${process.nonce}`,
    serverUrl: 'https://github.com',
    repository: null,
    subject: { sha: null, pullRequest: null, branch: null, fromFork: false },
    sandboxClock: sandboxClock(env),
  }
}

/** localHolder names a process that no run of a CI system stands behind. */
export function localHolder(process: ProcessIdentity): string {
  return `${process.hostname}/${named(process)}`
}

/** runHolder names a process of an attempt of a CI system's run. */
export function runHolder(attemptUrl: string, process: ProcessIdentity): string {
  return `${attemptUrl}#${named(process)}@${process.hostname}`
}

function named({ pid, nonce, place }: ProcessIdentity): string {
  return `${pid}-${nonce}${place ? `.${place}` : ''}`
}

/** NamedProcess is where a holder's process ran; `place` null: it was not told from others of the same name. */
interface NamedProcess {
  hostname: string
  pid: number
  place: string | null
}

/** parseHolder gives the process that a holder names; null for what neither of the two above wrote. */
export function parseHolder(holder: string): NamedProcess | null {
  const [, runPid, runPlace, runHost, localHost, localPid, localPlace] =
    /^(?:[^#]*#(\d{1,10})-[^@.]*(?:\.([^@.]+))?@(.+)|([^/#]+)\/(\d{1,10})-[^/#.]+(?:\.([^/#.]+))?)$/.exec(
      holder,
    ) ?? []
  const hostname = runHost ?? localHost
  const pid = Number(runPid ?? localPid)
  return hostname === undefined || !(pid > 0)
    ? null
    : { hostname, pid, place: runPlace ?? localPlace ?? null }
}

/** sandboxClock gives the address of a sandbox's clock from the environment; null for real time. */
export function sandboxClock(env: Environment): string | null {
  return env.SHIFTGATE_SANDBOX_CLOCK || null
}
