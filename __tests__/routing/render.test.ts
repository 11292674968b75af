import { describe, expect, it } from '@jest/globals'
import fc from 'fast-check'
import { parseAllDocuments, stringify } from 'yaml'
import type { KubeObject } from '../../src/release/kubernetes.ts'
import { done, named, pairOf, snapshotOf } from './cluster.ts'
import { anyVirtualService, around, percents } from './generated.ts'
import {
  planPin,
  planShift,
  planSubsets,
  type RenderOptions,
  type RenderResult,
  renderYaml,
  type SourceFile,
} from './istio.ts'
import { zoo } from './zoo.ts'

const pair = pairOf()

/** render makes what no file holds, unless a test says otherwise. */
const render = (sources: readonly SourceFile[], options: RenderOptions) =>
  renderYaml(sources, { create: true, ...options })

function rendered(result: RenderResult): Extract<RenderResult, { ok: true }> {
  if (!result.ok) throw new Error(result.problems.map(({ text }) => text).join('\n'))
  return result
}

/** The lines that came and went, without their neighbours. */
function changedLines(before: string, after: string): string[] {
  const [old, now] = [before.split('\n'), after.split('\n')]
  const lines: string[] = []
  let position = 0
  for (const line of now) {
    const found = old.indexOf(line, position)
    if (found === -1 || found > position + 3) lines.push(`+${line}`)
    else {
      lines.push(...old.slice(position, found).map((gone) => `-${gone}`))
      position = found + 1
    }
  }
  return [...lines, ...old.slice(position).map((gone) => `-${gone}`)]
}

const file = `# owner: team-reviews  -- keep me
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews-git, namespace: prod}
spec:
  hosts: [reviews.prod.svc.cluster.local]
  http:
  - match: [{uri: {prefix: /api}}]
    timeout:   3s   # odd spaces stay
    route:   # the split
    - destination: {host: reviews, subset: v1}   # stable
      weight: 100 # all of it
    - destination:
        host: 'reviews'
        subset: "v2"

      weight: 0

  # the default
  - route:
      - destination:
          host: reviews
---
apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata:
  name: reviews
  namespace: prod
spec:
  host: reviews
  subsets:
    - name: v1
      labels: {version: v1}
    # nothing else yet
---
apiVersion: v1
kind: ConfigMap
metadata: {name: unrelated, namespace: prod}
data: {weight: "100"}
`

describe('rendering files', () => {
  it('changes the lines that it must and no other byte', () => {
    const result = rendered(render([{ name: 'a.yaml', text: file }], { pair, percent: 10 }))
    expect(result.created).toEqual([])
    expect(changedLines(file, result.files[0]?.text ?? '')).toEqual([
      '+      weight: 90 # all of it',
      '-      weight: 100 # all of it',
      '+      weight: 10',
      '-      weight: 0',
      '+          subset: v1',
      '+        weight: 90',
      '+      - destination:',
      '+          host: reviews',
      '+          subset: v2',
      '+        weight: 10',
      '+    - name: v2',
      '+      labels:',
      '+        version: v2',
    ])
  })

  it('keeps Windows line ends', () => {
    const windows = file.replaceAll('\n', '\r\n')
    const [unix, dos] = [file, windows].map(
      (text) => rendered(render([{ name: 'a.yaml', text }], { pair, percent: 10 })).files[0]?.text,
    )
    expect(dos).toBe(unix?.replaceAll('\n', '\r\n'))
  })

  it('changes a weight behind an alias once', () => {
    const text = zoo.find(({ name }) => name.includes('anchors'))?.yaml ?? ''
    const result = rendered(render([{ name: 'a.yaml', text }], { pair, percent: 10 }))
    expect(changedLines(text, result.files[0]?.text ?? '')).toEqual([
      '+      weight: 90',
      '-      weight: 100',
      '+      weight: 10',
      '-      weight: 0',
    ])
    expect(result.created.map(({ name }) => name)).toEqual(['reviews.destinationrule.yaml'])
  })

  it('refuses an anchor that a route of somebody else shares', () => {
    const text = `
apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http:
  - match: [{uri: {prefix: /a}}]
    route:
    - &one {destination: {host: reviews, subset: v1}}
  - route:
    - {destination: {host: ratings}, weight: 100}
    - *one
`
    expect(render([{ name: 'a.yaml', text }], { pair, percent: 10 })).toMatchObject({
      ok: false,
      problems: [{ code: 'SG-yaml-not-editable' }],
    })
  })

  const head = `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: reviews, namespace: prod}
spec:
  hosts: [reviews]
  http:
`

  it.each([
    [
      'lines',
      `  - route:
    # serves
    - destination: {host: reviews, subset: v2}
      weight: 100
    # the one before
    - destination:
        host: reviews
        subset: v1
      weight: 0   # ours
    # the end
  - redirect: {uri: /}
`,
      `  - route:
    # serves
    - destination: {host: reviews, subset: v2}
      weight: 100
    # the one before
    - destination:
        host: reviews
        subset: v3
      weight: 0
    # the end
  - redirect: {uri: /}
`,
    ],
    [
      'one line, the old one first',
      '  - route: [{destination: {host: reviews, subset: v1}, weight: 0}, {destination: {host: reviews, subset: v2}, weight: 100}]\n',
      '  - route: [{destination: {host: reviews, subset: v2}, weight: 100}, {destination: {host: reviews, subset: v3}, weight: 0}]\n',
    ],
    [
      'one line, the old one last',
      '  - route: [{destination: {host: reviews, subset: v2}, weight: 100}, {destination: {host: reviews, subset: v1}, weight: 0}]\n',
      '  - route: [{destination: {host: reviews, subset: v2}, weight: 100}, {destination: {host: reviews, subset: v3}, weight: 0}]\n',
    ],
  ])('takes an old destination of ours out for the next release, written in %s', (_, before, after) => {
    const order = { pair: pairOf('v2', 'v3'), percent: 0, ours: ['v1'] }
    for (const end of ['\n', '\r\n']) {
      const [text, expected] = [head + before, head + after].map((each) => each.replaceAll('\n', end))
      const [file] = rendered(render([{ name: 'a.yaml', text: text ?? '' }], order)).files
      expect(file?.text).toBe(expected)
    }
  })

  it('names the place of a mistake', () => {
    const text = 'kind: VirtualService\nspec:\n\thosts: [a]\n'
    expect(render([{ name: 'a.yaml', text }], { pair, percent: 10 })).toMatchObject({
      ok: false,
      problems: [{ code: 'SG-yaml', text: expect.stringMatching(/^a\.yaml:3:/) }],
    })
  })

  it('refuses an object that is written twice', () => {
    const source = { name: 'a.yaml', text: file }
    expect(render([source, { ...source, name: 'b.yaml' }], { pair, percent: 10 })).toMatchObject({
      ok: false,
    })
  })

  it('takes the target’s namespace for objects that name none, and makes what is missing', () => {
    const text = file.replaceAll('  namespace: prod\n', '').replaceAll(', namespace: prod', '')
    const [first] = rendered(render([{ name: 'a.yaml', text }], { pair, percent: 10 })).files
    expect(first?.text).not.toContain('namespace')
    const bare = rendered(render([], { pair, percent: 0 }))
    expect(bare.created.map(({ name }) => name)).toEqual([
      'reviews.destinationrule.yaml',
      'reviews.virtualservice.yaml',
    ])
  })

  it.each(
    zoo.filter(
      ({ tenth, service, stable }) => tenth !== undefined && service === undefined && stable === undefined,
    ),
  )('gives the objects of the cluster path: $name', ({ yaml }) => {
    const text = `# kept\n${yaml.trimStart()}\n`
    const start = snapshotOf(yaml)
    const own = named(start, pair)
    const result = rendered(render(yaml === '' ? [] : [{ name: 'a.yaml', text }], { pair: own, percent: 10 }))
    const objects = [...result.files, ...result.created].flatMap((each) =>
      parseAllDocuments(each.text).map((document) => document.toJS() as KubeObject),
    )
    let here = start
    here = done(here, planSubsets(here, own))
    here = done(here, planPin(here, own))
    here = done(here, planShift(here, own, 10))
    const specs = (list: KubeObject[]) =>
      Object.fromEntries(list.map((object) => [`${object.kind} ${object.metadata.name}`, object.spec]))
    expect(specs(objects)).toEqual(specs([...here.virtualServices, ...here.destinationRules]))
    if (yaml !== '') expect(result.files[0]?.text.startsWith('# kept\n')).toBe(true)
  })
})

describe('a law of rendering', () => {
  it.each([
    ['lines', false],
    ['JSON', true],
  ])('files written as %s get what a cluster gets, with every comment kept', (_, flow) => {
    fc.assert(
      fc.property(anyVirtualService, percents, (object, percent) => {
        const start = around(object)
        const plan = planPin(start, pair)
        if (!plan.ok) return
        const pinned = done(start, plan)
        const shifted = percent > 0 ? done(pinned, planShift(pinned, pair, percent)) : pinned
        const text = [...start.virtualServices, ...start.destinationRules]
          .map(
            (each) => `# before\n${flow ? `${JSON.stringify(each, null, 2)}\n` : stringify(each)}# after\n`,
          )
          .join('---\n')
        const [file] = rendered(render([{ name: 'a.yaml', text }], { pair, percent })).files
        const objects = parseAllDocuments(file?.text ?? '').map((document) => document.toJS())
        expect(objects).toEqual([...shifted.virtualServices, ...shifted.destinationRules])
        expect(file?.text.match(/# (before|after)/g)).toHaveLength(4)
      }),
      { numRuns: 25 },
    )
  })
})
