import { calibrate, type PodCounts } from '../release/evidence/calibration.ts'
import type { Calibration, Counts, Poll } from '../release/evidence/counts.ts'
import { Failure } from '../release/failure.ts'
import type { Verdict } from '../release/verdict.ts'
import { type EngineConfig, resolveConfig } from './config.ts'
import { parseJsonLocated } from './json.ts'

/** JudgeFile is a recorded release: what `judge` reads. */
interface JudgeFile {
  config: Partial<EngineConfig>
  calibration: Calibration | null
  polls: Poll[]
}

/**
 * parseJudgeFile reads `{"config", "calibration", "polls"}`. `calibration` is null, a summary, or
 * `{"history": [[[requests, bad] per pod] per poll]}`; `config` and `calibration` may be left out.
 * Throws Failure `invalid-input` with the place of the mistake: line and column for JSON, else a path such as
 * `polls[3].canary.total`.
 */
export function parseJudgeFile(text: string): JudgeFile {
  const root = record(parseJsonLocated(text), 'the file')
  known(root, ['config', 'calibration', 'polls', 'name', 'expected'], 'the file')
  const config = record(root.config ?? {}, 'config') as Partial<EngineConfig>
  resolveConfig(config)
  const polls = list(root.polls, 'polls').map((poll, i) => pollOf(poll, `polls[${i}]`))
  if (polls.length === 0) wrong('polls', 'empty', 'at least one poll')
  polls.forEach((poll, i) => {
    const before = polls[i - 1]?.t ?? poll.t
    if (poll.t < before) wrong(`polls[${i}].t`, poll.t, `at least ${before}, the time of the poll before it`)
  })
  return { config, calibration: calibrationOf(root.calibration ?? null), polls }
}

/** formatVerdict is a Verdict as `judge --json` writes it: logs rounded to six decimals. */
export function formatVerdict(verdict: Verdict): {
  t: number
  verdict: Verdict['verdict']
  reason: Verdict['reason']
  note: Verdict['note']
  logAbort: number
  logPass: number
  logPoll: number
  logLr: number
  logGap: number
  phi: number | null
} {
  return {
    t: verdict.t,
    verdict: verdict.verdict,
    reason: verdict.reason,
    note: verdict.note,
    logAbort: sixDecimals(verdict.logAbort),
    logPass: sixDecimals(verdict.logPass),
    logPoll: sixDecimals(verdict.logPoll),
    logLr: sixDecimals(verdict.logLr),
    logGap: sixDecimals(verdict.logGap),
    phi: verdict.phi === null ? null : sixDecimals(verdict.phi),
  }
}

function sixDecimals(value: number): number {
  const rounded = Number(value.toFixed(6))
  return rounded === 0 ? 0 : rounded
}

function pollOf(value: unknown, place: string): Poll {
  const raw = record(value, place)
  known(raw, ['t', 'step', 'canary', 'stable', 'control'], place)
  const control = raw.control
  if (control !== undefined && typeof control !== 'boolean')
    wrong(`${place}.control`, control, 'true or false')
  const poll: Poll = {
    t: number(raw.t, `${place}.t`),
    step: number(raw.step, `${place}.step`),
    canary: countsOf(raw.canary ?? null, `${place}.canary`),
    stable: countsOf(raw.stable ?? null, `${place}.stable`),
  }
  if (!Number.isInteger(poll.step)) wrong(`${place}.step`, poll.step, 'a whole number')
  return control === undefined ? poll : { ...poll, control }
}

/** countsOf takes impossible counts too (more bad than total, say): the engine notes such a poll as missing. */
function countsOf(value: unknown, place: string): Counts | null {
  if (value === null) return null
  const raw = record(value, place)
  known(raw, ['total', 'bad'], place)
  return { total: anyNumber(raw.total, `${place}.total`), bad: anyNumber(raw.bad, `${place}.bad`) }
}

function calibrationOf(value: unknown): Calibration | null {
  if (value === null) return null
  const raw = record(value, 'calibration')
  if (raw.history !== undefined) {
    known(raw, ['history'], 'calibration')
    return calibrate(list(raw.history, 'calibration.history').map(rowOf))
  }
  known(raw, ['n', 'b', 'S1', 'S2', 'S4', 'df'], 'calibration')
  const sum = (name: string) => notNegative(raw[name], `calibration.${name}`)
  const sums = { n: sum('n'), b: sum('b'), S1: sum('S1'), S2: sum('S2'), df: sum('df') }
  if (sums.b > sums.n) wrong('calibration.b', sums.b, `at most calibration.n, which is ${sums.n}`)
  return raw.S4 === undefined ? sums : { ...sums, S4: sum('S4') }
}

function rowOf(row: unknown, i: number): PodCounts[] {
  return list(row, `calibration.history[${i}]`).map((pod, k) => {
    const place = `calibration.history[${i}][${k}]`
    const pair = list(pod, place)
    if (pair.length !== 2) wrong(place, pair, '[requests, bad]')
    const requests = notNegative(pair[0], `${place}[0]`)
    const bad = notNegative(pair[1], `${place}[1]`)
    if (bad > requests) wrong(`${place}[1]`, bad, `at most ${requests}, the pod's requests`)
    return [requests, bad]
  })
}

function record(value: unknown, place: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) wrong(place, value, 'an object')
  return value as Record<string, unknown>
}

function list(value: unknown, place: string): unknown[] {
  if (!Array.isArray(value)) wrong(place, value, 'a list')
  return value as unknown[]
}

function known(raw: Record<string, unknown>, names: readonly string[], place: string): void {
  const odd = Object.keys(raw).find((name) => !names.includes(name))
  if (odd !== undefined) wrong(place, odd, `made of ${names.join(', ')} only`)
}

function anyNumber(value: unknown, place: string): number {
  if (typeof value !== 'number') wrong(place, value, 'a number')
  return value as number
}

function number(value: unknown, place: string): number {
  if (!Number.isFinite(value)) wrong(place, value, 'a finite number')
  return value as number
}

function notNegative(value: unknown, place: string): number {
  if (!(number(value, place) >= 0)) wrong(place, value, 'not negative')
  return value as number
}

function wrong(place: string, value: unknown, allowed: string): never {
  const shown = value === undefined ? 'missing' : JSON.stringify(value).slice(0, 60)
  throw new Failure('invalid-input', `${place} must be ${allowed}, not ${shown}.`, {
    details: { field: place, value: shown, allowed },
  })
}
