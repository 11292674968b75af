import { Failure, isFailure } from '../../release/failure.ts'

/**
 * withPermission runs calls that need a permission of the job's token and, where GitHub says 403 for the lack of it,
 * names it: Failure('forbidden') with what to write into the workflow. Other Failures pass through.
 */
export async function withPermission<T>(
  permission: 'pull-requests: read' | 'pull-requests: write',
  purpose: string,
  fromFork: boolean,
  calls: () => Promise<T>,
): Promise<T> {
  try {
    return await calls()
  } catch (error) {
    if (!isFailure(error, 'forbidden')) throw error
    const lacking = /not accessible|must have|permission|insufficient/i.test(error.message)
    throw new Failure(
      'forbidden',
      `The token may not ${purpose}. ${advice(permission, fromFork, lacking, error)}`,
      {
        cause: error,
        details: { permission, fork: fromFork },
      },
    )
  }
}

function advice(permission: string, fromFork: boolean, lacking: boolean, error: Failure): string {
  if (fromFork) {
    return `The pull request comes from a fork, whose token is read-only whatever \`permissions\` says (it lacks \`${permission}\`): see the job summary instead.`
  }
  const reason = lacking ? '' : ` ${error.message}`
  return `Add \`permissions: { ${permission} }\` to the job (pull requests from forks and by Dependabot get a read-only token all the same).${reason}`
}
