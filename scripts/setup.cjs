// Makes a fresh clone ready, on any Node from 20 on: installs the packages where they are missing or not those of
// the lock file; with --tests also sees to Prometheus and Chromium, which some suites drive. Quick when all is there.
const { execFileSync } = require('node:child_process')
const { accessSync, constants, readFileSync } = require('node:fs')
const { delimiter, join } = require('node:path')

const root = join(__dirname, '..')
const onWindows = process.platform === 'win32'

function readLock(path) {
  try {
    return JSON.parse(readFileSync(join(root, path), 'utf8')).packages
  } catch {
    return null
  }
}

/** Every package of the lock file is there in its version; those for other platforms may be missing. */
function packagesAreThere() {
  const [wanted, found] = [readLock('package-lock.json'), readLock('node_modules/.package-lock.json')]
  if (wanted === null || found === null) return false
  return Object.entries(wanted).every(([path, { version, optional }]) => {
    if (path === '') return true
    return found[path] === undefined ? optional === true : found[path].version === version
  })
}

function installPackages() {
  console.log('setup: installing the packages of package-lock.json (npm ci) …')
  const npm = process.env.npm_execpath
  const words = ['ci', '--no-audit', '--no-fund', '--loglevel=error']
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, NODE_ENV: 'development' } }
  if (npm && /\.c?js$/.test(npm)) execFileSync(process.execPath, [npm, ...words], options)
  else execFileSync(onWindows ? 'npm.cmd' : 'npm', words, { ...options, shell: onWindows })
}

/** Every npm script runs on this Node, which is the one that the action runs on. */
function checkNode() {
  const node = join(root, 'node_modules/.bin', onWindows ? 'node.cmd' : 'node')
  try {
    const version = execFileSync(node, ['--version'], { encoding: 'utf8', shell: onWindows }).trim()
    if (Number(/^v(\d+)/.exec(version)[1]) >= 24) return
    throw new Error(`it is ${version}`)
  } catch (error) {
    stop(
      `node_modules/.bin/node does not work as Node 24 (${error.message.split('\n')[0]}).\n` +
        'npm must be allowed to run install scripts: npm ci --ignore-scripts=false',
    )
  }
}

function onPath(names) {
  for (const folder of (process.env.PATH || '').split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK)
        return join(folder, name)
      } catch {
        // Not in this folder.
      }
    }
  }
  return null
}

const programs = [
  {
    title: 'Prometheus',
    names: ['prometheus'],
    debian: 'prometheus',
    byHand: 'an official release from https://prometheus.io/download, its folder on the PATH',
  },
  {
    title: 'Chromium',
    names: ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable', 'chrome'],
    debian: 'chromium',
    byHand: 'Chromium or Chrome, as `chromium` or `google-chrome` on the PATH',
  },
]

function seeToPrograms() {
  const missing = programs.filter(({ names }) => onPath(names) === null)
  if (missing.length === 0) return
  const packages = missing.map(({ debian }) => debian)
  const privilege = process.getuid?.() === 0 ? [] : onPath(['sudo']) ? ['sudo', '-n'] : null
  if (onPath(['apt-get']) && privilege !== null) {
    console.log(`setup: installing ${packages.join(' and ')} (apt-get) …`)
    try {
      apt(privilege, ['update', '-qq'])
      apt(privilege, ['install', '-y', '-qq', '--no-install-recommends', ...packages])
    } catch (error) {
      console.error(`setup: apt-get failed: ${error.message.split('\n')[0]}`)
    }
  }
  const still = missing.filter(({ names }) => onPath(names) === null)
  if (still.length === 0) return
  stop(
    `The tests also need:\n${still.map(({ title, byHand }) => `  ${title}: install ${byHand}`).join('\n')}`,
  )
}

function apt(privilege, words) {
  // Debian's package would start a server of its own, which nothing here needs.
  const quiet = ['DEBIAN_FRONTEND=noninteractive', 'RUNLEVEL=1']
  const [program, ...rest] = [...privilege, 'env', ...quiet, 'apt-get', ...words]
  execFileSync(program, rest, { stdio: ['ignore', 'ignore', 'inherit'] })
}

function stop(text) {
  console.error(`setup: ${text}`)
  process.exit(1)
}

if (Number(process.versions.node.split('.')[0]) < 20) {
  stop(`needs Node 20 or newer to begin with; this is ${process.version}.`)
}
if (!packagesAreThere()) installPackages()
checkNode()
if (process.argv.includes('--tests')) seeToPrograms()
