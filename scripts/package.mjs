// Bundles lib/ into dist/: index.js with every package in it, a chunk with the sandbox, their licences, and the
// launcher of the command line.
// With --check it builds elsewhere and fails unless dist/ holds exactly these files with exactly these bytes.
import {
  chmodSync,
  copyFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { sourceDigest } from './source-digest.mjs'

const root = fileURLToPath(new URL('../', import.meta.url))
const committed = join(root, 'dist')
/** What is bundled from. Its place is fixed: the bundler makes the numbers of modules and chunks of their paths. */
const staged = join(root, '.build')
const kubernetesClient = 'node_modules/@kubernetes/client-node'

/**
 * stage copies lib/ and the Kubernetes client. The client re-exports its generated models beside the one class
 * that is used; its package.json doesn't say that loading them does nothing else, so the bundler would keep them all
 * (4 MB). The copy says it.
 */
function stage() {
  rmSync(staged, { recursive: true, force: true })
  cpSync(join(root, 'lib'), join(staged, 'lib'), { recursive: true })
  const target = join(staged, kubernetesClient)
  const isCode = (path) => !/\.(map|d\.ts)$|[/\\]node_modules[/\\](@types|undici-types)$/.test(path)
  cpSync(realpathSync(join(root, kubernetesClient)), target, { recursive: true, filter: isCode })
  const manifest = join(target, 'package.json')
  const fields = JSON.parse(readFileSync(manifest, 'utf8'))
  writeFileSync(manifest, JSON.stringify({ ...fields, sideEffects: false }, null, 2))
  copyFileSync(join(root, 'package.json'), join(staged, 'package.json'))
}

/** bundled is what the bundler makes of an entry, minified. */
async function bundled(entry) {
  const ncc = createRequire(import.meta.url)('@vercel/ncc')
  const result = await ncc(entry, { cache: false, minify: true, quiet: true })
  // The bundler only prints that it could not minify, and goes on with twice the bytes.
  if (result.code.length > 1000 && result.code.split('\n').length > result.code.length / 200)
    throw new Error(
      'The bundle is not minified: the minifier refused a source. See what the bundler printed.',
    )
  return result
}

/** minifiedChunk: the bundler minifies only its entry, so each chunk goes through it once more, as an entry of its own. */
async function minifiedChunk(name, source) {
  const chunk = join(staged, 'chunks', name)
  mkdirSync(join(staged, 'chunks'), { recursive: true })
  writeFileSync(chunk, source)
  return (await bundled(chunk)).code
}

async function build(target) {
  stage()
  try {
    process.chdir(root)
    const { code, assets, stats } = await bundled(join(staged, 'lib/index.js'))
    mkdirSync(target, { recursive: true })
    writeFileSync(join(target, 'index.js'), code)
    copyFileSync(join(staged, 'lib/post.js'), join(target, 'post.js'))
    for (const [name, { source }] of Object.entries(assets))
      writeFileSync(join(target, name), name.endsWith('.js') ? await minifiedChunk(name, source) : source)
    writeFileSync(join(target, 'licenses.txt'), licences(bundledPackages(stats.compilation)))
  } finally {
    rmSync(staged, { recursive: true, force: true })
  }
  // What it was made from, so that tests know whether it is up to date.
  const about = JSON.parse(readFileSync(join(target, 'package.json'), 'utf8'))
  writeFileSync(join(target, 'package.json'), `${JSON.stringify({ ...about, sources: sourceDigest() })}\n`)
  const launcher = join(target, 'shiftgate.cjs')
  copyFileSync(join(root, 'src/launcher.cjs'), launcher)
  chmodSync(launcher, 0o755)
}

/** bundledPackages gives the folders of the packages whose modules are in any of the bundle's files. */
function bundledPackages(compilation) {
  const folders = new Set()
  const { modules, chunkGraph } = compilation
  for (const outer of modules) {
    if (chunkGraph.getNumberOfModuleChunks(outer) === 0) continue
    for (const { resource } of outer.modules ?? [outer]) {
      const folder = /^.*[/\\]node_modules[/\\](?:@[^/\\]+[/\\])?[^/\\]+/.exec(resource ?? '')?.[0]
      if (folder !== undefined && !folder.endsWith('ncc')) folders.add(folder)
    }
  }
  return [...folders]
}

/** licences writes each package's name, licence and its text, by name; several versions of one package count once. */
function licences(folders) {
  const entries = new Map()
  for (const folder of folders) {
    const { name, license } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
    const file = readdirSync(folder)
      .sort()
      .find((each) => /^licen[cs]e(\.|-|$)/i.test(each))
    const text = file === undefined ? '' : `\n${readFileSync(join(folder, file), 'utf8').trim()}`
    entries.set(name, `${name}\n${license ?? 'see the text'}${text}\n`)
  }
  return [...entries.keys()]
    .sort()
    .map((name) => entries.get(name))
    .join('\n')
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
    await build(built)
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
  await build(committed)
  console.log(`dist/: ${filesIn(committed).join(', ')}`)
}
