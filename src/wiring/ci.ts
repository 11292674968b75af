import { type CiSource, type CiSystem, readCiRun } from '../ci/ci.ts'
import { githubActions } from '../ci/github/github-actions.ts'
import type { CiRun } from '../release/ci-run.ts'

/** The CI systems that a run can be read from, in the order in which they are looked for. */
const systems: readonly CiSystem[] = [githubActions]

/** readRun reads what the CI system that this process runs in says of the run. It never throws. */
export function readRun(source: CiSource): CiRun {
  return readCiRun(systems, source)
}
