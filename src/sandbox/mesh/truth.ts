/** VersionTruth is what really happened to the requests of one version. */
interface VersionTruth {
  total: number
  /** 5xx, code 0 of a client that did not go away, bad gRPC statuses. Abandoned requests are in neither. */
  bad: number
  abandoned: number
}

/** Truth is all that the mesh did since it began, whether or not a scrape saw it. */
export interface Truth {
  requests: number
  /** By version, as the traffic model names it: what callers saw. */
  callers: Readonly<Record<string, VersionTruth>>
  /** What the pods' own proxies saw. */
  pods: Readonly<Record<string, VersionTruth>>
  /** Requests that reached no endpoint, by response flag. */
  unreached: Readonly<Record<string, number>>
}

export interface TruthKeeper {
  sent(n: number): void
  answered(side: 'callers' | 'pods', version: string, n: number, kind: 'good' | 'bad' | 'abandoned'): void
  unreached(flag: string, n: number): void
  read(): Truth
}

export function createTruth(): TruthKeeper {
  let requests = 0
  const sides = { callers: new Map<string, VersionTruth>(), pods: new Map<string, VersionTruth>() }
  const lost = new Map<string, number>()
  return {
    sent(n) {
      requests += n
    },
    answered(side, version, n, kind) {
      if (n === 0) return
      let counts = sides[side].get(version)
      if (counts === undefined) {
        counts = { total: 0, bad: 0, abandoned: 0 }
        sides[side].set(version, counts)
      }
      if (kind === 'abandoned') counts.abandoned += n
      else counts.total += n
      if (kind === 'bad') counts.bad += n
    },
    unreached(flag, n) {
      if (n > 0) lost.set(flag, (lost.get(flag) ?? 0) + n)
    },
    read: () => ({
      requests,
      callers: copyOf(sides.callers),
      pods: copyOf(sides.pods),
      unreached: Object.fromEntries(lost),
    }),
  }
}

function copyOf(versions: Map<string, VersionTruth>): Record<string, VersionTruth> {
  return Object.fromEntries([...versions].map(([version, counts]) => [version, { ...counts }]))
}
