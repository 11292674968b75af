// Writes everything that is made from the table of options: action.yml, the JSON Schema of the config file, and the
// tables in README.md. With --check it writes nothing and fails where a file is not what the table gives.
import { readFileSync, writeFileSync } from 'node:fs'
import { Document, stringify } from 'yaml'
import { watchdogCronJob } from '../src/cluster/watchdog/job.ts'
import { outputs } from '../src/config/action-outputs.ts'
import { options } from '../src/config/options/options.ts'
import { gateTypes } from '../src/gates/registry.ts'
import { formatDuration } from '../src/release/text/duration.ts'
import { configSchema } from './config-schema.mjs'

const root = new URL('../', import.meta.url)
const check = process.argv.includes('--check')

function manifest() {
  const inputs = {}
  for (const option of options.filter((each) => each.places.includes('input'))) {
    inputs[option.name] = {
      description: [option.summary, option.details, requirement(option)].filter(Boolean).join('\n\n'),
      required: false,
      ...(option.actionDefault === undefined ? {} : { default: option.actionDefault }),
    }
  }
  const document = new Document({
    name: 'Shiftgate',
    description:
      'Release on Istio: step traffic to a new version, judge every step, put traffic back if it is worse.',
    author: 'The Shiftgate authors',
    branding: { icon: 'git-branch', color: 'blue' },
    inputs,
    outputs: Object.fromEntries(outputs.map(({ name, description }) => [name, { description }])),
    runs: { using: 'node24', main: 'dist/index.js', post: 'dist/post.js' },
  })
  document.commentBefore = ' Made from src/config by `npm run docs`: edit it there.'
  return document.toString({ lineWidth: 0, blockQuote: 'literal' })
}

// The default stands in words, not as `default:`: the runner would give it as an input, and win over the config file.
function requirement(option) {
  const required = option.requiredBy ? `Required by ${needing(option)}.` : ''
  const allowed = option.allowed ? `One of ${option.allowed.map((value) => `\`${value}\``).join(', ')}.` : ''
  return [required, allowed, defaultOf(option)].filter(Boolean).join(' ')
}

function defaultOf(option) {
  if (option.default !== null) return `Default: \`${option.default}\`.`
  return option.absent ? `Default: ${option.absent}.` : ''
}

function listed(commands, all) {
  const every = options.find((option) => option.name === 'namespace').commands
  return commands.length === every.length ? all : commands.map((name) => `\`${name}\``).join(', ')
}

function needing({ requiredBy, orElse }) {
  const unless = orElse === undefined ? '' : `, unless \`${orElse}\` is given`
  return `${listed(requiredBy, 'every command')}${unless}`
}

function inputTable() {
  const rows = []
  for (const group of new Set(options.map((option) => option.group))) {
    rows.push(`### ${group}`, '', '| name | what | default |', '|---|---|---|')
    for (const option of options.filter((each) => each.group === group)) {
      const where = option.places.includes('input')
        ? ''
        : option.places.includes('flag')
          ? ' (command line only)'
          : ' (config file only)'
      const text = [option.summary, ...option.details.split('\n\n')].filter(Boolean).join('<br>')
      const usual = option.default === null ? (option.absent ?? '–') : `\`${option.default}\``
      const needed = option.requiredBy ? `**required** by ${needing(option)}` : usual
      rows.push(`| \`${option.name}\`${where} | ${cell(text)} | ${cell(needed)} |`)
    }
    rows.push('')
  }
  return rows.join('\n').trimEnd()
}

function outputTable() {
  return [
    '| name | what |',
    '|---|---|',
    ...outputs.map(({ name, description }) => `| \`${name}\` | ${cell(description)} |`),
  ].join('\n')
}

function rbacManifest() {
  return `\`\`\`yaml\n${readFileSync(new URL('examples/manifests/rbac.yaml', root), 'utf8').trimEnd()}\n\`\`\``
}

function cell(text) {
  return text.replaceAll('|', '\\|').replaceAll('\n', ' ')
}

function readme() {
  return filled('README.md', [
    ['inputs', inputTable()],
    ['outputs', outputTable()],
    ['rbac', rbacManifest()],
  ])
}

function gatesDocument() {
  return filled(
    'docs/gates.md',
    gateTypes.map((type) => [`fields of ${type.type}`, fieldTable(type.fields)]),
  )
}

function fieldTable(fields) {
  return ['| key | what | default |', '|---|---|---|', ...fieldRows(fields, '')].join('\n')
}

function fieldRows(fields, prefix) {
  return Object.entries(fields).flatMap(([key, field]) => [
    `| \`${prefix}${key}\` | ${cell(field.what)} | ${fieldDefault(field)} |`,
    ...(field.kind === 'map' ? fieldRows(field.fields, `${prefix}${key}.`) : []),
  ])
}

function fieldDefault(field) {
  if (field.required) return '**required**'
  if (field.default === undefined || field.default === '') return '–'
  return `\`${field.kind === 'duration' ? formatDuration(field.default) : field.default}\``
}

/** Puts texts between the marks of a document. */
function filled(path, parts) {
  let text = readFileSync(new URL(path, root), 'utf8')
  for (const [name, content] of parts) {
    const part = new RegExp(`(<!-- ${name}:start -->\n)[^]*?(<!-- ${name}:end -->)`)
    if (!part.test(text)) throw new Error(`${path} has no place for ${name}: <!-- ${name}:start --> … :end`)
    text = text.replace(part, (_, start, end) => `${start}${content}\n${end}`)
  }
  return text
}

for (const option of options) {
  if (option.summary === '' || option.example === '')
    throw new Error(`${option.name} says too little of itself`)
}
function cronJobManifest() {
  const image = options.find(({ name }) => name === 'watchdog-image').default
  const target = { namespace: 'shop', service: 'my-api', lease: 'shiftgate-my-api' }
  return [
    '# For the option `watchdog` where the pipeline may not create Jobs: see docs/watchdog.md. Made by `npm run docs`.',
    '# For another service replace shop and my-api, everywhere.',
    stringify(watchdogCronJob(target, image), { lineWidth: 0 }),
  ].join('\n')
}

const files = [
  ['action.yml', manifest()],
  ['schema/shiftgate.schema.json', `${JSON.stringify(configSchema(options), null, 2)}\n`],
  ['README.md', readme()],
  ['docs/gates.md', gatesDocument()],
  ['examples/manifests/watchdog-cronjob.yaml', cronJobManifest()],
]
const stale = []
for (const [path, text] of files) {
  const file = new URL(path, root)
  let before = null
  try {
    before = readFileSync(file, 'utf8')
  } catch {
    // It isn't there yet.
  }
  if (before === text) continue
  stale.push(path)
  if (!check) writeFileSync(file, text)
}
if (check && stale.length > 0) {
  console.error(`Not what the table of options gives: ${stale.join(', ')}. Run: npm run docs`)
  process.exit(1)
}
console.log(stale.length === 0 ? 'Documents are what the table gives.' : `Wrote ${stale.join(', ')}.`)
