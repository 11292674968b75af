import { readSources } from './source.ts'
import { rules } from './structure.ts'

// Shows what breaks the rules of the house: all of it, or what the named rooms have to do with.
const rooms = process.argv.slice(2)
const [src, others] = [readSources(['src']), readSources(['__tests__', 'bench', 'scripts'])]
for (const [name, rule] of Object.entries(rules)) {
  const found = rule(src, others).filter(
    (violation) => rooms.length === 0 || violation.rooms.some((room) => rooms.includes(room)),
  )
  console.log(`${found.length} ${name}`)
  for (const { text } of found) console.log(`  ${text}`)
}
