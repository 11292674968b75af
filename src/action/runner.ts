import * as core from '@actions/core'

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
    line: (text) => core.info(inert(text)),
    group: (title, lines) => {
      core.startGroup(title)
      for (const text of lines) core.info(inert(text))
      core.endGroup()
    },
    error: (text, place) => core.error(text, place),
    warning: (text, place) => core.warning(text, place),
    notice: (text, place) => core.notice(text, place),
    summary: async (markdown) => {
      await core.summary.addRaw(markdown, true).write()
    },
  }
}

/** The runner reads commands from lines that begin with `::` or `##[`; a space before them makes them text. */
function inert(text: string): string {
  return text.replace(/^(?=\s*(::|##\[))/gm, ' .')
}
