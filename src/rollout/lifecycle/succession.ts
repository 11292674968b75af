/**
 * isEarlierAttempt tells whether `theirs` is a process of an earlier attempt of the very run that `ours` belongs to: CI
 * starts a new attempt only when all of the one before has ended. Holders are named `<run>/attempts/<number>#…`.
 */
export function isEarlierAttempt(ours: string, theirs: string): boolean {
  const [mine, other] = [attemptOf(ours), attemptOf(theirs)]
  return mine !== null && other !== null && mine.run === other.run && other.attempt < mine.attempt
}

function attemptOf(holder: string): { run: string; attempt: number } | null {
  const found = /^(.+)\/attempts\/(\d{1,9})#/.exec(holder)
  return found === null ? null : { run: found[1] as string, attempt: Number(found[2]) }
}
