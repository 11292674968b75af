import { noBaseline } from '../gates/evidence.ts'
import { activeGates, badEvents, countsFailedRequests } from '../gates/selection.ts'
import type { Failure } from '../release/failure.ts'
import { isFailure, sentenceOf } from '../release/failure.ts'
import type { DecisionCause, StableShortage } from '../release/outcome/cause.ts'
import type { Outcome, Result } from '../release/outcome/outcome.ts'
import { exitCodeOf } from '../release/outcome/outcome.ts'
import type { ReasonCode } from '../release/outcome/reasons.ts'
import type { Finding } from '../release/record/record.ts'
import type { Request } from '../release/request.ts'
import type { ReleaseState } from '../release/state/state.ts'
import { takeoverOf } from '../release/state/takeover.ts'
import type { Verdict } from '../release/verdict.ts'
import { causeSentence, shortageSentence } from '../report/words/events/cause.ts'
import { failedChecksMessage, refusedChecksMessage } from '../report/words/outcome/checks.ts'
import {
  endingMessage,
  firstVersionKeptMessage,
  leftInFlightMessage,
  leftToPostMessage,
  rollbackFailedMessage,
  stateLostMessage,
} from '../report/words/outcome/ending-message.ts'
import { inTheWayMessage, olderReleaseMessage } from '../report/words/outcome/in-flight.ts'
import { notPutBackMessage, notReachedMessage } from '../report/words/outcome/rollback.ts'
import { explainVerdict } from '../report/words/verdict-explanation.ts'
import type { Ending } from '../rollout/ending.ts'
import type { Recovery } from '../rollout/lifecycle/recovery.ts'

/** OutcomeFields is what an outcome needs beside the request and the state. */
interface OutcomeFields {
  result: Result
  reason: ReasonCode
  message: string
  /** The run was asked for exactly this end; absent: it was not. */
  requested?: boolean
  /** ms; absent: no turn of step mode is to come. */
  nextCheckAt?: number | undefined
}

/** outcomeOf puts an outcome together; weight and versions come from the state where there is one. */
export function outcomeOf(request: Request, state: ReleaseState | null, fields: OutcomeFields): Outcome {
  return {
    schema: 1,
    command: request.command,
    result: fields.result,
    reasonCode: fields.reason,
    exitCode: exitCodeOf(fields.result, fields.reason, fields.requested),
    message: fields.message,
    releaseId: state?.id ?? null,
    namespace: request.namespace,
    service: request.service,
    stableVersion: (takeoverOf(state)?.stable ?? state?.stable)?.version ?? null,
    canaryVersion: state?.canary.version ?? request.version,
    // Stable's own Deployment takes over what the canary has: the new version has everything.
    weight: takeoverOf(state) === null ? (state?.weight ?? null) : 100,
    nextCheckAt: fields.nextCheckAt === undefined ? null : new Date(fields.nextCheckAt).toISOString(),
    report: null,
    commentUrl: null,
  }
}

/** refusedOutcome is the outcome of a run that wrote nothing. Where a release in flight stands in the way it says how to end that. */
export function refusedOutcome(
  request: Request,
  state: ReleaseState | null,
  reason: ReasonCode,
  text: string,
): Outcome {
  const message = reason === 'release-in-flight' ? inTheWayMessage(text, request) : text
  return outcomeOf(request, state, { result: 'refused', reason, message })
}

/** olderReleaseOutcome refuses to go on with a release that an older version of the program began. */
export function olderReleaseOutcome(request: Request, state: ReleaseState): Outcome {
  return refusedOutcome(request, state, 'release-in-flight', olderReleaseMessage(state))
}

/** failedOutcome is the outcome of an error before anything was written: exit 2 for what the user gave, else 3. */
export function failedOutcome(request: Request, state: ReleaseState | null, error: unknown): Outcome {
  const bad = isFailure(error, 'invalid-input', 'invalid-config')
  return outcomeOf(request, state, {
    result: 'refused',
    reason: bad ? 'bad-input' : reasonOfError(error),
    message: sentenceOf(error),
  })
}

const reasons: Record<Failure['code'], ReasonCode> = {
  unreachable: 'unreachable',
  timeout: 'unreachable',
  'server-error': 'unreachable',
  'bad-certificate': 'unreachable',
  'bad-answer': 'unreachable',
  'too-large': 'unreachable',
  incomplete: 'metrics-partial',
  'bad-query': 'unreachable',
  unauthorized: 'not-permitted',
  forbidden: 'not-permitted',
  refused: 'route-not-editable',
  rejected: 'route-not-editable',
  conflict: 'route-not-editable',
  'already-exists': 'route-not-editable',
  'not-found': 'target-not-ready',
  'kind-not-served': 'target-not-ready',
  superseded: 'superseded',
  'state-lost': 'drift',
  aborted: 'cancelled',
  'invalid-input': 'bad-input',
  'invalid-config': 'bad-input',
  internal: 'internal',
}

/** reasonOfError gives the reason code for an error. */
export function reasonOfError(error: unknown): ReasonCode {
  if (isFailure(error, 'refused') && error.details.check !== undefined) return 'preflight'
  if (isFailure(error, 'refused') && error.details.holder !== undefined) return 'locked'
  return isFailure(error) ? reasons[error.code] : 'internal'
}

/** endingOutcome says how a release that this process drove has ended. */
export function endingOutcome(request: Request, state: ReleaseState, end: Ending): Outcome {
  const { result, reason, nextCheckAt } = end
  const why = explanationOf(request, state, end)
  const message = endingMessage(request, state, end, why)
  return outcomeOf(request, state, { result, reason, message, nextCheckAt })
}

/**
 * recoveryOutcome says where a release stands that this process could not take to its end. `inspectCommand` shows
 * its routes.
 */
export function recoveryOutcome(
  request: Request,
  state: ReleaseState,
  recovery: Recovery,
  inspectCommand: string,
): Outcome {
  const at = (result: Result, reason: ReasonCode, message: string) =>
    outcomeOf(request, state, { result, reason, message })
  switch (recovery.kind) {
    case 'superseded':
      return recovery.ended === null
        ? at('in-progress', 'superseded', recovery.error)
        : endingOutcome(request, state, {
            result: 'rolled-back',
            reason: 'superseded',
            cause: recovery.ended,
            verdict: null,
          })
    case 'state-lost':
      return at('unsafe', 'drift', stateLostMessage(recovery.error, inspectCommand))
    case 'left-to-post':
      return at('in-progress', 'cancelled', leftToPostMessage(request, state, request.settings.onCancel))
    case 'left-in-flight':
      return at('in-progress', 'cancelled', leftInFlightMessage(request, state))
    case 'paused':
      return endingOutcome(request, state, { result: 'paused', ...recovery, cause: null, verdict: null })
    case 'kept':
      return at('in-progress', recovery.reason, firstVersionKeptMessage(state, recovery.cause))
    case 'rolled-back':
      return endingOutcome(request, state, { result: 'rolled-back', ...recovery, verdict: null })
    case 'held':
      return endingOutcome(request, state, { result: 'in-progress', ...recovery, verdict: null })
    case 'stable-unavailable':
      return stableUnavailableOutcome(request, state, recovery.shortage, recovery.cause)
    case 'rollback-failed':
      return at('unsafe', 'rollback-failed', rollbackFailedMessage(request, state, recovery))
  }
}

/** rollbackFailedOutcome is the outcome of a rollback on command that could not be carried out. */
export function rollbackFailedOutcome(
  request: Request,
  state: ReleaseState | null,
  error: unknown,
  inspectCommand: string,
): Outcome {
  if (isFailure(error, 'superseded')) return failedOutcome(request, state, error)
  const message = notPutBackMessage(sentenceOf(error), inspectCommand)
  return outcomeOf(request, state, { result: 'unsafe', reason: 'rollback-failed', message })
}

/** notReachedOutcome is the outcome of a command after which not everybody reaches the version that all traffic is for. */
export function notReachedOutcome(
  request: Request,
  state: ReleaseState | null,
  version: string,
  stray: readonly string[],
  inspectCommand: string,
): Outcome {
  const message = notReachedMessage(version, stray, inspectCommand)
  return outcomeOf(request, state, { result: 'unsafe', reason: 'rollback-failed', message })
}

/** stableUnavailableOutcome is the outcome of a rollback that stable has too few ready pods for. */
export function stableUnavailableOutcome(
  request: Request,
  state: ReleaseState,
  shortage: StableShortage,
  cause: DecisionCause | null = null,
): Outcome {
  const why = [shortageSentence(shortage), causeSentence(cause)].filter(Boolean).join(' ')
  const message = endingMessage(request, state, { result: 'unsafe', reason: 'stable-unavailable' }, ` ${why}`)
  return outcomeOf(request, state, { result: 'unsafe', reason: 'stable-unavailable', message })
}

/** nothingToDo is the outcome of a command that found what it was asked for. */
export function nothingToDo(request: Request, message: string, state: ReleaseState | null = null): Outcome {
  return outcomeOf(request, state, { result: 'ok', reason: 'nothing-to-do', message })
}

/** requested marks an outcome as the very end that the run was asked for. */
export function requested(outcome: Outcome): Outcome {
  return { ...outcome, exitCode: exitCodeOf(outcome.result, outcome.reasonCode, true) }
}

/** preflightRefusal says everything that stands in the way at once; null where nothing does. */
export function preflightRefusal(
  request: Request,
  state: ReleaseState | null,
  findings: readonly Finding[],
): Outcome | null {
  const errors = findings.filter(({ level }) => level === 'error')
  if (errors.length === 0) return null
  return refusedOutcome(request, state, 'preflight', refusedChecksMessage(errors))
}

/** failedChecks is the refusal of a command that lists every check with its answer: it names those that failed. */
export function failedChecks(
  request: Request,
  state: ReleaseState | null,
  findings: readonly Finding[],
): Outcome | null {
  const failed = findings.filter(({ level }) => level === 'error').map(({ id }) => id)
  if (failed.length === 0) return null
  return refusedOutcome(request, state, 'preflight', failedChecksMessage(failed))
}

function explanationOf(request: Request, state: ReleaseState, end: Ending): string {
  const text = end.cause === null ? '' : ` ${causeSentence(end.cause)}`
  if (end.verdict === null || end.cause?.kind === 'requests-lost') return text
  const wording = {
    ...gateWordingOf(request, state, end.verdict),
    unproven: end.reason === 'promoted-unproven',
  }
  const explained = explainVerdict(end.verdict, wording)
  return `${text} ${explained.charAt(0).toUpperCase()}${explained.slice(1)}`
}

/** A gate other than the total of failed requests has its own words, margin and no absolute limit. */
function gateWordingOf({ settings }: Request, state: ReleaseState, { gate: name, route }: Verdict) {
  const entry = state.stepStates.at(-1)
  const gate = activeGates(settings).find((each) => each.name === name)
  if (gate === undefined || countsFailedRequests(gate)) {
    return { slo: settings.gate.maxErrorRate, margin: entry?.margin ?? null }
  }
  const bad = badEvents(gate, state.gates ?? noBaseline, route ?? null)
  return { bad, slo: null, margin: entry?.margins?.[gate.name] ?? null }
}
