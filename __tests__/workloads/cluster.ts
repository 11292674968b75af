import type { JsonObject, KubeObject, ServiceView } from '../../src/release/kubernetes.ts'
import type { ServiceObjects } from '../../src/workloads/shape.ts'

/** The Service whose pods are released: it selects by `app` alone. */
const service: ServiceView = {
  name: 'my-api',
  namespace: 'shop',
  type: 'ClusterIP',
  clusterIP: '10.0.0.1',
  selector: { app: 'my-api' },
  ports: [{ name: 'http', port: 80, protocol: 'TCP', appProtocol: null }],
}

interface DeploymentChoice {
  name?: string
  selector?: Record<string, string>
  labels?: Record<string, string>
  annotations?: Record<string, string>
  templateLabels?: Record<string, string>
  containers?: JsonObject[]
  pod?: JsonObject
  spec?: JsonObject
  status?: JsonObject
  metadata?: JsonObject
}

/** deployment makes a Deployment whose rollout is over: my-api-v1, three replicas, told apart by its version. */
export function deployment(choice: DeploymentChoice = {}): KubeObject {
  const {
    name = 'my-api-v1',
    selector = { app: 'my-api', version: 'v1' },
    templateLabels = selector,
    containers = [{ name: 'my-api', image: 'ghcr.io/octo/my-api:v1' }],
  } = choice
  return {
    apiVersion: 'apps/v1',
    kind: 'Deployment',
    metadata: {
      name,
      namespace: 'shop',
      uid: `uid-of-${name}`,
      generation: 2,
      labels: choice.labels ?? { ...selector },
      ...(choice.annotations === undefined ? {} : { annotations: choice.annotations }),
      ...choice.metadata,
    },
    spec: {
      replicas: 3,
      selector: { matchLabels: { ...selector } },
      template: { metadata: { labels: { ...templateLabels } }, spec: { containers, ...choice.pod } },
      ...choice.spec,
    },
    status: {
      observedGeneration: 2,
      replicas: 3,
      updatedReplicas: 3,
      availableReplicas: 3,
      ...choice.status,
    },
  }
}

/** seen puts objects behind the Service. */
export function seen(
  objects: readonly KubeObject[],
  unreadable: ServiceObjects['unreadable'] = [],
): ServiceObjects {
  return { service, objects, unreadable }
}
