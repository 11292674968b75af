import { Failure } from '../../../src/release/failure.ts'

/** failure waits for the Failure that `work` must end with. */
export async function failure(work: Promise<unknown>): Promise<Failure> {
  const error = await work.then(
    () => null,
    (thrown: unknown) => thrown,
  )
  if (error instanceof Failure) return error
  throw new Error(`expected a Failure, got ${String(error)}`)
}
