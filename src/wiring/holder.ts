import { createHash } from 'node:crypto'
import { readFileSync, readlinkSync } from 'node:fs'
import { hostname } from 'node:os'
import { parseHolder } from '../ci/ci.ts'

/** Surroundings are what this process is compared by; each can be given by a test. */
interface Surroundings {
  hostname: string
  /** null: this system doesn't tell. */
  place: string | null
  isAlive(pid: number): boolean
}

/**
 * isDeadHolder tells whether a holder was a process of this machine that has ended. It is false where that can't be
 * known: of another machine or container, also one of the same name; where the system doesn't tell those apart; or where
 * the pid lives, though it may be another process by now. Such a holder's Lease expires.
 */
export function isDeadHolder(
  holder: string,
  here: Surroundings = { hostname: hostname(), place: processPlace(), isAlive: hasProcess },
): boolean {
  const named = parseHolder(holder)
  if (named === null || named.place === null || named.place !== here.place) return false
  return named.hostname === here.hostname && !here.isAlive(named.pid)
}

/** ProcFiles reads what Linux tells of a process and its machine; either throws where it isn't there. */
interface ProcFiles {
  text(path: string): string
  link(path: string): string
}

const procFiles: ProcFiles = {
  text: (path) => readFileSync(path, 'utf8'),
  link: (path) => readlinkSync(path),
}

/**
 * processPlace names the boot of the machine and the pid namespace that this process runs in: where both are the same, a
 * pid means the same process. null: the system doesn't tell them.
 */
export function processPlace(files: ProcFiles = procFiles): string | null {
  try {
    const boot = files.text('/proc/sys/kernel/random/boot_id').trim()
    const pids = files.link('/proc/self/ns/pid')
    if (boot === '' || pids === '') return null
    return createHash('sha256').update(`${boot} ${pids}`).digest('hex').slice(0, 8)
  } catch {
    return null
  }
}

function hasProcess(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    // EPERM: it lives and is somebody else's.
    return (error as NodeJS.ErrnoException).code !== 'ESRCH'
  }
}
