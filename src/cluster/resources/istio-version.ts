import { Failure, isFailure } from '../../release/failure.ts'
import type { JsonObject } from '../../release/kubernetes.ts'
import type { KubeApi } from '../api/kube-api.ts'

const group = 'networking.istio.io'
const versions = ['v1', 'v1beta1', 'v1alpha3']

/**
 * discoverIstioVersion gives the group and version (`networking.istio.io/v1`) under which the cluster serves routing
 * objects. It throws Failure `kind-not-served` where the list of all groups names none, `bad-answer` where what
 * answers knows no groups at all.
 */
export async function discoverIstioVersion(api: KubeApi, signal: AbortSignal): Promise<string> {
  const { versions: offered } = (await groupIn(api, signal)) ?? (await groupAmongAll(api, signal))
  if (!Array.isArray(offered)) throw new Failure('bad-answer', `/apis/${group} names no versions`)
  const names = offered.map((entry) => (entry as JsonObject | null)?.version)
  const version = versions.find((name) => names.includes(name))
  if (version === undefined)
    throw notServed(`the cluster serves ${group} only as ${names.join(', ') || 'nothing'}`)
  return `${group}/${version}`
}

async function groupIn(api: KubeApi, signal: AbortSignal): Promise<JsonObject | null> {
  try {
    return await api.read(`/apis/${group}`, signal)
  } catch (error) {
    if (isFailure(error, 'kind-not-served', 'not-found')) return null
    throw error
  }
}

/** One 404 is not believed: every API server lists its groups. */
async function groupAmongAll(api: KubeApi, signal: AbortSignal): Promise<JsonObject> {
  let groups: unknown
  try {
    groups = (await api.read('/apis', signal)).groups
  } catch (error) {
    if (!isFailure(error, 'kind-not-served', 'not-found')) throw error
  }
  if (!Array.isArray(groups)) {
    throw new Failure(
      'bad-answer',
      'what answers is not a Kubernetes API server: it lists no API groups; check `server` and `proxy-url` in the kubeconfig',
    )
  }
  const found = (groups as (JsonObject | null)[]).find((each) => each?.name === group)
  if (found == null) throw notServed(`the cluster ${api.session().name} does not serve ${group}`)
  return found
}

function notServed(what: string): Failure {
  return new Failure(
    'kind-not-served',
    `${what}: install Istio (its CRDs), or check that this is the right cluster`,
    { details: { group } },
  )
}
