import type { RecordEvent } from '../../../release/record/record.ts'

/** writeVerbs say what became of an object that was written. */
export const writeVerbs: Record<Extract<RecordEvent, { type: 'write' }>['action'], string> = {
  create: 'created',
  patch: 'changed',
  delete: 'removed',
}
