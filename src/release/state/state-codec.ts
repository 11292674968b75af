import { Failure } from '../failure.ts'
import type { Phase, ReleaseState } from './state.ts'
import { stateLimit, stateSchema } from './state.ts'

const phases: readonly Phase[] = [
  'pinned',
  'shifting',
  'settling',
  'observing',
  'paused',
  'promoted',
  'rolling-back',
  'rolled-back',
]

const historyLimit = 10

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
    const text = JSON.stringify(candidate)
    if (Buffer.byteLength(text) <= stateLimit) return text
  }
  throw new Failure(
    'too-large',
    `The release's state takes more than ${stateLimit} bytes: too many routes are part of it. Split the VirtualService or name fewer routes.`,
  )
}

function withoutDispersion(state: ReleaseState): ReleaseState {
  if (state.gates === undefined) return state
  const routes = state.gates.routes.map((route) => ({ ...route, calibration: null }))
  return { ...state, gates: { ...state.gates, calibrations: {}, routes } }
}

/**
 * decodeState reads the annotation's text. It throws Failure('bad-answer') when the text isn't a state that
 * this version understands: nobody may act on a state that he can't read.
 */
export function decodeState(text: string): ReleaseState {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (cause) {
    throw unreadable('it is not JSON', cause)
  }
  if (typeof value !== 'object' || value === null) throw unreadable('it is not an object')
  const state = value as Partial<ReleaseState>
  if (state.schema !== stateSchema) {
    throw unreadable(`its schema is ${JSON.stringify(state.schema)}, this version reads ${stateSchema}`)
  }
  const wrong = firstWrong(state)
  if (wrong !== null) throw unreadable(wrong)
  return state as ReleaseState
}

function firstWrong(state: Partial<ReleaseState>): string | null {
  const texts = ['id', 'reason', 'holder', 'run', 'gateDigest'] as const
  for (const key of texts) if (typeof state[key] !== 'string') return `its ${key} is not a text`
  const numbers = ['fencingToken', 'startedAt', 'interval', 'step', 'weight', 'stableReady'] as const
  for (const key of numbers) if (!Number.isFinite(state[key])) return `its ${key} is not a number`
  if (!phases.includes(state.phase as Phase)) return `its phase ${JSON.stringify(state.phase)} is unknown`
  const odd = wrongExtra(state)
  if (odd !== null) return `its ${odd} is not understood`
  if (!isSide(state.canary)) return 'its canary is incomplete'
  if (state.stable !== null && !isSide(state.stable)) return 'its stable is incomplete'
  if (!Array.isArray(state.steps) || !state.steps.every((step) => Number.isFinite(step)))
    return 'its steps are not a list of numbers'
  if (!Array.isArray(state.stepStates)) return 'its stepStates are not a list'
  if (!Array.isArray(state.history)) return 'its history is not a list'
  if (state.gates !== undefined && !areGateFacts(state.gates)) return 'its gates are incomplete'
  if (state.step !== undefined && (state.step < -1 || state.step >= state.steps.length))
    return `its step ${state.step} is not one of its steps`
  return null
}

function areGateFacts(gates: unknown): boolean {
  const value = gates as { bounds?: unknown; calibrations?: unknown; routes?: unknown } | null
  const isMap = (part: unknown) => typeof part === 'object' && part !== null && !Array.isArray(part)
  return isMap(value) && isMap(value?.bounds) && isMap(value?.calibrations) && Array.isArray(value?.routes)
}

/** Fields that not every state has: an older one is read as it was. */
function wrongExtra({
  preTraffic: trial,
  completedPreTraffic: tried,
  routes,
  createdSubsets: made,
  driftRestores: restored,
}: Partial<ReleaseState>): string | null {
  const isList = (value: unknown) => value === undefined || Array.isArray(value)
  if (trial !== undefined && !(Number.isFinite(trial?.since) && ['preview', 'mirror'].includes(trial.kind)))
    return 'trial'
  if (!isList(tried)) return 'tried'
  if (!isList(routes)) return 'routes'
  if (!isList(made)) return 'made'
  return restored === undefined || Number.isFinite(restored) ? null : 'restored'
}

function isSide(side: unknown): boolean {
  const value = side as { version?: unknown; subset?: unknown; workload?: unknown; image?: unknown } | null
  return (
    typeof value === 'object' &&
    value !== null &&
    [value.version, value.subset, value.workload, value.image].every((part) => typeof part === 'string')
  )
}

function unreadable(why: string, cause?: unknown): Failure {
  return new Failure(
    'bad-answer',
    `The release annotation can't be read: ${why}. Use the version of shiftgate that wrote it, or look at the routes and remove the annotation by hand.`,
    { cause },
  )
}

/** inFlight tells whether a release holds its target: it has neither been promoted nor rolled back. */
export function inFlight(state: ReleaseState | null): state is ReleaseState {
  return state !== null && state.phase !== 'promoted' && state.phase !== 'rolled-back'
}
