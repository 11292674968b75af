import { readFileSync } from 'node:fs'
import { describe, expect, it } from '@jest/globals'
import { pairOf } from './cluster.ts'
import { renderYaml } from './istio.ts'

const page = readFileSync(new URL('../../docs/routes.md', import.meta.url), 'utf8')
const diffs = [...page.matchAll(/```diff percent=(\d+)\n([\s\S]*?)```/g)].map(([, percent, body]) => ({
  percent: Number(percent),
  lines: (body ?? '').trimEnd().split('\n'),
}))

describe('docs/routes.md', () => {
  it('shows some diffs', () => {
    expect(diffs.length).toBeGreaterThanOrEqual(5)
  })

  it.each(diffs.map((diff, index) => [index, diff] as const))(
    'diff %i is what is really made',
    (_, { percent, lines }) => {
      const side = (gone: string) =>
        `${lines
          .filter((line) => !line.startsWith(gone))
          .map((line) => line.slice(1))
          .join('\n')}\n`
      const result = renderYaml([{ name: 'a.yaml', text: side('+') }], {
        pair: pairOf(),
        percent,
        create: true,
      })
      expect(result).toMatchObject({ ok: true, files: [{ text: side('-') }] })
    },
  )
})
