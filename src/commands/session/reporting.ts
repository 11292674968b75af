import { join } from 'node:path'
import type { Clock } from '../../release/clock.ts'
import { commandTraits } from '../../release/commands.ts'
import { sentenceOf } from '../../release/failure.ts'
import type { Outcome } from '../../release/outcome/outcome.ts'
import type { EventBody } from '../../release/record/event-body.ts'
import type { RecordEvent } from '../../release/record/record.ts'
import type { Request } from '../../release/request.ts'
import { renderHtml } from '../../report/html/page.ts'
import { resultJson } from '../../report/json.ts'
import { commentMarker, renderComment } from '../../report/markdown/comment.ts'
import { renderSummary } from '../../report/markdown/summary.ts'
import type { PullRequests } from './adapters.ts'
import type { Recorder } from './recorder.ts'
import { makeFolder, writeFile } from './side-files.ts'

/** Reporting shows a release to people while it goes on. Whatever fails in it is one warning. */
export interface Reporting {
  /** onEvent is told every event; a change of state leads to a new comment, polls do not. */
  onEvent(event: RecordEvent): void
  /** showProgress has the comment written as the record stands. It waits for nothing. */
  showProgress(): void
  /** writeComment writes the comment as the record stands and waits `ms` for it; null where none could be written. */
  writeComment(ms: number): Promise<string | null>
  /** writeFiles writes the reports beside the record; null where the disk refused. */
  writeFiles(outcome: Outcome): string | null
}

/** The outcome is told by whoever ends the run: that comment is waited for. */
const commentedEvents: ReadonlySet<RecordEvent['type']> = new Set(['step', 'settled', 'step-end'])

/** createReporting publishes a record to the pull request of `request` (where it has one) and to its report folder. */
export function createReporting(
  request: Request,
  recorder: Recorder,
  forge: PullRequests | null,
  clock: Clock,
  cluster: string,
): Reporting {
  const wanted = request.comment && commandTraits[request.command].reports
  const target = { namespace: request.namespace, service: request.service, cluster }
  const render = () => {
    const head = recorder.events.find((event) => event.type === 'release')
    const marker = commentMarker(target, head?.id ?? '')
    return {
      marker,
      body: renderComment(recorder.events, { now: clock.now(), runUrl: request.runUrl, marker }),
    }
  }
  const comment = wanted && forge !== null ? createComment(forge, recorder, render) : null
  const background = new AbortController()
  const showProgress = () => comment?.refresh(background.signal)
  return {
    onEvent(event) {
      if (commentedEvents.has(event.type)) showProgress()
    },
    showProgress,
    async writeComment(ms) {
      if (comment === null) return null
      const written = await withinTime(comment.write(AbortSignal.timeout(ms)), ms)
      if (written !== late) return written
      background.abort()
      const details = { seconds: Math.round(ms / 1000) }
      return comment.warn({ type: 'warning', code: 'comment-late', details })
    },
    writeFiles(outcome) {
      return writeReports(request, recorder, outcome, clock.now())
    },
  }
}

/** PullRequestComment is the comment of one release. */
interface PullRequestComment {
  /** write writes it after all that were begun before; null where it could not be written. */
  write(signal: AbortSignal): Promise<string | null>
  /** refresh has it written in the background, unless that is to come anyway. */
  refresh(signal: AbortSignal): void
  /** warn records the first thing that goes wrong with it. */
  warn(warning: EventBody): null
}

function createComment(
  forge: PullRequests,
  recorder: Recorder,
  render: () => { marker: string; body: string },
): PullRequestComment {
  const findNumber = createPullRequestSearch(forge, recorder)
  let queue: Promise<string | null> = Promise.resolve(null)
  let waiting = false
  let warned = false

  function warn(warning: EventBody): null {
    if (!warned) recorder.record(warning)
    warned = true
    return null
  }

  async function writeNow(signal: AbortSignal): Promise<string | null> {
    waiting = false
    try {
      const number = await findNumber(signal)
      if (number === null) return null
      const { marker, body } = render()
      return (await forge.upsertComment(number, marker, body, signal)).url
    } catch (error) {
      return warn({ type: 'warning', code: 'comment', details: { error: sentenceOf(error) } })
    }
  }

  function write(signal: AbortSignal): Promise<string | null> {
    waiting = true
    queue = queue.then(() => writeNow(signal))
    return queue
  }

  return { write, warn, refresh: (signal) => void (waiting || write(signal)) }
}

/** createPullRequestSearch finds the pull request once; after an error it is looked for again the next time. */
function createPullRequestSearch(
  forge: PullRequests,
  recorder: Recorder,
): (signal: AbortSignal) => Promise<number | null> {
  let number: Promise<number | null> | null = null
  const find = async (signal: AbortSignal): Promise<number | null> => {
    const found = await forge.findPullRequest(signal)
    if (!found) recorder.record({ type: 'warning', code: 'no-pull-request', details: null })
    return found?.number ?? null
  }
  return (signal) => {
    number ??= find(signal).catch((error) => {
      number = null
      throw error
    })
    return number
  }
}

const late = Symbol('late')

/** withinTime gives what comes of `task`, or `late` after `ms` of real time. */
async function withinTime<T>(task: Promise<T>, ms: number): Promise<T | typeof late> {
  let timer: NodeJS.Timeout | undefined
  const end = new Promise<typeof late>((resolve) => {
    timer = setTimeout(() => resolve(late), ms)
  })
  try {
    return await Promise.race([task, end])
  } finally {
    clearTimeout(timer)
  }
}

function writeReports(request: Request, recorder: Recorder, outcome: Outcome, now: number): string | null {
  const facts = { now, runUrl: request.runUrl }
  const report = join(request.reportDir, 'report.md')
  try {
    makeFolder(request.reportDir)
    writeFile(report, renderSummary(recorder.events, facts))
    writeFile(join(request.reportDir, 'report.html'), renderHtml(recorder.events, facts))
    writeFile(join(request.reportDir, 'result.json'), resultJson(outcome, recorder.events))
    return report
  } catch (error) {
    recorder.record({ type: 'warning', code: 'report', details: { error: sentenceOf(error) } })
    return null
  }
}
