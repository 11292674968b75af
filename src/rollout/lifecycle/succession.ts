import type { ReleaseState } from '../../release/state/state.ts'

/**
 * isEarlierAttempt tells whether `theirs` is a process of an earlier attempt of the very run that `ours` belongs to: CI
 * starts a new attempt only when all of the one before has ended. Holders are named `<run>/attempts/<number>#…`.
 */
export function isEarlierAttempt(ours: string, theirs: string): boolean {
  const [mine, other] = [attemptOf(ours), attemptOf(theirs)]
  return mine !== null && other !== null && mine.run === other.run && other.attempt < mine.attempt
}

/**
 * runOrder tells whether a process of `ours` is of a newer run than the one that began a release: CI numbers the runs of a
 * repository in their order, and a later attempt is the same run again. It is unknown on a command line, and between
 * repositories. `began` is the number of the run that began the release, `holder` the process that has it now.
 */
export function runOrder(
  ours: string,
  theirs: { holder: string; began: string },
): 'newer' | 'not-newer' | 'unknown' {
  const [mine, other] = [runOf(ours), runOf(theirs.holder)]
  if (mine === null || other === null || mine.repository !== other.repository) return 'unknown'
  if (!/^\d{1,18}$/.test(theirs.began)) return 'unknown'
  const [run, began] = [BigInt(mine.run), BigInt(theirs.began)]
  if (run === began) return isEarlierAttempt(ours, theirs.holder) ? 'newer' : 'not-newer'
  return run > began ? 'newer' : 'not-newer'
}

/**
 * maySupersede tells whether a run may end the release in flight for its own. Where the order of runs isn't known, it may
 * end one that it found, unless that had superseded its version; never one that began after it looked first.
 */
export function maySupersede(
  ours: { holder: string; version: string; service: string; foundIt: boolean },
  state: Pick<ReleaseState, 'id' | 'canary' | 'holder' | 'superseded'>,
): boolean {
  const began = state.id.slice(`${ours.service}-${state.canary.version}-`.length)
  const order = runOrder(ours.holder, { holder: state.holder, began })
  if (order !== 'unknown') return order === 'newer'
  return ours.foundIt && !(state.superseded ?? []).includes(ours.version)
}

function runOf(holder: string): { repository: string; run: string } | null {
  const found = /^(.+)\/(\d{1,18})\/attempts\/\d{1,9}#/.exec(holder)
  return found === null ? null : { repository: found[1] as string, run: found[2] as string }
}

function attemptOf(holder: string): { run: string; attempt: number } | null {
  const found = /^(.+)\/attempts\/(\d{1,9})#/.exec(holder)
  return found === null ? null : { run: found[1] as string, attempt: Number(found[2]) }
}
