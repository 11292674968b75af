import { appendFileSync, closeSync, constants, mkdirSync, openSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'

// A pipe that nobody reads refuses to be opened, and one that is full refuses to be written, instead of waiting
// (Windows has no such pipes in its file system).
const withoutWaiting = constants.O_NONBLOCK ?? 0

/** makeFolder makes a folder and those above it. It throws where that can't be; mkdir -p of Node never ends in /proc. */
export function makeFolder(path: string): void {
  if (isFolder(path)) return
  const above = dirname(path)
  if (above !== path) makeFolder(above)
  try {
    mkdirSync(path)
  } catch (error) {
    if (!isFolder(path)) throw error
  }
}

/** writeFile puts text into a file, in the place of what it held. It throws instead of waiting for a reader. */
export function writeFile(path: string, text: string): void {
  put(path, constants.O_TRUNC, text)
}

/** appendFile adds text to a file's end. It throws instead of waiting for a reader. */
export function appendFile(path: string, text: string): void {
  put(path, constants.O_APPEND, text)
}

function put(path: string, flag: number, text: string): void {
  const file = openSync(path, constants.O_WRONLY | constants.O_CREAT | flag | withoutWaiting, 0o666)
  try {
    // Both write on where they are: the flags of the open file say where that is.
    if (flag === constants.O_APPEND) appendFileSync(file, text)
    else writeFileSync(file, text)
  } finally {
    closeSync(file)
  }
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false
}
