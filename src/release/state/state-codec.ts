import type { Calibration, CountSource } from '../evidence/counts.ts'
import { Failure } from '../failure.ts'
import { reasonCodes } from '../outcome/reasons.ts'
import type { CanarySize, RouteChoice } from '../request.ts'
import {
  count,
  type Decoder,
  flag,
  jsonObject,
  list,
  Mistake,
  moment,
  nullable,
  numberBetween,
  object,
  oneOf,
  optional,
  pair,
  record,
  text,
  wholeBetween,
} from './decoders.ts'
import { hasEnded, phases } from './phases.ts'
import { fromSchema1 } from './schema-1.ts'
import type {
  BorrowedMinimum,
  CanaryWorkload,
  GateBaseline,
  InPlaceCanary,
  PreTrafficKind,
  Promotion,
  ReleaseState,
  RouteBaseline,
  StepState,
  Track,
  VersionRef,
} from './state.ts'
import { stateLimit, stateSchema } from './state.ts'

const preTrafficKinds: readonly PreTrafficKind[] = ['preview', 'mirror']

/** Annotations of an object may take 256 kB together: what is longer was not written by a cluster. */
const longestText = 262_144
const historyLimit = 10
/** The most steps, and the longest interval (a day, in ms), that a configuration can ask for. */
const mostSteps = 100
const longestInterval = 86_400_000

/**
 * encodeState writes a state as the annotation's text, at most `stateLimit` bytes. Where it would be larger it
 * gives up, in this order, the older history and the calibrations; it throws Failure('too-large') if that is
 * not enough, before anything was written.
 */
export function encodeState(state: ReleaseState): string {
  const candidates: ReleaseState[] = [
    { ...state, history: state.history.slice(0, historyLimit) },
    { ...state, history: state.history.slice(0, 2) },
    { ...withoutDispersion(state), history: state.history.slice(0, 2), calibration: null },
  ]
  for (const candidate of candidates) {
    const encoded = JSON.stringify(candidate)
    if (Buffer.byteLength(encoded) <= stateLimit) return encoded
  }
  throw new Failure(
    'too-large',
    `The release's state takes more than ${stateLimit} bytes: too many routes are part of it. Split the routing object or name fewer routes.`,
  )
}

function withoutDispersion(state: ReleaseState): ReleaseState {
  if (state.gates === undefined) return state
  const routes = state.gates.routes.map((route) => ({ ...route, calibration: null }))
  return { ...state, gates: { ...state.gates, calibrations: {}, routes } }
}

/**
 * decodeState reads the annotation's text. Anybody who may edit the object can have written it: every field is
 * checked, and what is no state of ours ends as Failure('bad-answer') that names the field. A state of schema 1 is
 * read with `begunUnder: 1`: it may be rolled back and aborted, nothing else.
 */
export function decodeState(encoded: string): ReleaseState {
  try {
    const state = readState(upgraded(parsed(encoded)), '')
    if (state.step >= state.steps.length) throw new Mistake('step', 'is not one of its steps')
    return state
  } catch (error) {
    if (error instanceof Mistake) throw unreadable(error)
    throw error
  }
}

function parsed(encoded: string): Record<string, unknown> {
  if (encoded.length > longestText) throw new Mistake('text', `has more than ${longestText} characters`)
  let value: unknown
  try {
    value = JSON.parse(encoded)
  } catch {
    throw new Mistake('text', 'is not JSON')
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Mistake('text', 'is not an object')
  return value as Record<string, unknown>
}

function upgraded(value: Record<string, unknown>): Record<string, unknown> {
  if (value.schema === stateSchema) return value
  if (value.schema === 1) return fromSchema1(value)
  throw new Mistake('schema', `is not ${stateSchema}, the one that this version writes`)
}

const share = numberBetween(0, 100)
const fraction = numberBetween(0, 1)
// Sums of squares of counts: far above what counts can be, far below where sums stop being finite.
const sum = numberBetween(-1e30, 1e30)

const calibration = object<Calibration>({ n: sum, b: sum, S1: sum, S2: sum, S4: optional(sum), df: sum })

const versionRef = object<VersionRef>({
  version: text,
  destination: text,
  workload: text,
  image: text,
  host: optional(text),
})

const stepState = object<StepState>({
  weight: share,
  writtenAt: moment,
  timerStart: nullable(moment),
  margin: fraction,
  margins: optional(record(fraction)),
  outOfReach: flag,
  actualShare: nullable(oneOf(['as-asked', 'lower', 'higher', 'unknown'])),
  end: nullable(
    object<NonNullable<StepState['end']>>({
      at: moment,
      verdict: text,
      reason: text,
      canary: pair(count),
      stable: pair(count),
    }),
  ),
})

const promotion = object<Promotion>({
  version: text,
  destination: text,
  workload: text,
  at: moment,
  releaseId: text,
  host: optional(text),
  rolledBack: optional(flag),
})

const gateBaseline = object<GateBaseline>({
  bounds: record(sum),
  calibrations: record(calibration),
  routes: list(object<RouteBaseline>({ route: text, share: fraction, calibration: nullable(calibration) })),
})

const canarySize: Decoder<CanarySize> = (value, field) =>
  typeof value === 'number' ? count(value, field) : oneOf(['proportional', 'match'])(value, field)

const track = object<Track>({
  workload: text,
  label: object<Track['label']>({ key: text, stable: text, canary: text }),
  owed: optional(object<NonNullable<Track['owed']>>({ before: text, replicas: count })),
})

const inPlaceCanary = object<InPlaceCanary>({
  service: optional(text),
  policies: optional(list(object<{ kind: string; name: string }>({ kind: text, name: text }))),
  track: optional(track),
  changed: record(object<{ from: string; to: string }>({ from: text, to: text })),
  before: text,
  stable: versionRef,
  takeover: optional(object<{ reason: string }>({ reason: oneOf(reasonCodes) })),
})

const canaryWorkload = object<CanaryWorkload>({
  shape: oneOf(['per-version', 'in-place', 'tracks']),
  image: text,
  source: text,
  size: canarySize,
  inPlace: optional(inPlaceCanary),
  minimum: optional(object<BorrowedMinimum>({ autoscaler: text, before: nullable(count), raised: count })),
})

const readState: Decoder<ReleaseState> = object<ReleaseState>({
  schema: () => stateSchema,
  begunUnder: optional((value, field) => wholeBetween(1, 1)(value, field) as 1),
  id: text,
  phase: oneOf(phases),
  reason: oneOf(['', ...reasonCodes]),
  stable: nullable(versionRef),
  canary: versionRef,
  holder: text,
  fencingToken: count,
  startedAt: moment,
  interval: numberBetween(1, longestInterval),
  step: wholeBetween(-1, mostSteps),
  weight: share,
  steps: list(share),
  stepStates: list(stepState),
  restore: nullable(jsonObject),
  source: nullable(
    object<CountSource>({
      reporter: oneOf(['source', 'destination']),
      label: text,
      canary: text,
      stable: text,
    }),
  ),
  calibration: nullable(calibration),
  unreachedBaseline: nullable(calibration),
  rate: nullable(numberBetween(0, 1e12)),
  gateDigest: text,
  gates: optional(gateBaseline),
  stableReady: count,
  deadline: nullable(moment),
  endedAt: nullable(moment),
  history: list(promotion),
  routes: optional(
    list(
      object<RouteChoice>({
        name: optional(text),
        port: optional(wholeBetween(1, 65_535)),
        sni: optional(text),
      }),
    ),
  ),
  superseded: optional(list(text)),
  createdDestinations: optional(list(text)),
  preTraffic: optional(
    object<NonNullable<ReleaseState['preTraffic']>>({ kind: oneOf(preTrafficKinds), since: moment }),
  ),
  completedPreTraffic: optional(list(oneOf(preTrafficKinds))),
  watchdogAt: optional(nullable(moment)),
  workload: optional(canaryWorkload),
  unjudged: optional(object<{ by: string }>({ by: text })),
  driftRestores: optional(count),
  everywhere: optional(flag),
})

function unreadable(mistake: Mistake): Failure {
  return new Failure('bad-answer', `The release annotation can't be read: ${mistake.message}.`, {
    cause: mistake,
    details: { field: mistake.field },
  })
}

/** inFlight tells whether a release holds its target: it has neither been promoted nor rolled back. */
export function inFlight(state: ReleaseState | null): state is ReleaseState {
  return state !== null && !hasEnded(state.phase)
}
