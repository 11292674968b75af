import { stringify } from 'yaml'
import type { Json, KubeObject, Write } from '../../../release/kubernetes.ts'
import { refText } from '../../../release/kubernetes.ts'
import { copyOf, sameJson } from '../../json-patch.ts'
import { type Problem, problem, sameProblem } from '../../problem.ts'
import type { RenderRequest, RenderResult, RouteFiles, SourceFile } from '../../route-files.ts'
import { findConflicts } from '../checks/conflicts.ts'
import { applyWrites } from '../model/apply-writes.ts'
import { scopeHost } from '../model/host.ts'
import type { Pair, Scope, Side } from '../model/pair.ts'
import { refOf } from '../model/rule.ts'
import { hostsOf } from '../model/virtual-service.ts'
import { planPin } from '../plan/pin.ts'
import type { Plan } from '../plan/plan.ts'
import { planShift } from '../plan/shift.ts'
import { planSubsets } from '../plan/subsets.ts'
import { buildRouteModel, newSubsetName, subsetFor } from '../route-model.ts'
import type { RoutingSnapshot } from '../snapshot.ts'
import { applySplices, splices } from './edit.ts'
import {
  documentsOf,
  isJson,
  isJsonFile,
  objectsIn,
  type SourceObject,
  sourceProblems,
  toRoutingObject,
} from './sources.ts'

/** RenderOptions is what the routes shall say. */
export interface RenderOptions {
  pair: Pair
  /** The canary's share of the pair's traffic, in percent. */
  percent: number
  /** Subsets of earlier releases: their destinations at 0 make room for the canary. */
  ours?: readonly string[]
  /** Objects that no file holds are made. */
  create?: boolean
}

/** istioRouteFiles edits VirtualServices and DestinationRules in files. */
export const istioRouteFiles: RouteFiles = {
  render(files, request) {
    return renderYaml(files, {
      pair: pairIn(files, request),
      percent: request.weight,
      create: request.create,
    })
  },
}

/** Versions are told by the subsets that the files define for them. */
function pairIn(files: readonly SourceFile[], request: RenderRequest): Pair {
  const { namespace, service, clusterDomain, hosts, routes } = request
  const scope: Scope = { namespace, service, clusterDomain, ...(routes === null ? {} : { routes }) }
  const model = buildRouteModel(snapshotOf(objectsIn(files, scope)), scope)
  const side = (version: string, host: string | undefined): Side => {
    const subset = subsetFor(model, version) ?? newSubsetName(model, version)
    return host === undefined
      ? { version, subset }
      : { version, subset, host: host.includes('.') ? host : `${host}.${namespace}.svc.${clusterDomain}` }
  }
  return {
    ...scope,
    stable: side(request.stable, hosts?.stable),
    canary: side(request.canary, hosts?.canary),
  }
}

/**
 * renderYaml does to files what a release does to a cluster: subsets, pin, shift. Outside of what changes, every
 * byte stays: comments, order, quotes, line ends, other documents. Refused, with nothing changed, where the
 * edited text would not read as exactly the planned objects (an anchor that others use too, for instance).
 */
export function renderYaml(sources: readonly SourceFile[], options: RenderOptions): RenderResult {
  const unreadable = sourceProblems(sources, options.pair)
  if (unreadable.length > 0) return { ok: false, problems: unreadable }
  const start = snapshotOf(objectsIn(sources, options.pair))
  const missing = options.create === true ? [] : nothingThere(start, options.pair)
  if (missing.length > 0) return { ok: false, problems: missing }
  const warnings = shownBefore(start, options.pair)
  let files: EditedFiles = sources.map(({ name, text }) => ({ name, text }))
  let snapshot = start
  for (const plan of plansFor(options)) {
    const planned = plan(snapshot)
    if (!planned.ok) return { ok: false, problems: planned.problems }
    const edited = editedBy(planned.writes, files, options)
    if ('problems' in edited) return { ok: false, problems: edited.problems }
    warnings.push(...planned.warnings)
    files = edited.files
    snapshot = applyWrites(snapshot, planned.writes)
  }
  return {
    ok: true,
    files: files.map((file, index) => ({ ...file, changed: file.text !== sources[index]?.text })),
    created: newFiles(snapshot, sources, options.pair),
    warnings: warnings.filter((found, at) => warnings.findIndex((other) => sameProblem(other, found)) === at),
  }
}

type EditedFiles = Extract<ReturnType<typeof editFiles>, readonly unknown[]>

/** editedBy makes a plan's writes in the files, but for objects that become files of their own. */
function editedBy(
  writes: readonly Write[],
  files: EditedFiles,
  { create, pair }: RenderOptions,
): { files: EditedFiles } | { problems: Problem[] } {
  const made = create === true ? [] : writes.flatMap((write) => notInFiles(write, pair))
  if (made.length > 0) return { problems: made }
  let now = files
  for (const write of writes) {
    const edited = write.action === 'create' ? now : editFiles(now, write, pair)
    if (!Array.isArray(edited)) return { problems: [edited] }
    now = edited
  }
  return { files: now }
}

function plansFor({ pair, percent, ours = [] }: RenderOptions): ((snapshot: RoutingSnapshot) => Plan)[] {
  return [
    (snapshot) => planSubsets(snapshot, pair),
    (snapshot) => planPin(snapshot, pair, {}, { ours }),
    ...(percent > 0 ? [(snapshot: RoutingSnapshot) => planShift(snapshot, pair, percent)] : []),
  ]
}

/** What preflight says of the same objects in a cluster, as far as it needs no pods. */
function shownBefore(snapshot: RoutingSnapshot, pair: Pair): Problem[] {
  return [...buildRouteModel(snapshot, pair).warnings, ...findConflicts(snapshot, pair)]
}

function snapshotOf(objects: readonly SourceObject[]): RoutingSnapshot {
  const all = objects.map(({ object }) => object)
  return {
    apiVersion: all[0]?.apiVersion.split('/')[1] ?? 'v1',
    virtualServices: all.filter(({ kind }) => kind === 'VirtualService'),
    destinationRules: all.filter(({ kind }) => kind === 'DestinationRule'),
    unreadable: [],
  }
}

/** A name that no file knows is a slip of the pen more often than a new service. */
function nothingThere(snapshot: RoutingSnapshot, pair: Pair): Problem[] {
  const { routes, subsets, destinationRule } = buildRouteModel(snapshot, pair)
  if (routes.length > 0 || subsets.length > 0 || destinationRule !== null) return []
  const hosts = snapshot.virtualServices.flatMap((object) => hostsOf(object, pair.clusterDomain))
  const about = [...new Set(hosts)].slice(0, 5).join(', ')
  return [
    problem(
      'SG-not-in-files',
      null,
      about === ''
        ? `No file holds a VirtualService or DestinationRule of ${scopeHost(pair)}.`
        : `Nothing in the files is about ${scopeHost(pair)}: they are about ${about}.`,
      'Check --service and --namespace, or have the objects made with --create.',
    ),
  ]
}

function notInFiles(write: Write, pair: Pair): Problem[] {
  if (write.action !== 'create') return []
  return [
    problem(
      'SG-not-in-files',
      null,
      `No file holds the ${write.ref.kind} of ${scopeHost(pair)} that this needs (${write.summary}).`,
      `Give its file with -f too, or have ${refText(write.ref)} made with --create.`,
    ),
  ]
}

function newFiles(snapshot: RoutingSnapshot, sources: readonly SourceFile[], pair: Pair): SourceFile[] {
  const known = new Set(objectsIn(sources, pair).map(({ object }) => refText(refOf(object))))
  const asJson = sources.length > 0 && sources.every(isJsonFile)
  return [...snapshot.destinationRules, ...snapshot.virtualServices]
    .filter((object) => !known.has(refText(refOf(object))))
    .map((object) => ({
      name: `${object.metadata.name}.${object.kind.toLowerCase()}.${asJson ? 'json' : 'yaml'}`,
      text: asJson
        ? `${JSON.stringify(object, null, 2)}\n`
        : stringify(object, { lineWidth: 0, version: '1.1', aliasDuplicateObjects: false }),
    }))
}

type PatchWrite = Extract<Write, { action: 'patch' }>

/** An object that is made here (not in the files) is changed in the snapshot only. */
function editFiles(files: SourceFile[], write: PatchWrite, pair: Pair): SourceFile[] | Problem {
  const name = refText(write.ref)
  const place = objectsIn(files, pair).find(({ object }) => refText(refOf(object)) === name)
  const file = place === undefined ? undefined : files[place.file]
  if (place === undefined || file === undefined) return files
  const json = isJsonFile(file)
  const document = documentsOf(file.text)[place.document]?.document
  const changes =
    document === undefined ? null : splices(file.text, document, write.patch, { path: place.path, json })
  const text = changes === null ? null : applySplices(file.text, changes)
  if (text === null || !readsAs(text, file.text, place, write.result, pair) || (json && !isJson(text)))
    return notEditable(file, name)
  return files.map((other, at) => (at === place.file ? { ...file, text } : other))
}

/** readsAs proves an edited text: the object is the planned one, everything else what it was. */
function readsAs(text: string, before: string, place: SourceObject, result: KubeObject, pair: Pair): boolean {
  const [now, old] = [documentsOf(text), documentsOf(before)]
  if (now.length !== old.length) return false
  return now.every(({ document, value }, index) => {
    if (document.errors.length > 0) return false
    if (index !== place.document) return sameJson(value, old[index]?.value)
    const [left, right] = [without(value, place.path), without(old[index]?.value, place.path)]
    const object = toRoutingObject(left.taken, pair)
    return object !== null && sameJson(object, result) && sameJson(left.rest, right.rest)
  })
}

/** without takes what is at a path out of a copy of a value. */
function without(value: unknown, path: readonly string[]): { taken: unknown; rest: unknown } {
  if (path.length === 0) return { taken: value, rest: null }
  const rest: unknown = copyOf(value as Json)
  let parent = rest as Record<string, unknown>
  for (const token of path.slice(0, -1)) parent = parent[token] as Record<string, unknown>
  const last = path.at(-1) ?? ''
  const taken = parent[last]
  parent[last] = null
  return { taken, rest }
}

function notEditable(file: SourceFile, name: string): Problem {
  return problem(
    'SG-yaml-not-editable',
    name,
    `What it says in ${file.name} can’t be changed without changing something else: an anchor or merge key shares those lines with other places.`,
    'Write the destinations of each route out.',
  )
}
