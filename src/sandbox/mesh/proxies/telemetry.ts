import type { Labels } from '../../prometheus/target.ts'
import type { MeshService } from '../config/plan.ts'
import { canonicalName, canonicalRevision, type MeshPod } from './pod.ts'

/** MeshPeer is one end of a request as telemetry names it. */
type MeshPeer = Pick<MeshPod, 'workload' | 'namespace' | 'labels' | 'serviceAccount'> & {
  injected: boolean
}

/** MeshResponse is how a request ended, as one reporter labels it. */
export interface MeshResponse {
  code: string
  flag: string
  /** '' for other protocols than gRPC. */
  grpcStatus: string
}

const unknown = 'unknown'

/**
 * requestLabels gives the labels of `istio_requests_total` as one reporter fills them. `destination` null: the
 * request reached no endpoint, so that all destination labels are `unknown` (the revision `latest`). Without a
 * cluster a sidecar names the host that was asked for, a gateway `unknown`.
 */
export function requestLabels(request: {
  reporter: 'source' | 'destination'
  source: MeshPeer
  destination: MeshPeer | null
  service: MeshService | null
  fallbackHost: string
  answer: MeshResponse
  protocol: 'http' | 'grpc'
  /** '' where telemetry doesn't tell operations apart. */
  operation?: string
}): Labels {
  const { reporter, source, destination, service, answer } = request
  const mutual = reporter === 'destination' ? 'mutual_tls' : unknown
  return {
    reporter,
    ...peerLabels('source', source),
    ...peerLabels('destination', destination),
    destination_service: service?.host ?? request.fallbackHost,
    destination_service_name: service?.name ?? unknown,
    destination_service_namespace: service?.namespace ?? unknown,
    request_protocol: request.protocol,
    request_operation: request.operation ?? '',
    response_code: answer.code,
    grpc_response_status: answer.grpcStatus,
    response_flags: answer.flag,
    connection_security_policy: mutual,
  }
}

/** peerLabels: an endpoint without a proxy is known by its workload only, as no metadata is exchanged with it. */
function peerLabels(side: 'source' | 'destination', peer: MeshPeer | null): Record<string, string> {
  const known = peer?.injected === true
  return {
    [`${side}_workload`]: peer?.workload ?? unknown,
    [`${side}_workload_namespace`]: peer?.namespace ?? unknown,
    [`${side}_principal`]: known
      ? `spiffe://cluster.local/ns/${peer.namespace}/sa/${peer.serviceAccount}`
      : unknown,
    [`${side}_app`]: (known ? peer.labels['app'] : undefined) ?? unknown,
    [`${side}_version`]: (known ? peer.labels['version'] : undefined) ?? unknown,
    [`${side}_canonical_service`]: peer === null ? unknown : canonicalName(peer),
    [`${side}_canonical_revision`]: peer === null ? 'latest' : canonicalRevision(peer.labels),
    [`${side}_cluster`]: peer === null ? unknown : 'Kubernetes',
  }
}
