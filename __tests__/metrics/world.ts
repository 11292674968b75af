import { requestOutcome } from '../../src/metrics/counting/classes.ts'
import { type CountingInput, countRequests, noFollowUpAnswers } from '../../src/metrics/counting/counting.ts'
import type { RequestSeries } from '../../src/metrics/counting/grid.ts'
import { type FollowUp, followUpKey } from '../../src/metrics/counting/target-series.ts'
import type { CountSeries, CountSource } from '../../src/release/evidence/counts.ts'
import { type Grid, timeAt } from '../../src/release/evidence/grid.ts'
import type { QueryResult, ResultSeries } from '../../src/release/evidence/query-source.ts'
import { lookback } from '../../src/release/promql.ts'

/** ProxyStory is one pod's proxy as it really was. Times in ms; requests as [time, class] with class `200` or `503`. */
export interface ProxyStory {
  pod: string
  workload: string
  birth: number
  /** null: it lives on. */
  death: number | null
  restarts: number[]
  requests: [time: number, code: string][]
  scrapeEvery: number
  phase: number
  /** Scrapes in these times fail. */
  unscraped: [from: number, until: number][]
  start: 'proxy' | 'process' | 'none'
}

export const source: CountSource = {
  reporter: 'destination',
  label: 'destination_workload',
  canary: 'api-v2',
  stable: 'api-v1',
}

interface Stored {
  labels: Record<string, string>
  /** Value null: the series was marked stale. */
  samples: [time: number, value: number | null][]
}

interface Tape {
  story: ProxyStory
  requests: Map<string, Stored>
  starts: Stored
  up: Stored
}

function bornAt(story: ProxyStory, time: number): number {
  return Math.max(story.birth, ...story.restarts.filter((one) => one <= time))
}

/** shownAt is what the proxy's page shows: its counters since it started last. */
function shownAt(story: ProxyStory, time: number): Map<string, number> {
  const born = bornAt(story, time)
  const shown = new Map<string, number>()
  for (const [at, code] of story.requests) {
    if (at >= born && at <= time) shown.set(code, (shown.get(code) ?? 0) + 1)
  }
  return shown
}

function fails(story: ProxyStory, time: number): boolean {
  return story.unscraped.some(([from, until]) => time >= from && time <= until)
}

function scrapesOf(story: ProxyStory, until: number): number[] {
  const times: number[] = []
  for (let time = story.birth + story.phase; time <= until; time += story.scrapeEvery) {
    if (story.death === null || time < story.death) times.push(time)
  }
  return times
}

/** record scrapes a story as Prometheus does: samples where a series shows, a stale mark where it shows no more. */
function record(story: ProxyStory, until: number): Tape {
  const base = { instance: `${story.pod}:15020`, pod: story.pod, job: 'pods' }
  const requests = new Map<string, Stored>()
  const starts: Stored = { labels: base, samples: [] }
  const up: Stored = { labels: base, samples: [] }
  const scrapes = scrapesOf(story, until)
  const after = (scrapes.at(-1) ?? until) + story.scrapeEvery
  for (const time of [...scrapes, ...(story.death === null || after > until ? [] : [after])]) {
    const gone = time === after
    const good = !gone && !fails(story, time)
    const shown = good ? shownAt(story, time) : new Map<string, number>()
    for (const code of new Set([...requests.keys(), ...shown.keys()])) {
      const labels = {
        ...base,
        destination_workload: story.workload,
        response_code: code,
        response_flags: '-',
        grpc_response_status: '',
        request_protocol: 'http',
        source_workload: 'web',
      }
      const stored: Stored = requests.get(code) ?? { labels, samples: [] }
      requests.set(code, stored)
      stored.samples.push([time, shown.get(code) ?? null])
    }
    starts.samples.push([time, good ? bornAt(story, time) / 1000 : null])
    up.samples.push([time, gone ? null : good ? 1 : 0])
  }
  return { story, requests, starts, up }
}

function live(stored: Stored, at: number): number | null {
  const last = stored.samples.filter(([time]) => time <= at && time > at - lookback).at(-1)
  return last?.[1] ?? null
}

function lastOver(stored: Stored, at: number): number | null {
  const inside = stored.samples.filter(
    ([time, value]) => time <= at && time > at - lookback && value !== null,
  )
  return inside.at(-1)?.[1] ?? null
}

function answer(series: ResultSeries[]): QueryResult {
  return { series: series.filter((one) => one.samples.length > 0), warnings: [] }
}

const empty: QueryResult = { series: [], warnings: [] }

function onGrid(
  grid: Grid,
  labels: Record<string, string>,
  value: (at: number) => number | null,
): ResultSeries {
  const samples: [number, number][] = []
  for (let index = 0; index <= grid.last; index += 1) {
    const at = timeAt(grid, index)
    const found = value(at)
    if (found !== null) samples.push([at, found])
  }
  return { labels, samples }
}

function evidenceOf(tapes: Tape[], grid: Grid): RequestSeries {
  const requests = tapes.flatMap((tape) => {
    const all = [...tape.requests.values()]
    const alive = (at: number) => all.some((one) => live(one, at) !== null)
    return all.map((one) => onGrid(grid, one.labels, (at) => (alive(at) ? live(one, at) : lastOver(one, at))))
  })
  const starts = (kind: 'proxy' | 'process') =>
    answer(
      tapes
        .filter((tape) => tape.story.start === kind)
        .map((tape) => onGrid(grid, tape.starts.labels, (at) => lastOver(tape.starts, at))),
    )
  return {
    requests: answer(requests),
    unreached: [],
    proxyStarts: starts('proxy'),
    processStarts: starts('process'),
  }
}

function rawOf(tape: Tape, from: number, until: number): RequestSeries {
  const inside = (stored: Stored): ResultSeries => ({
    labels: stored.labels,
    samples: stored.samples.filter(
      (one): one is [number, number] => one[1] !== null && one[0] >= from && one[0] <= until,
    ),
  })
  const starts = (kind: 'proxy' | 'process') =>
    tape.story.start === kind ? answer([inside(tape.starts)]) : empty
  return {
    requests: answer([...tape.requests.values()].map(inside)),
    unreached: [],
    proxyStarts: starts('proxy'),
    processStarts: starts('process'),
  }
}

function answerFollowUp(followUp: FollowUp, tapes: Tape[], answers: CountingInput): void {
  const tape = tapes.find((one) => one.up.labels.instance === followUp.instance) as Tape
  if (followUp.kind === 'scraped') {
    answers.followUpAnswers.scraped.set(
      followUpKey(followUp),
      live(tape.up, timeAt(answers.grid, followUp.index)) === 1,
    )
    return
  }
  const { grid } = answers
  answers.followUpAnswers.samples.set(
    followUpKey(followUp),
    rawOf(tape, timeAt(grid, followUp.from) - lookback, timeAt(grid, followUp.until)),
  )
}

/** countWorld counts the stories as a release would, through all that Prometheus would answer. */
export function countWorld(
  stories: ProxyStory[],
  grid: Grid,
  options: { births?: Record<string, number>; deaf?: boolean } = {},
): CountSeries {
  const tapes = stories.map((story) => record(story, timeAt(grid, grid.last)))
  const heartbeat = answer([onGrid(grid, {}, () => 1)])
  const answers: CountingInput = {
    ...evidenceOf(tapes, grid),
    grid,
    scheme: source,
    heartbeat: options.deaf ? empty : heartbeat,
    podBirths: options.births ?? {},
    expectedRate: null,
    followUpAnswers: noFollowUpAnswers(),
  }
  for (let round = 0; round < 20; round += 1) {
    const { series, followUps } = countRequests(answers)
    if (followUps.length === 0) return series
    for (const followUp of followUps) answerFollowUp(followUp, tapes, answers)
  }
  throw new Error('the counting never stopped wishing')
}

/**
 * truthOf is what can be known of a side: of each life of each proxy, what its last scrape up to `until` had
 * seen, without what the last scrape before the release had seen of the same life.
 */
export function truthOf(stories: ProxyStory[], workload: string, start: number, until: number) {
  let total = 0
  let bad = 0
  for (const story of stories.filter((one) => one.workload === workload)) {
    const scrapes = scrapesOf(story, until).filter((time) => !fails(story, time))
    for (const life of [story.birth, ...story.restarts]) {
      const seen = scrapes.filter((time) => bornAt(story, time) === life)
      const last = seen.filter((time) => time > start).at(-1)
      if (last === undefined) continue
      const before = seen.filter((time) => time <= start).at(-1)
      const base = before === undefined ? new Map<string, number>() : shownAt(story, before)
      for (const [code, count] of shownAt(story, last)) {
        const added = count - (base.get(code) ?? 0)
        total += added
        if (requestOutcome({ response_code: code }) === 'bad') bad += added
      }
    }
  }
  return { total, bad }
}
