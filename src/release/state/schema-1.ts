/** The fields of schema 1 that have another name now. */
const renamed: Record<string, string> = {
  journal: 'stepStates',
  fence: 'fencingToken',
  lost: 'unreachedBaseline',
  made: 'createdDestinations',
  trial: 'preTraffic',
  tried: 'completedPreTraffic',
  restored: 'driftRestores',
}

const renamedReasons: Record<string, string> = {
  'holder-lost': 'superseded',
  'step-done': 'step-complete',
  'stable-lost': 'stable-unavailable',
  'initial-version-bad': 'initial-version-failed',
  'promoted-without-proof': 'promoted-unproven',
}

type Fields = Record<string, unknown>

/**
 * fromSchema1 gives the fields of a state of schema 1 the names of today, unchecked. A release that began under it
 * keeps that mark: its rules of judging were other ones, so that nothing may go on with it.
 */
export function fromSchema1(state: Fields): Fields {
  const named = rename(state, renamed)
  const { reason } = named
  const known = typeof reason === 'string' && Object.hasOwn(renamedReasons, reason)
  return {
    ...named,
    reason: known ? renamedReasons[reason] : reason,
    schema: 2,
    begunUnder: 1,
    stepStates: each(named.stepStates, { clockStart: 'timerStart', seen: 'actualShare' }),
    history: each(named.history, { left: 'rolledBack', subset: 'destination' }),
    stable: isFields(named.stable) ? rename(named.stable, { subset: 'destination' }) : named.stable,
    canary: isFields(named.canary) ? rename(named.canary, { subset: 'destination' }) : named.canary,
  }
}

function each(list: unknown, names: Record<string, string>): unknown {
  return Array.isArray(list) ? list.map((item) => (isFields(item) ? rename(item, names) : item)) : list
}

function rename(fields: Fields, names: Record<string, string>): Fields {
  return Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [
      Object.hasOwn(names, key) ? (names[key] as string) : key,
      value,
    ]),
  )
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
