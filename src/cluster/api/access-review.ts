import { Failure } from '../../release/failure.ts'
import type { JsonObject } from '../../release/kubernetes.ts'
import type { KubeRequest } from './exchange.ts'

/** AccessAttributes asks whether a call would be permitted. */
export interface AccessAttributes {
  verb: string
  group: string
  /** Plural, with a subresource where there is one: `services/proxy`. */
  resource: string
  /** null: over all namespaces, or what lives in none. */
  namespace: string | null
  name?: string | null
}

const path = '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews'

/** accessReview is the request that asks the API server's authorizer about one call. */
export function accessReview({ verb, group, resource, namespace, name }: AccessAttributes): KubeRequest {
  const [plural, subresource] = resource.split('/')
  const resourceAttributes = {
    verb,
    group,
    resource: plural,
    ...(subresource === undefined ? {} : { subresource }),
    ...(namespace === null ? {} : { namespace }),
    ...(name == null ? {} : { name }),
  }
  const review = {
    apiVersion: 'authorization.k8s.io/v1',
    kind: 'SelfSubjectAccessReview',
    spec: { resourceAttributes },
  }
  return { method: 'POST', path, body: JSON.stringify(review) }
}

/** readAccessReview gives whether the call is allowed. It throws Failure `bad-answer` where the answer doesn't say. */
export function readAccessReview(body: JsonObject): boolean {
  const allowed = (body.status as JsonObject | null | undefined)?.allowed
  if (typeof allowed === 'boolean') return allowed
  throw new Failure('bad-answer', `${path} answered without saying whether the call is allowed`)
}
