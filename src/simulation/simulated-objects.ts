import type { WorkloadsSnapshot } from '../release/kubernetes.ts'

/** readyWorkloads gives a Service and two Deployments, `pods` ready pods each. */
export function readyWorkloads(pods: number): WorkloadsSnapshot {
  const versions = ['v1', 'v2']
  return {
    service: {
      name: 'my-api',
      namespace: 'shop',
      type: 'ClusterIP',
      clusterIP: '10.0.0.1',
      selector: { app: 'my-api' },
      ports: [],
    },
    workloads: versions.map((version) => ({
      kind: 'Deployment',
      name: `my-api-${version}`,
      namespace: 'shop',
      version,
      image: `my-api:${version}`,
      templateLabels: { app: 'my-api', version },
      replicas: pods,
      readyReplicas: pods,
      createdAt: 0,
      serviceAccount: 'default',
    })),
    pods: versions.flatMap((version) =>
      Array.from({ length: pods }, (_, index) => ({
        name: `my-api-${version}-${index}`,
        workload: `my-api-${version}`,
        version,
        labels: { app: 'my-api', version },
        ready: true,
        deleting: false,
        createdAt: 0,
        waiting: null,
        restarts: 0,
        injected: true,
      })),
    ),
  }
}

/** noLease is a Lease that nobody else wants. */
export function noLease() {
  const view = {
    holder: '',
    release: null,
    durationSeconds: 60,
    renewTime: '0',
    transitions: 0,
    resourceVersion: '1',
  }
  return {
    lease: async () => null,
    createLease: async () => view,
    updateLease: async () => view,
    releaseLease: async () => {},
  }
}
