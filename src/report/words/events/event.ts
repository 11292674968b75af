import type { EventBody, PhaseChange, WrittenState } from '../../../release/record/event-body.ts'
import type { RecordEvent } from '../../../release/record/record.ts'
import { queuedText, supersedingText } from '../contention.ts'
import { causeText } from './cause.ts'
import { infrastructureText } from './infrastructure.ts'
import { wordedFinding } from './release-finding.ts'
import { warningCode, warningText } from './warning.ts'

/** toEvent gives what is recorded its time (ISO) and, where people read it, its sentence. */
export function toEvent(body: EventBody, at: string): RecordEvent {
  switch (body.type) {
    case 'warning': {
      const { details } = body
      return { at, type: body.type, code: warningCode(body), details, text: warningText(body) }
    }
    case 'phase':
      return { at, type: body.type, phase: body.phase, text: phaseText(body) }
    case 'infrastructure': {
      const { issue, ...event } = body
      return { at, ...event, text: infrastructureText(issue) }
    }
    case 'finding': {
      const { finding } = body
      return { at, type: body.type, finding: 'text' in finding ? finding : wordedFinding(finding) }
    }
    case 'write': {
      const { state, ...event } = body
      return { at, ...event, summary: state === null ? event.summary : stateText(state) }
    }
    default:
      return { at, ...body }
  }
}

function phaseText(change: PhaseChange): string {
  switch (change.phase) {
    case 'waiting-for-pods':
      return causeText(change.cause)
    case 'preview': {
      const { testers } = change
      const by = 'header' in testers ? `header ${testers.header}` : `cookie ${testers.cookie}`
      return `requests with the ${by}: ${testers.value} reach the canary`
    }
    case 'mirror':
      return `${change.percent}% of the requests are copied to the canary`
    case 'queued':
      return queuedText(change)
    case 'superseding':
      return supersedingText(change)
    case 'taking-over':
      return change.unjudged
        ? `${change.workload} gets ${change.image} again, while the canary has all traffic`
        : `every step was passed: ${change.workload} gets ${change.image}, while the canary has all traffic`
    case 'handing-back':
      return `${change.percent}% of the traffic returns`
    case 'preview-ended':
      return 'the preview was taken out of the routes'
    case 'mirror-ended':
      return 'the mirror was taken out of the routes'
  }
}

/** stateText says in a few words what a change of the state alone means. */
function stateText({ phase, weight, reason, holder }: WrittenState): string {
  switch (phase) {
    case 'observing':
      return `state: step timer started at ${weight}%`
    case 'shifting':
      return 'state: a shift begins'
    case 'paused':
      return `state: paused at ${weight}% (${reason})`
    case 'promoted':
      return 'state: promoted'
    case 'rolled-back':
      return `state: rolled back (${reason})`
    case 'preparing':
      return 'state: what is to get traffic is being made'
    case 'cleaning':
      return `state: traffic is back (${reason}), what was made is being removed`
    case 'pinned':
    case 'settling':
    case 'rolling-back':
      return `state: held by ${holder}`
  }
}
