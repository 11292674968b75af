import { commandLine } from '../../release/text/command-line.ts'
import type { ReleaseView } from '../view/release-view.ts'

/** NextActions is what a reader can do now: commands to run as they are. */
export interface NextActions {
  question: string
  answer: string
  commands: string[]
}

/** nextActions gives what a reader of the report can do about the release as it stands; null where nothing helps. */
export function nextActions(view: ReleaseView): NextActions | null {
  const namespace = view.head?.namespace ?? view.outcome?.namespace
  const service = view.head?.service ?? view.outcome?.service
  if (!namespace || !service) return null
  const command = (name: string) => commandLine(name, { namespace, service })
  switch (view.outcome?.result) {
    case undefined:
    case 'in-progress':
      return {
        question: 'Stop it?',
        answer: 'This puts all traffic back on the stable version, without waiting for a verdict:',
        commands: [command('rollback')],
      }
    case 'promoted':
      return {
        question: 'Go back?',
        answer: 'This puts all traffic on the version before, at once and without analysis:',
        commands: [command('rollback')],
      }
    case 'paused':
      return {
        question: 'What now?',
        answer: 'Traffic stays where it is. The same rollout once more goes on; this puts all traffic back:',
        commands: [command('rollback')],
      }
    case 'unsafe':
      return {
        question: 'What now?',
        answer: 'The first line says what to run. This shows what the cluster has:',
        commands: [command('status')],
      }
    default:
      return null
  }
}
