import type { CountSource } from '../../release/evidence/counts.ts'
import { Failure } from '../../release/failure.ts'
import type { WorkloadsSnapshot } from '../../release/kubernetes.ts'
import { hostOf } from '../../release/target.ts'
import type { LabelProof } from '../ports.ts'
import type { Session } from '../session.ts'
import type { ReleaseStart } from './release-start.ts'

/** How far back the labels of requests are looked at, at least (ms). */
export const leastLook = 300_000

/** Labels of a pod template that make its canonical revision, as Istio's injection reads them. */
const revisionLabels = ['service.istio.io/canonical-revision', 'app.kubernetes.io/version', 'version']

/**
 * separatingSource chooses the label that tells the versions apart, proven on the requests of this cluster. Without any
 * request so far it is the workload. It throws Failure('refused') where there were requests and no label tells whose.
 */
export async function separatingSource(
  session: Session,
  start: ReleaseStart,
  reporter: CountSource['reporter'],
  seen: { workloads: WorkloadsSnapshot; until: number },
  signal: AbortSignal,
): Promise<CountSource> {
  const canary = start.canary.workload
  const stable = start.stable?.workload ?? canary
  const usual: CountSource = { reporter, label: 'destination_workload', canary, stable }
  if (start.stable === null) return usual
  const from = seen.until - Math.max(session.settings.history, leastLook)
  const versions = {
    canary: labelsOf(seen.workloads, canary, start.canary.version),
    stable: labelsOf(seen.workloads, stable, start.stable.version),
  }
  const host = hostOf({ ...session.scope, cluster: '' })
  const proofs = await session.metrics.separation(
    { host, reporter, versions, from, until: seen.until },
    signal,
  )
  const proof = chooseLabel(proofs)
  if (proof !== null) return { reporter, label: proof.label, canary: proof.canary, stable: proof.stable }
  if (proofs.every((each) => each.seen.length === 0)) return usual
  throw inseparable(proofs)
}

/**
 * chooseLabel picks the label that the versions are told apart by: the first one proven, else the first one that
 * stable shows as it should; null where none does.
 */
export function chooseLabel(proofs: readonly LabelProof[]): LabelProof | null {
  const of = (verdict: LabelProof['verdict']) => proofs.find((proof) => proof.verdict === verdict)
  return of('separates') ?? of('stable-only') ?? null
}

function inseparable(proofs: readonly LabelProof[]): Failure {
  const tried = proofs.map(({ label, canary, stable, seen }) => {
    const values = seen.map((value) => (value === '' ? '(none)' : value)).join(', ')
    return `${label} should be ${stable} or ${canary}, and is ${values === '' ? '(none)' : values}`
  })
  return new Failure(
    'refused',
    `Nothing was changed. The metrics don't tell the two versions apart: ${tried.join('; ')}. Give both Deployments names and version labels of their own, and let the mesh's Telemetry keep one of these labels.`,
    { details: { check: 'labels' } },
  )
}

function labelsOf({ workloads }: WorkloadsSnapshot, workload: string, version: string) {
  const labels = workloads.find(({ name }) => name === workload)?.templateLabels ?? {}
  const revision = revisionLabels.map((name) => labels[name]).find((value) => value) ?? null
  return { workload, version, revision }
}
