import { describe, expect, test } from '@jest/globals'
import { parseAllDocuments } from 'yaml'
import { istioRouteFiles } from '../../src/routing/istio/yaml/render.ts'
import type { RenderRequest, RenderResult } from '../../src/routing/route-files.ts'

const asked: RenderRequest = {
  namespace: 'shop',
  service: 'cart',
  clusterDomain: 'cluster.local',
  stable: 'v1',
  canary: 'v2',
  weight: 10,
  hosts: null,
  routes: null,
  create: false,
}

const route = (
  spec = '{hosts: [cart], http: [{route: [{destination: {host: cart, subset: v1}}]}]}',
  name = 'cart',
) => `apiVersion: networking.istio.io/v1
kind: VirtualService
metadata: {name: ${name}, namespace: shop}
spec: ${spec}
`
const rule = `apiVersion: networking.istio.io/v1
kind: DestinationRule
metadata: {name: cart, namespace: shop}
spec: {host: cart, subsets: [{name: v1, labels: {version: v1}}, {name: v2, labels: {version: v2}}]}
`
const both = `${route()}---\n${rule}`
const edited = both.replace(
  '[{destination: {host: cart, subset: v1}}]',
  '[{destination: {host: cart, subset: v1}, weight: 90}, {destination: {host: cart, subset: v2}, weight: 10}]',
)

const render = (text: string, more: Partial<RenderRequest> = {}, name = 'a.yaml') =>
  istioRouteFiles.render([{ name, text }], { ...asked, ...more })

function textOf(result: RenderResult): string {
  if (!result.ok) throw new Error(result.problems.map(({ code, text }) => `${code}: ${text}`).join('\n'))
  expect(result.created).toEqual([])
  return result.files[0]?.text ?? ''
}

const codesOf = (result: RenderResult) =>
  (result.ok ? result.warnings : result.problems).map(({ code }) => code)

const indented = (text: string, by: number) =>
  text
    .trimEnd()
    .split('\n')
    .map((line, index) => `${' '.repeat(index === 0 ? by - 2 : by)}${index === 0 ? '- ' : ''}${line}`)
    .join('\n')

describe('where an object may stand', () => {
  const list = (kind: string, field: string, version = 'v1') =>
    `# all of the shop\napiVersion: ${version}\nkind: ${kind}\nmetadata: {resourceVersion: ""}\n${field}:\n${indented(route(), 2)}\n${indented(rule, 2)}\n# the end\n`

  test.each([
    ['a List', list('List', 'items')],
    ['a list of its kind', list('VirtualServiceList', 'items', 'networking.istio.io/v1')],
    ['an OpenShift Template', list('Template', 'objects', 'template.openshift.io/v1')],
    ['a list of functions', list('ResourceList', 'items', 'config.kubernetes.io/v1')],
    ['a bare sequence', `# all of the shop\n${indented(route(), 2)}\n${indented(rule, 2)}\n# the end\n`],
    ['a byte order mark', `\uFEFF${both}`],
    ['Windows line ends', both.replaceAll('\n', '\r\n')],
    ['a document marker with a comment', `--- # cart\n${both}`],
    ['empty documents and an end marker', `---\n---\n${route()}...\n---\n# nothing\n---\n${rule}...\n`],
    ['a YAML directive', `%YAML 1.1\n---\n${both}`],
    ['no line end at its end', both.trimEnd()],
    ['the oldest version', both.replaceAll('networking.istio.io/v1', 'networking.istio.io/v1alpha3')],
    ['the one before', both.replaceAll('networking.istio.io/v1', 'networking.istio.io/v1beta1')],
    [
      'beside other objects',
      `${both}---\nkind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\ndata: {t: "{{ .Values.x }}"}\n`,
    ],
    ['no namespace', both.replaceAll(', namespace: shop', '')],
    ['a full host', both.replaceAll('host: cart', 'host: cart.shop.svc.cluster.local')],
  ])('%s', (_, text) => {
    const expected = text.replace(
      /\[\{destination: \{(host: [\w.]+), subset: v1\}\}\]/,
      '[{destination: {$1, subset: v1}, weight: 90}, {destination: {$1, subset: v2}, weight: 10}]',
    )
    expect(expected).not.toBe(text)
    expect(textOf(render(text))).toBe(expected)
  })

  test('a list inside of a list', () => {
    const inner = `apiVersion: v1\nkind: List\nitems:\n${indented(route(), 2)}\n${indented(rule, 2)}\n`
    const text = `apiVersion: v1\nkind: List\nitems:\n${indented(inner, 2)}\n`
    expect(textOf(render(text))).toContain('subset: v2}, weight: 10}]')
  })

  test('several files', () => {
    const sources = [
      { name: 'rule.yaml', text: rule },
      { name: 'route.yaml', text: route() },
    ]
    const result = istioRouteFiles.render(sources, asked)
    expect(result).toMatchObject({
      ok: true,
      created: [],
      files: [
        { name: 'rule.yaml', text: rule, changed: false },
        { name: 'route.yaml', changed: true },
      ],
    })
  })
})

describe('JSON stays JSON', () => {
  const object = (kind: string, spec: object) => ({
    apiVersion: 'networking.istio.io/v1',
    kind,
    metadata: { name: 'cart', namespace: 'shop' },
    spec,
  })
  const list = {
    apiVersion: 'v1',
    kind: 'List',
    items: [
      object('VirtualService', {
        hosts: ['cart'],
        http: [{ timeout: '2s', route: [{ destination: { host: 'cart', subset: 'v1' } }] }],
      }),
      object('DestinationRule', { host: 'cart', subsets: [{ name: 'v1', labels: { version: 'v1' } }] }),
    ],
  }

  test.each([
    ['over lines', JSON.stringify(list, null, 2)],
    ['with wider steps', JSON.stringify(list, null, 4)],
    ['with tabs and Windows line ends', JSON.stringify(list, null, '\t').replaceAll('\n', '\r\n')],
    ['on one line', JSON.stringify(list)],
  ])('%s', (_, text) => {
    const result = JSON.parse(textOf(render(text, {}, 'cart.json')))
    expect(result.items[0].spec.http[0].route).toEqual([
      { destination: { host: 'cart', subset: 'v1' }, weight: 90 },
      { destination: { host: 'cart', subset: 'v2' }, weight: 10 },
    ])
    expect(result.items[1].spec.subsets).toEqual([
      { name: 'v1', labels: { version: 'v1' } },
      { name: 'v2', labels: { version: 'v2' } },
    ])
  })

  test('its new parts stand as its old ones do', () => {
    const text = JSON.stringify(list, null, 2)
    const lines = textOf(render(text, {}, 'cart.json')).split('\n')
    const column = (wanted: string) =>
      lines.filter((line) => line.includes(wanted)).map((line) => line.search(/\S/))
    expect(column('"subset": "v2"')).toEqual(column('"subset": "v1"'))
    expect(column('"name": "v2"')).toEqual(column('"name": "v1"'))
  })

  test('what is made beside JSON is JSON', () => {
    const only = JSON.stringify(list.items[0])
    const result = render(only, { create: true }, 'cart.json')
    if (!result.ok) throw new Error('refused')
    expect(result.created.map(({ name, text }) => [name, JSON.parse(text).kind])).toEqual([
      ['cart.destinationrule.json', 'DestinationRule'],
    ])
  })

  test('a file that is called so and is none is refused', () => {
    expect(codesOf(render(both, {}, 'cart.json'))).toEqual(['SG-yaml'])
  })
})

describe('what is refused, with nothing changed', () => {
  test.each([
    ['a misspelt service', both, { service: 'crat' }, 'SG-not-in-files', /they are about cart\.shop/],
    [
      'a wrong namespace',
      both.replaceAll(', namespace: shop', ', namespace: other'),
      {},
      'SG-not-in-files',
      /cart\.other/,
    ],
    [
      'files about nothing',
      'kind: ConfigMap\napiVersion: v1\nmetadata: {name: a}\n',
      {},
      'SG-not-in-files',
      /No file holds/,
    ],
    ['an empty file', '', {}, 'SG-not-in-files', /No file holds/],
    ['a DestinationRule that no file holds', route(), {}, 'SG-not-in-files', /DestinationRule of cart/],
    ['a VirtualService that no file holds', rule, {}, 'SG-not-in-files', /VirtualService of cart/],
    [
      'a Helm template',
      `{{- if .Values.on }}\n${both}{{- end }}\n`,
      {},
      'SG-template',
      /Helm or Go template/,
    ],
    [
      'a template that happens to be YAML',
      both.replace('name: cart', 'name: {{ .Release.Name }}'),
      {},
      'SG-template',
      /Helm/,
    ],
    [
      'a template inside of quotes',
      both.replace('name: cart', 'name: "{{ .Release.Name }}"'),
      {},
      'SG-template',
      /Helm/,
    ],
    [
      'a Template with parameters in it',
      `apiVersion: template.openshift.io/v1\nkind: Template\nobjects:\n${indented(route().replace('name: cart', 'name: "$' + '{NAME}"'), 2)}\n`,
      {},
      'SG-template',
      /oc process/,
    ],
    [
      'an object inside of another kind',
      `apiVersion: work.open-cluster-management.io/v1\nkind: ManifestWork\nspec:\n  workload:\n    manifests:\n${indented(route(), 6)}\n`,
      {},
      'SG-wrapped',
      /holds VirtualService cart inside of a ManifestWork/,
    ],
    [
      'an object without a name',
      both.replace('{name: cart, namespace: shop}', '{namespace: shop}'),
      {},
      'SG-yaml',
      /without a name/,
    ],
    ['an object twice', `${both}---\n${route()}`, {}, 'SG-yaml', /more than once \(a\.yaml\)/],
    [
      'a route to a subset that nobody defines',
      `${route('{hosts: [cart], http: [{route: [{destination: {host: cart, subset: blue}}]}]}')}---\n${rule}`,
      {},
      'IST0101',
      /subset “blue”, which no DestinationRule/,
    ],
    [
      'a route to other versions only',
      `${route('{hosts: [cart], http: [{route: [{destination: {host: cart, subset: v0}}]}]}')}---\n${rule.replace('subsets: [', 'subsets: [{name: v0, labels: {version: v0}}, ')}`,
      {},
      'SG-no-route',
      /They go to subset v0/,
    ],
    ['too many aliases', `a: &a [1]\nb: [${'*a, '.repeat(200)}*a]\n`, {}, 'SG-not-in-files', /No file holds/],
  ] satisfies [string, string, Partial<RenderRequest>, string, RegExp][])(
    '%s',
    (_, text, more, code, says) => {
      const result = render(text, more)
      expect(result.ok).toBe(false)
      expect(codesOf(result)).toEqual([code])
      expect(result.ok ? '' : result.problems[0]?.text).toMatch(says)
    },
  )

  test('a broken file is told in a few lines, however much is wrong', () => {
    const result = render('a: [\n---\n'.repeat(50))
    expect(result.ok ? 0 : result.problems.length).toBeLessThanOrEqual(3)
  })

  test('with --create what is missing is made', () => {
    const result = render(route(), { create: true })
    expect(result).toMatchObject({ ok: true, created: [{ name: 'cart.destinationrule.yaml' }] })
  })
})

describe('what is left as it is, and said', () => {
  test.each([
    [
      'a host of two parts',
      '{hosts: [cart], http: [{match: [{uri: {prefix: /api}}], route: [{destination: {host: cart.shop, subset: v1}}]}, {route: [{destination: {host: cart, subset: v1}}]}]}',
      'IST0101',
      '{host: cart.shop, subset: v1}',
    ],
    [
      'a header that names the version',
      '{hosts: [cart], http: [{route: [{destination: {host: cart, subset: v1}, headers: {response: {set: {x-version: v1}}}}]}]}',
      'SG-header-names-version',
      'x-version: v1',
    ],
    [
      'a subset that is unrelated to both versions',
      '{hosts: [cart], http: [{match: [{headers: {x-beta: {exact: a}}}], route: [{destination: {host: cart, subset: beta}}]}, {route: [{destination: {host: cart, subset: v1}}]}]}',
      'SG-subset-without-version',
      '[{destination: {host: cart, subset: beta}}]',
    ],
    [
      'a rule that injects faults',
      '{hosts: [cart], http: [{fault: {abort: {httpStatus: 500, percentage: {value: 1}}}, route: [{destination: {host: cart, subset: v1}}]}]}',
      'SG-fault',
      'httpStatus: 500',
    ],
    [
      'another namespace’s service of the same name',
      '{hosts: [cart], http: [{match: [{uri: {prefix: /o}}], route: [{destination: {host: cart.other.svc.cluster.local, subset: v1}}]}, {route: [{destination: {host: cart, subset: v1}}]}]}',
      null,
      '[{destination: {host: cart.other.svc.cluster.local, subset: v1}}]',
    ],
    [
      'a host of a ServiceEntry',
      '{hosts: [cart, pay.example.com], http: [{match: [{uri: {prefix: /pay}}], route: [{destination: {host: pay.example.com}}]}, {route: [{destination: {host: cart, subset: v1}}]}]}',
      null,
      '[{destination: {host: pay.example.com}}]',
    ],
    [
      'a wildcard host',
      '{hosts: ["*.shop.svc.cluster.local"], http: [{route: [{destination: {host: cart, subset: v1}}]}]}',
      null,
      '*.shop.svc.cluster.local',
    ],
  ])('%s', (_, spec, code, kept) => {
    const rules = rule.replace('subsets: [', 'subsets: [{name: beta, labels: {track: beta}}, ')
    const result = render(`${route(spec)}---\n${rules}`)
    expect(textOf(result)).toContain(kept)
    expect(textOf(result)).toContain('{destination: {host: cart, subset: v2}')
    if (code === null) expect(codesOf(result)).toEqual([])
    else expect(codesOf(result)).toContain(code)
  })

  test('what stands between the lines', () => {
    const text = `# top\n${both.replace('spec: {hosts', 'spec: # why\n  {hosts')}# end\n`
    const comments = (of: string) => of.split('\n').filter((line) => line.includes('#'))
    expect(comments(textOf(render(text)))).toEqual(comments(text))
  })

  test('again, nothing changes', () => {
    expect(textOf(render(both))).toBe(edited)
    expect(render(edited)).toMatchObject({ ok: true, files: [{ changed: false, text: edited }] })
    expect(parseAllDocuments(edited)).toHaveLength(2)
  })
})
