import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join, posix } from 'node:path'
import { describe, expect, test } from '@jest/globals'

/** allowed reads the table of docs/architecture.md: which room may import which others. */
function allowed(): Map<string, readonly string[]> {
  const table = new Map<string, readonly string[]>()
  const text = readFileSync('docs/architecture.md', 'utf8')
  const rows = text.split('| room | may import |')[1]?.split('\n\n')[0] ?? ''
  for (const row of rows.split('\n').filter((line) => line.startsWith('| `'))) {
    const [, rooms = '', others = ''] = row.split('|')
    const names = others.trim() === 'nothing' ? [] : others.split(',').map((name) => name.trim())
    for (const [, room = ''] of rooms.matchAll(/`([^`]+)`/g)) table.set(room.replace(/\/$/, ''), names)
  }
  return table
}

/** roomOf gives the room of a file in src: its folder, or its own name. */
function roomOf(file: string): string {
  return file.split('/')[0] as string
}

const files = readdirSync('src', { recursive: true, encoding: 'utf8' })
  .map((file) => file.replaceAll('\\', '/'))
  .filter((file) => file.endsWith('.ts'))

/** Everything that a file names as a module: `from '…'`, `import '…'`, `import('…')`, types too. */
function importsOf(text: string): string[] {
  return [...text.matchAll(/(?:\bfrom|\bimport)\s*\(?\s*(?:\/\*.*?\*\/\s*)?'([^']+)'/g)].map(
    ([, name]) => name as string,
  )
}

const crossings = files.flatMap((file) =>
  importsOf(readFileSync(join('src', file), 'utf8'))
    .filter((name) => name.startsWith('.'))
    .map((name) => ({ file, from: roomOf(file), to: roomOf(posix.join(posix.dirname(file), name)) }))
    .filter(({ from, to }) => from !== to),
)

/** Packages that only one room may know: a door's package is its secret. */
const kept: readonly [string, string][] = [
  ['@kubernetes/client-node', 'cluster'],
  ['axios', 'metrics'],
  ['@actions/github', 'forge'],
  ['@actions/core', 'action'],
]

describe('who may import whom', () => {
  test('the table has a row for every room, and names only rooms', () => {
    const rooms = readdirSync('src').filter((name) => statSync(join('src', name)).isDirectory())
    const table = allowed()
    expect([...table.keys()].sort()).toEqual([...rooms, 'index.ts', 'post.ts'].sort())
    for (const others of table.values())
      expect([...rooms, 'index.ts']).toEqual(expect.arrayContaining([...others]))
  })

  test('every import across rooms is one that the table allows', () => {
    const table = allowed()
    // The doors are joined somewhere: a test that sees no crossing reads nothing.
    expect(crossings).toContainEqual({ file: 'wiring/adapters.ts', from: 'wiring', to: 'cluster' })
    expect(crossings.filter(({ from, to }) => !table.get(from)?.includes(to))).toEqual([])
  })

  test.each(kept)('only the room that is its door imports %s', (name, room) => {
    const rooms = files
      .filter((file) =>
        importsOf(readFileSync(join('src', file), 'utf8')).some((one) => one.startsWith(name)),
      )
      .map(roomOf)
    expect(new Set(rooms)).toEqual(new Set([room]))
  })
})
