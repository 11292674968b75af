import type { JsonObject } from '../../release/kubernetes.ts'
import type { KubeApi } from '../api/kube-api.ts'

/** AccessAttributes asks whether a call would be permitted. */
export interface AccessAttributes {
  verb: string
  group: string
  /** Plural, with a subresource where there is one: `services/proxy`. */
  resource: string
  /** null: over all namespaces, or what lives in none. */
  namespace: string | null
  name?: string
}

const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

/** reviewAccess answers the questions in order, by asking the API server's authorizer. */
export function reviewAccess(
  api: KubeApi,
  questions: readonly AccessAttributes[],
  signal: AbortSignal,
): Promise<boolean[]> {
  return Promise.all(
    questions.map(async ({ verb, group, resource, namespace, name }) => {
      const [plural, subresource] = resource.split('/')
      const resourceAttributes = {
        verb,
        group,
        resource: plural,
        ...(subresource === undefined ? {} : { subresource }),
        ...(namespace === null ? {} : { namespace }),
        ...(name === undefined ? {} : { name }),
      }
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      }
      const { body } = await api.send({ method: 'POST', path, body: JSON.stringify(review) }, signal)
      return ((body as JsonObject).status as JsonObject | undefined)?.allowed === true
    }),
  )
}
