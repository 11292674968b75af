import { Failure, isFailure } from '../../release/failure.ts'
import type { KubeObject } from '../../release/kubernetes.ts'
import type { KubeApi } from './kube-api.ts'
import { type ResourceLocation, toPath, withQuery } from './paths.ts'

/**
 * findObject reads one object; null where it doesn't exist. One 404 is not believed: a list of that name is asked
 * as well, where the Role has the right to it, and what it holds counts.
 */
export async function findObject(
  api: Pick<KubeApi, 'read' | 'items'>,
  location: ResourceLocation,
  name: string,
  signal: AbortSignal,
): Promise<KubeObject | null> {
  try {
    return (await api.read(toPath(location, name), signal)) as unknown as KubeObject
  } catch (error) {
    if (!isFailure(error, 'not-found')) throw error
  }
  const list = withQuery(toPath(location), { fieldSelector: `metadata.name=${name}` })
  try {
    return (await api.items(list, signal)).find(({ metadata }) => metadata.name === name) ?? null
  } catch (error) {
    if (isFailure(error, 'forbidden') && error.details.confirmed === true) return null
    // A kind that has objects has a list, be it empty.
    if (!isFailure(error, 'not-found', 'kind-not-served')) throw error
    throw new Failure(
      'bad-answer',
      `the API server knows neither ${location.plural}/${name} nor any list of its kind`,
      {
        cause: error,
      },
    )
  }
}
