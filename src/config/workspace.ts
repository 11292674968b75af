import { readFileSync, realpathSync } from 'node:fs'
import { relative, resolve, sep } from 'node:path'
import { Failure } from '../release/failure.ts'

/** Name of the config file that is read without being asked for. */
const defaultConfigFile = 'shiftgate.yml'

/** Workspace is the folder that a user's paths start from. */
interface Workspace {
  absolute(path: string): string
  /** readFile gives the text of a file; null where none can be read. */
  readFile(path: string): string | null
  /**
   * configFile reads the config file: the named one, or the usual one if it is there. It throws Failure
   * `invalid-input` for a named file that isn't there or lies outside of the workspace, links followed.
   */
  configFile(named: string | null, label: string): { path: string; text: string } | null
}

/** workspaceAt opens the folder `root`. */
export function workspaceAt(root: string): Workspace {
  const absolute = (path: string): string => resolve(root, path)
  const readFile = (path: string): string | null => {
    try {
      return readFileSync(absolute(path), 'utf8')
    } catch {
      return null
    }
  }
  const configFile = (named: string | null, label: string) => {
    const path = named ?? defaultConfigFile
    const text = readFile(path)
    if (text === null && named === null) return null
    const refuse = (why: string) =>
      new Failure('invalid-input', `${label}: ${JSON.stringify(path)} ${why}.`, {
        details: { field: 'config', value: path },
      })
    if (text === null) throw refuse('is no readable file')
    if (!isInside(root, absolute(path))) throw refuse(`lies outside of ${root}: only files in there are read`)
    return { path, text }
  }
  return { absolute, readFile, configFile }
}

function isInside(root: string, path: string): boolean {
  const way = relative(realpathSync(root), realpathSync(path))
  return way !== '..' && !way.startsWith(`..${sep}`) && !/^([A-Za-z]:|[\\/])/.test(way)
}
