/** CiRun is what the CI system says of a run, beside its options. */
export interface CiRun {
  /** Who acts: unique to this process. */
  holder: string
  runUrl: string | null
  runId: string
  serverUrl: string
  repository: { owner: string; name: string } | null
  /** Commit, pull request and branch that the event is about. */
  subject: RunSubject
  /** Address of a sandbox's clock; null for real time. */
  sandboxClock: string | null
}

/** RunSubject is what a run is about. */
export interface RunSubject {
  /** Commit that is released; null where nothing says so. */
  sha: string | null
  /** null: the event names none; it has to be looked up by commit. */
  pullRequest: number | null
  /** Branch that the commit is on, as a pull request's `base` would name it; null where it is on none yet. */
  branch: string | null
  /** The event comes from a fork's pull request *and* its token is read-only for that. */
  fromFork: boolean
}

/** Environment is a process's environment as Node gives it. */
export type Environment = Readonly<Record<string, string | undefined>>

/** ProcessIdentity tells one process from all others. */
export interface ProcessIdentity {
  hostname: string
  pid: number
  /** A few random letters: pids come again. */
  nonce: string
  /** Tells machines and containers of one name apart; absent: this system says nothing of the kind. */
  place?: string | null
}
