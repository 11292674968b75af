import { existsSync, readFileSync } from 'node:fs'
import { describe, expect, test } from '@jest/globals'

const root = new URL('../../', import.meta.url)
const section = readFileSync(new URL('docs/architecture.md', root), 'utf8')
  .split('## Where a change goes')[1]
  ?.split('\nWhat must never happen')[0]
const rows = (section ?? '').split('\n').filter((line) => /^\| (?!change |--)/.test(line))

describe('where a change goes', () => {
  test('twelve changes are listed', () => {
    expect(rows).toHaveLength(12)
  })

  test.each(rows.map((row) => [row.split('|')[1]?.trim() as string, row]))(
    '%s: every place is there',
    (_, row) => {
      const places = [...row.matchAll(/`((?:src|__tests__|docs|examples)\/[^`*]*)`/g)].map(
        (found) => found[1] as string,
      )
      expect(places.length).toBeGreaterThan(0)
      for (const place of places) expect([place, existsSync(new URL(place, root))]).toEqual([place, true])
    },
  )
})
