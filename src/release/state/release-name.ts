import { count, type Decoder, Mistake, nullable, object, oneOf, optional, text } from './decoders.ts'
import { hasEnded, phases } from './phases.ts'
import type { Promotion, ReleaseState, VersionRef } from './state.ts'
import { stateSchema } from './state.ts'

/** NamedSide is one version of a release as the routes and the cluster name it. */
type NamedSide = Pick<VersionRef, 'version' | 'destination' | 'host'> & { workload?: string }

/**
 * ReleaseName is what the Lease and every routing object of a release tell of it beside its state: enough to put
 * traffic back where that state is gone.
 */
export interface ReleaseName {
  id: string
  stable: NamedSide | null
  canary: NamedSide
  fencingToken?: number
  /** Stable's ready pods when the release began. */
  stableReady?: number
  /** Object that held its state, as people write it. */
  home?: string
  /** It has passed its last step: nothing of it is to be put back. */
  ended?: 'promoted'
}

/** nameOf gives the name of a release in flight; `ended` where its promotion is about to be written. */
export function nameOf(state: ReleaseState, ended?: 'promoted'): ReleaseName {
  const { id, stable, canary, fencingToken, stableReady } = state
  return {
    id,
    stable: stable && named(stable),
    canary: named(canary),
    fencingToken,
    stableReady,
    ...(ended === undefined ? {} : { ended }),
  }
}

function named({ version, destination, workload, host }: VersionRef): NamedSide {
  return { version, destination, workload, ...(host === undefined ? {} : { host }) }
}

const side = object<NamedSide>({
  version: text,
  destination: text,
  workload: optional(text),
  host: optional(text),
})

const readName: Decoder<ReleaseName> = object<ReleaseName>({
  id: text,
  stable: nullable(side),
  canary: side,
  fencingToken: optional(count),
  stableReady: optional(count),
  home: optional(text),
  ended: optional(oneOf(['promoted'] as const)),
})

/** parseReleaseName reads a release's name; null where the text names none. Total: anybody can have written it. */
export function parseReleaseName(encoded: string | null): ReleaseName | null {
  return encoded === null ? null : attempt(() => readName(JSON.parse(encoded), ''))
}

/**
 * nameInState finds a release's name in a state that can't be read as a whole. `ended`: it tells of one that has
 * ended. null: it doesn't tell enough.
 */
export function nameInState(encoded: string): { name: ReleaseName; ended: boolean } | null {
  return attempt(() => {
    const given = JSON.parse(encoded) as Record<string, unknown> | null
    const phase = oneOf(phases)(given?.phase, 'phase')
    const { id, stable, canary } = readName(
      { id: given?.id, stable: given?.stable, canary: given?.canary },
      '',
    )
    const own = (key: 'fencingToken' | 'stableReady') =>
      attempt(() => ({ [key]: count(given?.[key], key) })) ?? {}
    const name = { id, stable, canary, ...own('fencingToken'), ...own('stableReady') }
    return { name, ended: hasEnded(phase) }
  })
}

function attempt<T>(read: () => T): T | null {
  try {
    return read()
  } catch (error) {
    if (error instanceof Mistake || error instanceof SyntaxError) return null
    throw error
  }
}

function place({ version, destination, workload, host }: VersionRef): Omit<Promotion, 'at' | 'releaseId'> {
  return { version, destination, workload, ...(host === undefined ? {} : { host }) }
}

/** Where a release stands of which only the name is known. */
interface KnownNow {
  /** The canary's share in percent. */
  weight: number
  holder: string
  /** ms since the epoch. */
  now: number
  /** Ready pods that stable needs where the name doesn't say it. */
  stableReady: number
  image(version: string): string
}

/**
 * stateFromName makes a state of a release of which only the name is known: whole enough to be ended by. Nothing can go
 * on with it: no gates and no evidence are known.
 */
export function stateFromName(name: ReleaseName, known: KnownNow): ReleaseState {
  const whole = ({ version, destination, workload = '', host }: NamedSide): VersionRef => ({
    version,
    destination,
    workload,
    image: known.image(version),
    ...(host === undefined ? {} : { host }),
  })
  return {
    schema: stateSchema,
    id: name.id,
    phase: 'observing',
    reason: '',
    stable: name.stable && whole(name.stable),
    canary: whole(name.canary),
    holder: known.holder,
    fencingToken: (name.fencingToken ?? 0) + 1,
    startedAt: known.now,
    interval: 15_000,
    step: -1,
    weight: known.weight,
    steps: [100],
    stepStates: [],
    restore: null,
    source: null,
    calibration: null,
    unreachedBaseline: null,
    rate: null,
    gateDigest: '',
    stableReady: name.stableReady ?? known.stableReady,
    deadline: null,
    endedAt: null,
    // What served before it is where a rollback leads to, once it has ended.
    history: name.stable === null ? [] : [{ ...place(whole(name.stable)), at: known.now, releaseId: '' }],
  }
}
