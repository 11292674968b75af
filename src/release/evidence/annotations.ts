import type { CountNote } from './counts.ts'
import type { QueryResult } from './query-source.ts'

/** annotationNotes tells once what the store remarks on answers (`PromQL info:`), which makes none of them wrong. */
export function annotationNotes(answers: readonly QueryResult[]): CountNote[] {
  const text = [...new Set(answers.flatMap(({ warnings }) => warnings))].join('; ')
  return text === '' ? [] : [{ t: 0, kind: 'info', instance: '*', text: `Prometheus remarks: ${text}` }]
}
