import { writeFileSync } from 'node:fs'
import { fileOf } from './files.ts'
import { scenes } from './scenes.ts'
import { transcriptOf } from './stage.ts'

const names = process.argv.slice(2)
const unknown = names.filter((name) => !scenes.some((scene) => scene.name === name))
if (unknown.length > 0) {
  console.error(`no scene ${unknown.join(', ')}; known are ${scenes.map(({ name }) => name).join(', ')}`)
  process.exit(2)
}

/** Writes the transcripts that are named, or all of them, two at a time. */
const left = scenes.filter(({ name }) => names.length === 0 || names.includes(name))
const work = async (): Promise<void> => {
  for (let scene = left.shift(); scene !== undefined; scene = left.shift()) {
    writeFileSync(fileOf(scene.name), await transcriptOf(scene))
    console.log(fileOf(scene.name))
  }
}
await Promise.all([work(), work()])
