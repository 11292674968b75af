// Bundles lib/ into dist/: index.js with every package in it, their licences, and the launcher of the command line.
// With --check it builds elsewhere and fails unless dist/ holds exactly these files with exactly these bytes.
import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sourceDigest } from './source-digest.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const committed = join(root, 'dist')

function build(target) {
  const ncc = join(root, 'node_modules/@vercel/ncc/dist/ncc/cli.js')
  const words = [
    ncc,
    'build',
    'lib/index.js',
    '-o',
    target,
    '--minify',
    '--no-cache',
    '--license',
    'licenses.txt',
  ]
  execFileSync(process.execPath, words, { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
  // What it was made from, so that tests know whether it is up to date.
  const about = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ ...about, sources: sourceDigest() })}\n`)
  const launcher = join(target, 'shiftgate.cjs')
  copyFileSync(join(root, 'src/launcher.cjs'), launcher)
  chmodSync(launcher, 0o755)
}

function filesIn(folder) {
  try {
    return readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
  } catch {
    return []
  }
}

function differences(built) {
  const [wanted, found] = [filesIn(built), filesIn(committed)]
  const missing = wanted.filter((file) => !found.includes(file)).map((file) => `missing: ${file}`)
  const surplus = found.filter((file) => !wanted.includes(file)).map((file) => `not made by a build: ${file}`)
  const changed = wanted
    .filter((file) => found.includes(file))
    .filter((file) => !readFileSync(join(built, file)).equals(readFileSync(join(committed, file))))
    .map((file) => `differs: ${file}`)
  return [...missing, ...surplus, ...changed]
}

if (process.argv.includes('--check')) {
  const built = mkdtempSync(join(tmpdir(), 'shiftgate-dist-'))
  try {
    build(built)
    const wrong = differences(built)
    if (wrong.length > 0) {
      console.error(`dist/ is not what the sources give:\n  ${wrong.join('\n  ')}\nRun: npm run package`)
      process.exitCode = 1
    } else {
      console.log(`dist/ is what the sources give (${filesIn(built).length} files).`)
    }
  } finally {
    rmSync(built, { recursive: true })
  }
} else {
  rmSync(committed, { recursive: true, force: true })
  build(committed)
  console.log(`dist/: ${filesIn(committed).join(', ')}`)
}
