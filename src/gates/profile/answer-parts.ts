import { type AnswersBySide, answerFails } from '../../release/evidence/answers.ts'
import type { CountPoint, Counts } from '../../release/evidence/counts.ts'
import type { SideName } from '../../release/gates.ts'
import type { GatePart } from '../gate-type.ts'

const fewer = 'fewer '

/** answerOfPart names the answer that a part is about. */
export function answerOfPart(part: string): string {
  return part.startsWith(fewer) ? part.slice(fewer.length) : part
}

/** Most answers that are compared, in the order in which they came up. */
const mostAnswers = 12

/**
 * answerParts compares how often each answer is given among those that are no failure (failures are the gate of
 * failed requests'). Two questions an answer: does the canary give it more often, and does stable?
 *
 * Evidence of each is an e-process that starts after the point at which its answer was first seen, so that its start
 * doesn't depend on what it will count; the j-th answer has 1/(j(j+1)) of alpha, known at that point, and all parts of
 * alpha sum to at most 1. A sum of e-processes with weights that are known before each starts is an e-process
 * (Ramdas, Grünwald, Vovk, Shafer 2023, "Game-theoretic statistics and safe anytime-valid inference", 2.4 and 3.6): by
 * Ville's inequality the chance that any part ever proves a difference that isn't there is at most alpha. The
 * e-process of a part is that of two samples with a binary outcome, as for failed requests (Turner, Ly, Grünwald 2024,
 * "Generic E-variables for exact sequential k-sample tests that allow for optional stopping").
 */
export function answerParts(points: readonly CountPoint[]): GatePart[] {
  const totals = points.map(goodTotals)
  return firstSeen(points)
    .slice(0, mostAnswers)
    .flatMap(({ answer, index }, place): GatePart[] => {
      const own = {
        points: points
          .slice(index)
          .map((point, after) => countedAs(point, answer, totals[index + after] ?? null)),
        weight: 1 / ((place + 1) * (place + 2)) / 2,
      }
      return [
        { ...own, name: answer, exchanged: false, asked: false },
        { ...own, name: `${fewer}${answer}`, exchanged: true, asked: false },
      ]
    })
}

/** firstSeen lists the answers that are no failure, and the index of the point at which each came up. */
function firstSeen(points: readonly CountPoint[]): { answer: string; index: number }[] {
  const seen = new Map<string, number>()
  for (const [index, { answers }] of points.entries()) {
    if (answers === undefined) continue
    const names = new Set([...Object.keys(answers.canary), ...Object.keys(answers.stable)])
    const fresh = [...names].filter((name) => !seen.has(name) && !answerFails(name))
    const size = (name: string) => (answers.canary[name] ?? 0) + (answers.stable[name] ?? 0)
    // Of those that came up together the order may rest on what was counted so far: later evidence is not in it.
    fresh.sort((a, b) => size(b) - size(a) || (a < b ? -1 : 1))
    for (const name of fresh) seen.set(name, index)
  }
  return [...seen].map(([answer, index]) => ({ answer, index }))
}

type GoodTotals = Record<SideName, number> | null

/** A version's answers that are no failure: the same for every answer that is compared, so added up once. */
function goodTotals({ answers }: CountPoint): GoodTotals {
  if (answers === undefined) return null
  const good = (counts: AnswersBySide[SideName]) =>
    Object.entries(counts).reduce((sum, [name, count]) => (answerFails(name) ? sum : sum + count), 0)
  return { canary: good(answers.canary), stable: good(answers.stable) }
}

function countedAs(point: CountPoint, answer: string, totals: GoodTotals): CountPoint {
  const side = (name: SideName): Counts | null =>
    totals === null || point[name] === null
      ? null
      : { total: totals[name], bad: point.answers?.[name][answer] ?? 0 }
  return { t: point.t, canary: side('canary'), stable: side('stable'), unreached: null, abandoned: 0 }
}
