import type { RecordEvent } from '../release/record.ts'
import { recordSchema } from '../release/record.ts'
import type { ReleaseState } from '../release/state.ts'
import type { Beginning } from '../rollout/start.ts'
import { releaseId } from '../rollout/start.ts'
import type { Workplace } from './workplace.ts'

type Head = Pick<
  Extract<RecordEvent, { type: 'release' }>,
  'id' | 'stable' | 'canary' | 'resumed' | 'startedAt'
>

/** recordHead begins the record of work on a release that exists already. */
export function recordHead(work: Workplace, state: ReleaseState): void {
  put(work, {
    id: state.id,
    stable: state.stable?.version ?? null,
    canary: state.canary.version,
    resumed: true,
    startedAt: new Date(state.startedAt).toISOString(),
  })
}

/** recordStart begins the record of a new release. */
export function recordStart(work: Workplace, beginning: Beginning): void {
  put(work, {
    id: releaseId(work.request.service, beginning.canary.version, work.request.runId),
    stable: beginning.stable?.version ?? null,
    canary: beginning.canary.version,
    resumed: false,
    startedAt: new Date(work.doors.clock.now()).toISOString(),
  })
}

function put({ request, recorder, doors }: Workplace, head: Head): void {
  recorder.record({
    type: 'release',
    schema: recordSchema,
    command: request.command,
    cluster: doors.cluster.name,
    namespace: request.namespace,
    service: request.service,
    settings: request.settings,
    runUrl: request.runUrl,
    ...head,
  })
}
