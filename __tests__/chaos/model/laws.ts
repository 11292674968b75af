import type { KubeObject } from '../../../src/release/kubernetes.ts'
import type { Outcome } from '../../../src/release/outcome/outcome.ts'
import type { RecordEvent } from '../../../src/release/record/record.ts'
import type { ReleaseState } from '../../../src/release/state/state.ts'
import { decodeState, inFlight } from '../../../src/release/state/state-codec.ts'
import { stateKey } from '../../../src/release/target.ts'
import { isOurs, type Rule, routeShares, subsetsOf } from './objects.ts'
import type { ModelProcess } from './process.ts'
import type { Schedule } from './schedule.ts'
import type { ModelWorld } from './world.ts'

const small = 1e-6
const key = stateKey({ namespace: 'shop', service: 'my-api' })

/** stateOn gives the state on the routes, by the highest fencing number among those that can be read. */
export function stateOn(objects: readonly KubeObject[]): ReleaseState | null {
  const states = objects.flatMap(({ metadata }) => {
    const text = metadata.annotations?.[key]
    try {
      return text === undefined ? [] : [decodeState(text)]
    } catch {
      return []
    }
  })
  return states.sort((left, right) => right.fencingToken - left.fencingToken)[0] ?? null
}

const ofKind = (objects: readonly KubeObject[], kind: string) =>
  objects.filter((object) => object.kind === kind)
const sharesIn = (objects: readonly KubeObject[]) =>
  routeShares(ofKind(objects, 'VirtualService'), ofKind(objects, 'DestinationRule'))

/** canaryShares gives the canary's part of what both versions get, by rule. */
function canaryShares(objects: readonly KubeObject[]): Map<string, number> {
  const sums = new Map<string, { canary: number; both: number }>()
  for (const { rule, subset, share } of sharesIn(objects)) {
    const side = sideOf(subset)
    if (side === null) continue
    const sum = sums.get(rule) ?? { canary: 0, both: 0 }
    sums.set(rule, { canary: sum.canary + (side === 'v2' ? share : 0), both: sum.both + share })
  }
  return new Map([...sums].map(([rule, { canary, both }]) => [rule, both === 0 ? 0 : canary / both]))
}

/** largestShare is the largest share that a rule gives the canary. */
export function largestShare(objects: readonly KubeObject[]): number {
  return Math.max(0, ...canaryShares(objects).values())
}

/** WriteFacts is one write of a process, and what that process knew. */
export interface WriteFacts {
  schedule: Schedule
  process: ModelProcess
  events: readonly RecordEvent[]
  before: readonly KubeObject[]
  after: readonly KubeObject[]
}

/** brokenByWrite gives the laws that a write broke, in words. */
export function brokenByWrite(facts: WriteFacts): string[] {
  return [...brokenState(facts), ...brokenGrowth(facts), ...brokenTargets(facts), ...brokenNeighbours(facts)]
}

function brokenState({ before, after }: WriteFacts): string[] {
  const [was, is] = [stateOn(before), stateOn(after)]
  return was && is && is.fencingToken < was.fencingToken ? ['a holder with a lower fencing number wrote'] : []
}

/** The share grows only after a pass of the step that it stands at, or where something may stand in for one. */
function brokenGrowth({ schedule, process, events, before, after }: WriteFacts): string[] {
  const was = stateOn(before)
  const old = canaryShares(before)
  const grown = [...canaryShares(after)].filter(([rule, share]) => share > (old.get(rule) ?? 0) + small)
  const share = Math.max(0, ...grown.map(([, value]) => value))
  if (grown.length === 0) return []
  const step = events.findLast((event) => event.type === 'step-end')
  const passed = step?.type === 'step-end' && step.verdict === 'pass'
  const waved =
    step?.type === 'step-end' &&
    schedule.settings.onInconclusive === 'promote' &&
    (step.reason === 'too-little-evidence' || step.reason === 'no-traffic' || step.reason === 'collecting')
  const commanded = events.some((event) => event.type === 'command' && event.name === 'promote')
  const restored = was !== null && share <= was.weight / 100 + small
  const first = was === null || was.weight === 0
  const intended = was?.phase === 'shifting'
  const broken: string[] = []
  if (process.lastPods.v2 === 0) broken.push(`the share grew to ${share} without a ready pod`)
  if (!(passed || waved || commanded || restored || first || intended))
    broken.push(`the share grew to ${share} without a pass`)
  const blind = process.lastMetrics !== 'ok'
  if (blind && !(commanded || restored || first || intended)) broken.push(`the share grew to ${share} blind`)
  return broken
}

/** No rule gives weight to what does not exist or has no ready pod, unless it was so before. */
function brokenTargets({ process, before, after }: WriteFacts): string[] {
  const old = sharesIn(before)
  return sharesIn(after).flatMap(({ rule, subset, version, share }) => {
    const then = old.find((each) => each.rule === rule && each.subset === subset)
    if (share <= (then?.share ?? 0) + small) return []
    if (version === 'nobody')
      return [`${rule} was given ${share} for ${subset}, which no DestinationRule defines`]
    if (version === 'v1' && process.lastPods.v1 === 0)
      return [`${share} of ${rule} went to a stable version without a ready pod`]
    return []
  })
}

/** Fields, order, other rules and other destinations stay as they were. */
function brokenNeighbours({ before, after }: WriteFacts): string[] {
  return before.flatMap((old) => {
    const now = after.find((each) => each.kind === old.kind && each.metadata.name === old.metadata.name)
    if (now === undefined) return [`${old.kind} ${old.metadata.name} was deleted`]
    return JSON.stringify(bare(old)) === JSON.stringify(bare(now))
      ? []
      : [`${old.kind} ${old.metadata.name} lost something: ${JSON.stringify(bare(now))}`]
  })
}

/** Where somebody made another version's of a subset, the program makes a new one under a name with a hash. */
function sideOf(subset: string | null | undefined): string | null {
  return /^(v[12])(?:-[0-9a-f]{8})?$/.exec(subset ?? '')?.[1] ?? null
}

/** bare is an object without what a release may change. */
function bare(object: KubeObject): unknown {
  const copy = structuredClone(object)
  const { annotations = {}, resourceVersion: _version, ...metadata } = copy.metadata
  const kept = Object.entries(annotations).filter(([name]) => !name.includes('shiftgate.io'))
  const whole = { ...copy, metadata: { ...metadata, annotations: Object.fromEntries(kept) } }
  if (object.kind === 'DestinationRule') {
    const spec = whole.spec as unknown as { subsets?: { name: string }[] }
    spec.subsets = (spec.subsets ?? []).filter(({ name }) => sideOf(name) === null)
    return whole
  }
  for (const rule of (whole.spec?.http ?? []) as unknown as Rule[]) {
    if (!rule.route.some(isOurs)) continue
    const others = rule.route.filter((entry) => !isOurs(entry))
    const total = rule.route.reduce((sum, { weight = 0 }) => sum + weight, 0)
    rule.route = others.map((entry) => ({
      ...entry,
      weight: total === 0 ? 0 : Math.round((100 * (entry.weight ?? 0)) / total),
    }))
  }
  return whole
}

/** EndFacts is how a process ended, and the world then. */
export interface EndFacts {
  schedule: Schedule
  world: ModelWorld
  process: ModelProcess
  outcome: Outcome
}

/** brokenAtEnd gives the laws that the end of a process broke. */
export function brokenAtEnd(facts: EndFacts): string[] {
  const { outcome, world, process } = facts
  const { result, reasonCode, message } = outcome
  const broken = [...brokenWords(outcome)]
  if (reasonCode === 'internal') broken.push(`it broke: ${message}`)
  const ending = `${outcome.command} ended ${result} (${reasonCode}): ${message}`
  const shares = world.routes()
  const onCanary = shares.filter(({ version, share }) => version === 'v2' && share > 0)
  if (!world.unseenEdit) {
    if (result === 'rolled-back') {
      if (onCanary.length > 0) broken.push(`${ending}, with ${JSON.stringify(onCanary)}`)
      const lost = shares.filter(({ version, share }) => version === 'nobody' && share > 0)
      if (lost.length > 0) broken.push(`${ending}, with ${JSON.stringify(lost)}`)
      if (shares.length === 0) broken.push(`${ending}, without any route`)
      if (process.lastPods.v1 === 0) broken.push(`${ending}, without a ready pod of v1`)
    }
    if (result === 'promoted') {
      const away = shares.filter(({ version, share }) => version === 'v1' && share > 0)
      if (away.length > 0) broken.push(`${ending}, with ${JSON.stringify(away)}`)
    }
  }
  const commanded = reasonCode === 'promoted-by-command' || outcome.command === 'promote'
  if (result === 'promoted' && !commanded && process.lastMetrics !== 'ok') broken.push(`${ending}, blind`)
  return [...broken, ...brokenStateAtEnd(facts, ending), ...brokenLease(facts, ending)]
}

function brokenWords({ message }: Outcome): string[] {
  return /undefined|\bNaN\b|\[object|\bnull\b|TypeError/.test(message) ? [`it tells: ${message}`] : []
}

/** A process that drove a release leaves a state that says where traffic is. */
function brokenStateAtEnd({ world, outcome }: EndFacts, ending: string): string[] {
  if (outcome.command !== 'rollout' || outcome.result === 'refused' || outcome.reasonCode === 'superseded')
    return []
  const state = stateOn(world.objects.all())
  if (state === null) {
    const safe = outcome.result === 'unsafe' || world.unseenEdit
    return safe ? [] : [`${ending}, and left no state that can be read`]
  }
  const open = inFlight(state) && state.phase !== 'paused'
  const waits = outcome.result === 'unsafe' || outcome.result === 'in-progress'
  return open && !waits ? [`${ending}, and left the release ${state.phase}`] : []
}

function brokenLease({ schedule, world, process, outcome }: EndFacts, ending: string): string[] {
  const { fault } = world
  const left = world.lease()?.holder === process.holder
  // A run with a post step leaves the Lease to it; one whose last call failed leaves it to time.
  const post = schedule.successor === 'post' && process.holder.endsWith('#main')
  const mayKeep = post || (fault !== null && fault.code !== 'conflict') || outcome.reasonCode === 'superseded'
  return left && !mayKeep ? [`${ending}, and kept the Lease`] : []
}

/** destinationsLeft tells whether both subsets select their own version still. */
export function destinationsLeft({ objects }: ModelWorld): boolean {
  const subsets = subsetsOf(objects.destinationRules())
  return subsets.get('v1') === 'v1'
}
