import { readdirSync, readFileSync } from 'node:fs'
import { join, posix } from 'node:path'

/** Import is one name that a file takes from another file of this repository; `*` for all of them or for none. */
export interface Import {
  /** The file that it names, from the repository's root. */
  from: string
  name: string
}

/** SourceFile is what a file says about itself at its top level. */
export interface SourceFile {
  /** From the repository's root: `src/index.ts`. */
  path: string
  /** Folder in src, or the file's own name: `rollout`, `index.ts`. */
  room: string
  text: string
  lines: number
  /** Names that it declares for others; re-exports are none. */
  exports: readonly string[]
  imports: readonly Import[]
}

const declaration =
  /^export (?:declare )?(?:default )?(?:async )?(?:abstract )?(?:function\*?|const|let|class|interface|type|enum) ([A-Za-z_$][\w$]*)/gm

/** `import … from '…'`, `export … from '…'`, `import '…'`, `import('…')`, with what stands between. */
const reference =
  /(?:^|[^.\w])(?:import|export)\s*(?:type\s+)?((?:[\w$]+\s*,\s*)?(?:\{[^}]*\}|\*(?:\s+as\s+[\w$]+)?|[\w$]+))?\s*(?:from\s*)?\(?\s*(?:\/\*[^*]*\*\/\s*)?'(\.[^']+)'/gm

/** readSources reads the TypeScript (and the scripts') files of some folders. */
export function readSources(folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((file) => posix.join(folder, file.replaceAll('\\', '/')))
      .filter((file) => /\.(ts|mjs)$/.test(file))
      .map((path) => sourceFile(path, readFileSync(join(...path.split('/')), 'utf8'))),
  )
}

/** sourceFile reads one file's text. */
export function sourceFile(path: string, text: string): SourceFile {
  return {
    path,
    room: path.split('/')[1] ?? path,
    text,
    lines: text.split('\n').length - 1,
    exports: [...text.matchAll(declaration)].map(([, name]) => name as string),
    imports: [...text.matchAll(reference)].flatMap(([, what = '*', file = '']) => {
      // Scripts name what is compiled.
      const from = posix
        .join(posix.dirname(path), file)
        .replace(/^lib\//, 'src/')
        .replace(/\.js$/, '.ts')
      return namesIn(what).map((name) => ({ from, name }))
    }),
  }
}

function namesIn(what: string): string[] {
  const braces = /\{([^}]*)\}/.exec(what)?.[1]
  if (braces === undefined) return ['*']
  return braces
    .split(',')
    .map((part) => part.trim().replace(/^type\s+/, ''))
    .filter((part) => part !== '')
    .map((part) => part.split(/\s+as\s+/)[0] as string)
}
