import type { FailureKind } from '../../release/evidence/failed-requests.ts'
import type { SideName } from '../../release/gates.ts'
import { failureRate, formatCount, formatPercent } from '../../release/text/figures.ts'
import type { ReleaseView } from '../view/release-view.ts'
import { failureAnswer } from '../words/failed-requests.ts'
import { type Column, type Table, textCell } from './table.ts'

const sides: Record<SideName, string> = { canary: 'canary', stable: 'stable' }

/** failuresTable is a row for each of the commonest kinds of failed requests of either version; null where none are known. */
export function failuresTable({ failures }: ReleaseView): Table | null {
  if (failures === null) return null
  const kinds = (Object.keys(sides) as SideName[]).flatMap((side) =>
    failures.kinds[side].map((kind) => ({ side, kind })),
  )
  if (kinds.length === 0) return null
  // A column that telemetry knows nothing for is left out.
  const withRoutes = kinds.some(({ kind }) => kind.route !== null)
  const withCallers = kinds.some(({ kind }) => kind.caller !== null)
  const columns: Column[] = [
    { head: 'Version', align: 'left' },
    { head: 'Answer, flags', align: 'left' },
    ...(withRoutes ? [{ head: 'Route', align: 'left' } as const] : []),
    ...(withCallers ? [{ head: 'Caller', align: 'left' } as const] : []),
    { head: 'Failed', align: 'right' },
  ]
  const rowOf = (side: SideName, kind: FailureKind) =>
    [
      sides[side],
      failureAnswer(kind),
      ...(withRoutes ? [kind.route ?? '–'] : []),
      ...(withCallers ? [kind.caller ?? '–'] : []),
      formatCount(kind.count),
    ].map(textCell)
  return {
    caption: 'Which requests failed (the commonest)',
    columns,
    rows: kinds.map(({ side, kind }) => rowOf(side, kind)),
  }
}

const podColumns: readonly Column[] = [
  { head: 'Pod', align: 'left' },
  { head: 'Version', align: 'left' },
  { head: 'Node', align: 'left' },
  { head: 'Failed', align: 'right' },
  { head: 'Requests', align: 'right' },
]

/** Pods that are shown of each version. */
const mostPods = 5

/** podsTable is a row for each of the pods that failed most, of either version; null where no pod is known. */
export function podsTable({ failures }: ReleaseView): Table | null {
  if (failures === null || failures.pods.canary.length === 0) return null
  const rows = (Object.keys(sides) as SideName[]).flatMap((side) =>
    failures.pods[side]
      .slice(0, mostPods)
      .map(({ pod, node, zone, total, bad }) => [
        { text: pod },
        { text: sides[side] },
        { text: node ?? '–', ...(zone === null ? {} : { note: zone }) },
        { text: `${formatPercent(failureRate({ total, bad }) ?? 0)} (${formatCount(bad)})` },
        { text: formatCount(total) },
      ]),
  )
  return { caption: 'Pods that failed most, as their own proxies counted', columns: podColumns, rows }
}
