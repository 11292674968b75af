import { sourceParts } from './literals.ts'
import { privateNamesIn, privatePhrasesIn } from './private-words.ts'
import type { SourceFile } from './source.ts'

/** Violation is one place that breaks a rule of the house. */
export interface Violation {
  /** The rooms that have to do something about it. */
  rooms: readonly string[]
  text: string
}

type Rule = (src: readonly SourceFile[], others: readonly SourceFile[]) => Violation[]

const longest = 300
const longestBody = 40

const at = (file: SourceFile, text: string): Violation => ({ rooms: [file.room], text })

/** Files that import each other, by however many in between: each circle once, by a shortest way around. */
const circles: Rule = (src) => {
  const targets = new Map(src.map(({ path, imports }) => [path, new Set(imports.map(({ from }) => from))]))
  const found = new Map<string, string[]>()
  for (const { path } of src) {
    const way = wayBack(targets, path)
    if (way === null) continue
    const members = [...way].sort().join()
    if (!found.has(members)) found.set(members, way)
  }
  return [...found.values()].map((way) => ({
    rooms: [...new Set(way.map((path) => path.split('/')[1] as string))],
    text: [...way, way[0]].join(' → '),
  }))
}

function wayBack(targets: Map<string, Set<string>>, start: string): string[] | null {
  const cameFrom = new Map<string, string>()
  const queue = [start]
  for (let here = queue.shift(); here !== undefined; here = queue.shift()) {
    for (const next of targets.get(here) ?? []) {
      if (next === start) {
        const way = [here]
        while (way[0] !== start) way.unshift(cameFrom.get(way[0] as string) as string)
        return way
      }
      if (cameFrom.has(next) || !targets.has(next)) continue
      cameFrom.set(next, here)
      queue.push(next)
    }
  }
  return null
}

/** Files that neither the program nor the sandbox's own entry ever loads. */
const unreachable: Rule = (src) => {
  const byPath = new Map(src.map((file) => [file.path, file]))
  const seen = new Set<string>()
  const queue = ['src/index.ts', 'src/post.ts'].filter((path) => byPath.has(path))
  for (let path = queue.pop(); path !== undefined; path = queue.pop()) {
    if (seen.has(path)) continue
    seen.add(path)
    queue.push(...(byPath.get(path)?.imports.map(({ from }) => from) ?? []))
  }
  return src.filter(({ path }) => !seen.has(path)).map((file) => at(file, file.path))
}

/** Names for others that nobody else takes, tests and benchmarks included. */
const unusedExports: Rule = (src, others) => {
  const taken = new Set(
    [...src, ...others].flatMap(({ path, imports }) =>
      imports.filter(({ from }) => from !== path).map(({ from, name }) => `${from} ${name}`),
    ),
  )
  return src.flatMap((file) =>
    file.exports
      .filter((name) => !taken.has(`${file.path} ${name}`) && !taken.has(`${file.path} *`))
      .map((name) => at(file, `${file.path}: ${name}`)),
  )
}

/** Names that two files export: a reader of an import has to know which. */
const sharedNames: Rule = (src) => {
  const owners = Map.groupBy(
    src.flatMap((file) => file.exports.map((name) => ({ name, file }))),
    ({ name }) => name,
  )
  return [...owners]
    .filter(([, all]) => all.length > 1)
    .map(([name, all]) => ({
      rooms: [...new Set(all.map(({ file }) => file.room))],
      text: `${name}: ${all.map(({ file }) => file.path).join(', ')}`,
    }))
}

const longFiles: Rule = (src) =>
  src.filter(({ lines }) => lines > longest).map((file) => at(file, `${file.path}: ${file.lines} lines`))

/**
 * Functions whose body is longer than forty lines: they do several things. `case` labels don't count, for a switch over
 * a closed set is a table. Sources are formatted, so a function ends where its indentation comes back.
 */
const longFunctions: Rule = (src) =>
  src.flatMap((file) => {
    const lines = file.text.split('\n')
    return lines.flatMap((line, start) => {
      const [, indent, name] =
        /^( *)(?:export )?(?:default )?(?:async )?function\*? ([\w$]+)/.exec(line) ?? []
      if (indent === undefined || name === undefined) return []
      const length = bodyOf(lines.slice(start), indent).filter(
        (one) => !/^ *(case .*|default):/.test(one),
      ).length
      return length > longestBody ? [at(file, `${file.path}: ${name}, ${length} lines`)] : []
    })
  })

function bodyOf(lines: readonly string[], indent: string): readonly string[] {
  const opened = lines[0]?.endsWith('{')
    ? 0
    : lines.findIndex((line) => line.startsWith(`${indent})`) && line.endsWith('{'))
  return lines.slice(opened + 1, lines.indexOf(`${indent}}`, opened + 1))
}

/** Full folders: more than fifteen files beside each other. */
const fullFolders: Rule = (src) => {
  const folders = Map.groupBy(src, ({ path }) => path.slice(0, path.lastIndexOf('/')))
  return [...folders]
    .filter(([, files]) => files.length > 15)
    .map(([folder, files]) => at(files[0] as SourceFile, `${folder}: ${files.length} files`))
}

const commandWords = new Set(
  'rollout rollback promote pause resume approve abort comment status reconcile mtls preflight plan pin render judge replay simulate'.split(
    ' ',
  ),
)

function isCommand(path: string): boolean {
  const name = /^src\/commands\/(?:[^/]+\/)?([a-z-]+)\.ts$/.exec(path)?.[1] ?? ''
  return name.split('-').every((word) => commandWords.has(word))
}

/** Commands that import another command: what they share lives beside them, under its own name. */
const commandsOfCommands: Rule = (src) =>
  src
    .filter(({ path }) => isCommand(path))
    .flatMap((file) =>
      file.imports
        .filter(({ from }) => from !== file.path && isCommand(from))
        .map(({ from, name }) => at(file, `${file.path} takes ${name} from ${from}`)),
    )

/**
 * What other rooms may say of Istio: the value of the option `split`, which is the user's word, and the field of an
 * older state that is read under its name of then.
 */
const allowedIstioWords = /'subset'|"split: subset"|subset: 'destination'/g

/** Rooms that see routes through the Routing port alone, and Istio's kinds that they therefore have no word for. */
const istioWords: Rule = (src) =>
  src
    .filter(({ room }) => ['rollout', 'commands', 'report', 'release'].includes(room))
    .flatMap((file) =>
      file.text
        .split('\n')
        .flatMap((line, index) =>
          /virtual-?service|destination-?rule|subset/i.test(line.replaceAll(allowedIstioWords, ''))
            ? [at(file, `${file.path}:${index + 1}: ${line.trim()}`)]
            : [],
        ),
    )

/** What an error is made by says itself what a person can do; everything else is worded in `report`. */
const madeIntoFailure = /(?:new Failure|\): Failure)$/

/** Two words and more, one of which is plain English. */
function isSentence(text: string): boolean {
  const words = text.trim().split(/\s+/)
  return words.length > 1 && words.some((word) => /^["'(]?[A-Za-z][a-z'’-]+["'),.:;?!]*$/.test(word))
}

/** Sentences for people in the rooms that decide and act. */
const sentences: Rule = (src) =>
  src
    .filter(({ room }) => room === 'rollout' || room === 'commands')
    .flatMap((file) =>
      sourceParts(file.text)
        .literals.filter(
          ({ text, inside }) => isSentence(text) && !inside.some((each) => madeIntoFailure.test(each)),
        )
        .map(({ line, text }) => at(file, `${file.path}:${line}: ${text}`)),
    )

/** Names of ours that a stranger would have to translate; a benchmark's trials are the field's. */
const privateNames: Rule = (src, others) =>
  [...src, ...others.filter(({ path }) => !path.startsWith('bench/'))].flatMap((file) =>
    privateNamesIn(file.path, file.text).map(({ line, text }) => at(file, `${file.path}:${line}: ${text}`)),
  )

/** The same in comments and sentences. */
const privatePhrases: Rule = (src, others) =>
  [...src, ...others].flatMap((file) =>
    privatePhrasesIn(file.path, file.text).map(({ line, text }) => at(file, `${file.path}:${line}: ${text}`)),
  )

/** What is kept outside of a session: two releases in one process would share it. */
const sharedVariables: Rule = (src) =>
  src
    .filter(({ room }) => room !== 'sandbox')
    .flatMap((file) =>
      sourceParts(file.text)
        .code.split('\n')
        .flatMap((line, index) =>
          /^(?:export )?(?:let|var)\b/.test(line)
            ? [at(file, `${file.path}:${index + 1}: ${line.trim()}`)]
            : [],
        ),
    )

/** rules are the checks of the house's shape, by what must not be. */
export const rules = {
  'files that import each other in a circle': circles,
  'files that nothing loads': unreachable,
  'exports that nothing outside their file imports': unusedExports,
  'names that two files export': sharedNames,
  'files of more than 300 lines': longFiles,
  'functions of more than 40 lines': longFunctions,
  'folders of more than 15 files': fullFolders,
  'commands that import another command': commandsOfCommands,
  'words of Istio outside routing': istioWords,
  'sentences for people outside report': sentences,
  'variables that outlive a session': sharedVariables,
  'names in private words': privateNames,
  'sentences in private words': privatePhrases,
} satisfies Record<string, Rule>

export type RuleName = keyof typeof rules
