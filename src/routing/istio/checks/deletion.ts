import { type KubeObject, refText } from '../../../release/kubernetes.ts'
import { type Problem, problem } from '../../problem.ts'
import { refOf } from '../model/rule.ts'

/** beingDeleted says that an object is on its way out: what is written to it is lost. */
export function beingDeleted(object: KubeObject): Problem[] {
  if (object.metadata.deletionTimestamp === undefined) return []
  return [
    problem(
      'SG-being-deleted',
      refText(refOf(object)),
      'It is being deleted.',
      'Wait until it is gone, then try again.',
    ),
  ]
}
