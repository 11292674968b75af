import { statSync } from 'node:fs'
import type * as toolkit from '@actions/core'
import { sentenceOf } from '../release/failure.ts'
import { logText } from '../release/text/log-text.ts'
import { manyLines, oneLine } from '../release/text/plain-text.ts'

/** Toolkit is GitHub's toolkit of actions, `@actions/core`. */
type Toolkit = typeof toolkit

/** AnnotationLocation is where an annotation points, and its heading. */
export interface AnnotationLocation {
  title?: string
  file?: string
  startLine?: number
  startColumn?: number
}

/** Runner is what the action needs of GitHub's runner. */
export interface Runner {
  input(name: string): string
  output(name: string, value: string): void
  saveState(name: string, value: string): void
  state(name: string): string
  mask(secret: string): void
  line(text: string): void
  group(title: string, lines: readonly string[]): void
  error(text: string, place: AnnotationLocation): void
  warning(text: string, place: AnnotationLocation): void
  notice(text: string, place: AnnotationLocation): void
  /** summary appends Markdown to the job's summary. It never rejects. */
  summary(markdown: string): Promise<void>
}

/**
 * createActionsRunner is the Runner of a real workflow. What can't be written (outputs, state, summary: a missing
 * file, a full disk) is said once each and changes nothing of how the step ends.
 */
export function createActionsRunner(core: Toolkit): Runner {
  const lost = new Set<string>()
  const write = (place: WrittenPlace, work: () => void) => {
    try {
      checkFile(place.variable)
      work()
    } catch (error) {
      warnOnce(core, lost, place, error)
    }
  }
  return {
    input: (name) => core.getInput(name),
    output: (name, value) => write(places.outputs, () => core.setOutput(name, value)),
    saveState: (name, value) => write(places.state, () => core.saveState(name, value)),
    state: (name) => core.getState(name),
    mask: (secret) => core.setSecret(secret),
    line: (text) => core.info(logText(text)),
    group: (title, lines) => {
      core.startGroup(oneLine(title))
      for (const text of lines) core.info(logText(text))
      core.endGroup()
    },
    error: (text, place) => core.error(manyLines(text), shown(place)),
    warning: (text, place) => core.warning(manyLines(text), shown(place)),
    notice: (text, place) => core.notice(manyLines(text), shown(place)),
    summary: async (markdown) => {
      try {
        checkFile(places.summary.variable)
        await core.summary.addRaw(markdown, true).write()
      } catch (error) {
        warnOnce(core, lost, places.summary, error)
      }
    },
  }
}

/** WrittenPlace is a file of the runner's that a step writes into, and what follows where it can't be written. */
interface WrittenPlace {
  what: string
  variable: 'GITHUB_OUTPUT' | 'GITHUB_STATE' | 'GITHUB_STEP_SUMMARY'
  consequence: string
}

const places = {
  outputs: { what: 'outputs', variable: 'GITHUB_OUTPUT', consequence: 'later steps see none' },
  state: {
    what: 'state',
    variable: 'GITHUB_STATE',
    consequence: 'the post step decides from the cluster alone',
  },
  summary: {
    what: 'summary',
    variable: 'GITHUB_STEP_SUMMARY',
    consequence: 'see the log and the comment',
  },
} satisfies Record<string, WrittenPlace>

function warnOnce(
  core: Toolkit,
  lost: Set<string>,
  { what, consequence }: WrittenPlace,
  error: unknown,
): void {
  if (lost.has(what)) return
  lost.add(what)
  const text = oneLine(`${what} could not be written (${sentenceOf(error)}): ${consequence}.`)
  core.warning(text, { title: `No ${what}` })
}

/** checkFile throws where the runner's file is none: opening a pipe that nobody reads would wait for ever. */
function checkFile(variable: WrittenPlace['variable']): void {
  const path = process.env[variable]
  if (path && !statSync(path).isFile()) throw new Error(`${path} is no file`)
}

function shown(place: AnnotationLocation): AnnotationLocation {
  return place.title === undefined ? place : { ...place, title: oneLine(place.title) }
}
