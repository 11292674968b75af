import type { JsonObject, KubeObject } from '../../../src/release/kubernetes.ts'
import { stateKey } from '../../../src/release/target.ts'
import { isOurs, type Rule } from './objects.ts'
import type { ModelWorld } from './world.ts'

/** ForeignEdit is what somebody else does to the routes of a release. */
export type ForeignEdit =
  | { what: 'share'; share: number; everywhere: boolean }
  | {
      what:
        | 'third-destination'
        | 'destinations-deleted'
        | 'routes-deleted'
        | 'state-removed'
        | 'state-garbage'
        | 'state-older'
        | 'state-copied'
        | 'reverted'
        | 'neighbour-changed'
    }
  | { what: 'subset-relabelled' | 'subset-deleted'; subset: 'v1' | 'v2' }
  /** A value of another kind at some place of the state. */
  | { what: 'state-forged'; at: number; value: unknown }

const key = stateKey({ namespace: 'shop', service: 'my-api' })

/** editRoutes carries an edit out. `older` is an older text of the state; null: there is none. */
export function editRoutes({ objects }: ModelWorld, edit: ForeignEdit, older: string | null) {
  const names = objects.virtualServices().map(({ metadata }) => metadata.name)
  const everyRule = (change: (rule: Rule) => void, only: readonly string[] = names): void => {
    for (const name of only)
      objects.edit('VirtualService', name, (object) => {
        const rules = (object.spec?.http ?? []) as unknown as Rule[]
        for (const rule of rules) if (rule.match === undefined && rule.route.some(isOurs)) change(rule)
        return object
      })
  }
  const state = (change: (text: string) => string | null): void => {
    for (const name of names) objects.edit('VirtualService', name, (object) => withState(object, change))
  }
  const subsets = (change: (list: Subset[]) => Subset[]): void =>
    objects.edit('DestinationRule', 'my-api', (object) => {
      const spec = object.spec as unknown as { subsets?: Subset[] }
      spec.subsets = change(spec.subsets ?? [])
      return object
    })
  switch (edit.what) {
    case 'share':
      return everyRule((rule) => setShare(rule, edit.share), edit.everywhere ? names : names.slice(-1))
    case 'third-destination':
      return everyRule((rule) => {
        for (const entry of rule.route) entry.weight = Math.round((entry.weight ?? 100) / 2)
        rule.route.push({ destination: { host: 'legacy' }, weight: 50 })
      })
    case 'destinations-deleted':
      return objects.edit('DestinationRule', 'my-api', () => null)
    case 'routes-deleted':
      return objects.edit('VirtualService', names[0] ?? '', () => null)
    case 'reverted':
      return objects.restoreInitial()
    case 'neighbour-changed':
      return objects.edit('VirtualService', names[0] ?? '', (object) => {
        const [first] = (object.spec?.http ?? []) as unknown as Rule[]
        if (first) first.timeout = '9s'
        return object
      })
    case 'subset-relabelled':
      return subsets((list) =>
        list.map((each) =>
          each.name === edit.subset
            ? { ...each, labels: { version: edit.subset === 'v1' ? 'v2' : 'v1' } }
            : each,
        ),
      )
    case 'subset-deleted':
      return subsets((list) => list.filter(({ name }) => name !== edit.subset))
    case 'state-removed':
      return state(() => null)
    case 'state-garbage':
      return state(() => '{"schema": 2, "weight": 1e999')
    case 'state-older':
      return state((text) => older ?? text)
    case 'state-forged':
      return state((text) => forged(text, edit.at, edit.value))
    case 'state-copied': {
      const [text] = objects.virtualServices().flatMap(({ metadata }) => metadata.annotations?.[key] ?? [])
      const last = names.at(-1)
      if (text !== undefined && last !== undefined)
        objects.edit('VirtualService', last, (object) => {
          object.metadata.annotations = { ...object.metadata.annotations, [key]: text }
          return object
        })
    }
  }
}

interface Subset {
  name: string
  labels?: Record<string, string>
}

function setShare(rule: Rule, share: number): void {
  const third = rule.route.filter((entry) => !isOurs(entry))
  const ours = ['v1', 'v2'].map((subset) => ({
    destination: { host: 'my-api', subset },
    weight: Math.round(100 * (subset === 'v2' ? share : 1 - share)),
  }))
  rule.route = [...ours, ...third.map((entry) => ({ ...entry, weight: 0 }))]
}

function withState(object: KubeObject, change: (text: string) => string | null): KubeObject {
  const { annotations = {} } = object.metadata
  const text = annotations[key]
  if (text === undefined) return object
  const next = change(text)
  const { [key]: _, ...rest } = annotations
  object.metadata.annotations = next === null ? rest : { ...rest, [key]: next }
  return object
}

/** forged puts a value at one of the places of a JSON text. */
function forged(text: string, index: number, value: unknown): string {
  let root: JsonObject
  try {
    root = JSON.parse(text) as JsonObject
  } catch {
    return text
  }
  const places: [Record<string, unknown>, string][] = []
  const visit = (parent: Record<string, unknown>): void => {
    for (const name of Object.keys(parent)) {
      places.push([parent, name])
      const child = parent[name]
      if (typeof child === 'object' && child !== null) visit(child as Record<string, unknown>)
    }
  }
  visit(root)
  const place = places[index % places.length]
  if (place) place[0][place[1]] = value
  return JSON.stringify(root)
}
