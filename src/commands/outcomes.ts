import type { Failure } from '../release/failure.ts'
import { isFailure, sentenceOf } from '../release/failure.ts'
import { badWords } from '../release/gates.ts'
import type { Outcome, Result } from '../release/outcome.ts'
import { exitCodeOf, type ReasonCode } from '../release/reasons.ts'
import type { Request } from '../release/request.ts'
import type { ReleaseState } from '../release/state/state.ts'
import { commandLine } from '../release/text/command-line.ts'
import { explainVerdict } from '../report/words/verdict-explanation.ts'
import type { Ending } from '../rollout/ending.ts'

/** OutcomeFields is what an outcome needs beside the request and the state. */
export interface OutcomeFields {
  result: Result
  reason: ReasonCode
  message: string
  /** The run was asked for exactly this end; absent: it was not. */
  requested?: boolean
}

/** outcomeOf puts an outcome together; weight and versions come from the state where there is one. */
export function outcomeOf(request: Request, state: ReleaseState | null, said: OutcomeFields): Outcome {
  return {
    schema: 1,
    command: request.command,
    result: said.result,
    reasonCode: said.reason,
    exitCode: exitCodeOf(said.result, said.reason, said.requested),
    message: said.message,
    releaseId: state?.id ?? null,
    namespace: request.namespace,
    service: request.service,
    stableVersion: state?.stable?.version ?? null,
    canaryVersion: state?.canary.version ?? request.version,
    weight: state?.weight ?? null,
    report: null,
    commentUrl: null,
  }
}

/** refusedOutcome is the outcome of a run that wrote nothing. */
export function refusedOutcome(
  request: Request,
  state: ReleaseState | null,
  reason: ReasonCode,
  message: string,
): Outcome {
  return outcomeOf(request, state, { result: 'refused', reason, message })
}

/** olderReleaseOutcome refuses to go on with a release that an older version of the program began. */
export function olderReleaseOutcome(request: Request, state: ReleaseState): Outcome {
  const end = commandLine('abort', request)
  const message = `Release ${state.id} was begun by an older version of shiftgate (state schema ${state.begunUnder}), which judged by other rules. It can only be aborted or rolled back; run: ${end}`
  return refusedOutcome(request, state, 'release-in-flight', message)
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

const reasons: Partial<Record<Failure['code'], ReasonCode>> = {
  unreachable: 'unreachable',
  timeout: 'unreachable',
  'server-error': 'unreachable',
  'bad-certificate': 'unreachable',
  'bad-answer': 'unreachable',
  'bad-query': 'unreachable',
  unauthorized: 'not-permitted',
  forbidden: 'not-permitted',
  refused: 'route-not-editable',
  rejected: 'route-not-editable',
  conflict: 'route-not-editable',
  'not-found': 'target-not-ready',
  'kind-not-served': 'target-not-ready',
  superseded: 'superseded',
  'state-lost': 'drift',
  aborted: 'cancelled',
}

/** reasonOfError gives the reason code for an error. */
export function reasonOfError(error: unknown): ReasonCode {
  if (isFailure(error, 'refused') && error.details.check !== undefined) return 'preflight'
  return isFailure(error) ? (reasons[error.code] ?? 'internal') : 'internal'
}

/** endingOutcome says in one sentence how a release that this process drove has ended. */
export function endingOutcome(request: Request, state: ReleaseState, end: Ending): Outcome {
  const canary = state.canary.version
  const stable = state.stable?.version ?? 'no earlier version'
  const target = `${request.namespace}/${request.service}`
  const why = explanationOf(request, state, end)
  const on = end.reason === 'paused-by-command' ? 'resume' : 'rollout'
  const message = {
    promoted: `${canary} serves all of ${target}; ${stable} stays deployed for a rollback.${why}`,
    initialized: `${canary} serves all of ${target} as its first version.${why}`,
    'already-promoted': `${canary} already serves all of ${target}.`,
    'rolled-back': `All traffic of ${target} is back on ${stable}.${why}`,
    paused: `${canary} stands at ${state.weight}% of ${target}.${why} Run "shiftgate ${on}" to go on, or "shiftgate abort" to put traffic back.`,
    'in-progress': `${canary} is at ${state.weight}% of ${target}.${why}`,
    refused: why,
    unsafe:
      end.reason === 'stable-unavailable'
        ? `${canary} stands at ${state.weight}% of ${target}, and nothing was moved.${why} Bring ${stable} back (kubectl -n ${request.namespace} scale deployment ${state.stable?.workload} --replicas=${state.stableReady}), then run "shiftgate abort".`
        : `${canary} serves all of ${target} and there is no earlier version to return to.${why} Deploy a version that works, then release it.`,
    ok: why,
  }[end.result]
  return outcomeOf(request, state, {
    result: end.result,
    reason: end.reason,
    message: message.trim(),
  })
}

function explanationOf(request: Request, state: ReleaseState, end: Ending): string {
  const text = end.text === '' ? '' : ` ${end.text.charAt(0).toUpperCase()}${end.text.slice(1)}.`
  if (end.verdict === null || end.reason === 'requests-lost') return text
  const explained = explainVerdict(end.verdict, gateWordingOf(request, state, end.verdict.gate))
  return `${text} ${explained.charAt(0).toUpperCase()}${explained.slice(1)}`
}

/** A gate other than the total of failed requests has its own words, margin and no absolute limit. */
function gateWordingOf({ settings }: Request, state: ReleaseState, name: string | undefined) {
  const entry = state.stepStates.at(-1)
  const gate = settings.gates.find((each) => each.name === name)
  if (gate === undefined || gate.type === 'errors') {
    return { slo: settings.gate.maxErrorRate, margin: entry?.margin ?? null }
  }
  const bad = badWords(gate, state.gates?.bounds[gate.name] ?? null)
  return { bad, slo: null, margin: entry?.margins?.[gate.name] ?? null }
}
