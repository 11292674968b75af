import * as core from '@actions/core'
import { logText } from '../release/text/log-text.ts'
import { manyLines, oneLine } from '../release/text/plain-text.ts'

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
  /** summary appends Markdown to the job's summary. */
  summary(markdown: string): Promise<void>
}

/** createActionsRunner is the Runner of a real workflow. */
export function createActionsRunner(): Runner {
  return {
    input: (name) => core.getInput(name),
    output: (name, value) => core.setOutput(name, value),
    saveState: (name, value) => core.saveState(name, value),
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
      await core.summary.addRaw(markdown, true).write()
    },
  }
}

function shown(place: AnnotationLocation): AnnotationLocation {
  return place.title === undefined ? place : { ...place, title: oneLine(place.title) }
}
