import { writeFileSync } from 'node:fs'
import { fileOf } from './files.ts'
import { transcriptScenarios } from './scenarios.ts'
import { transcriptOf } from './stage.ts'

const names = process.argv.slice(2)
const unknown = names.filter((name) => !transcriptScenarios.some((scenario) => scenario.name === name))
if (unknown.length > 0) {
  console.error(
    `no scene ${unknown.join(', ')}; known are ${transcriptScenarios.map(({ name }) => name).join(', ')}`,
  )
  process.exit(2)
}

/** Writes the transcripts that are named, or all of them, two at a time. */
const left = transcriptScenarios.filter(({ name }) => names.length === 0 || names.includes(name))
const work = async (): Promise<void> => {
  for (let scenario = left.shift(); scenario !== undefined; scenario = left.shift()) {
    writeFileSync(fileOf(scenario.name), await transcriptOf(scenario))
    console.log(fileOf(scenario.name))
  }
}
await Promise.all([work(), work()])
