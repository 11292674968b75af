import { hostname } from 'node:os'
import { parseHolder } from '../ci/ci.ts'

/**
 * isDeadHolder tells whether a holder was a process of this machine that has ended. It is false where that can't be
 * known: of another machine, or where the pid lives, though it may be another process by now.
 */
export function isDeadHolder(holder: string, here = hostname(), isAlive = hasProcess): boolean {
  const named = parseHolder(holder)
  return named !== null && named.hostname === here && !isAlive(named.pid)
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
